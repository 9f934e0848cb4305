"""What a registry has in one repository."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class RepositoryContent:
    """What a repository has: all its tags, and the manifests and commits of those that were asked for.

    ``commits`` come from the images' labels; empty where an image has none. ``problem`` says why the registry
    didn't answer; else it is empty.
    """

    names: tuple[str, ...] = ()
    manifests: Mapping[str, str] = field(default_factory=dict[str, str])
    commits: Mapping[str, str] = field(default_factory=dict[str, str])
    problem: str = ""

    @property
    def digests(self) -> dict[str, str]:
        """The digest of each tag's manifest."""
        return {
            tag: f"sha256:{hashlib.sha256(text.encode()).hexdigest()}" for tag, text in self.manifests.items()
        }

    def image_size(self, tags: Iterable[str]) -> int | None:
        """Return the compressed bytes that the first existing tag points to; None for none, or an index."""
        manifest = next((self.manifests[tag] for tag in tags if tag in self.manifests), None)
        layers = json.loads(manifest).get("layers") if manifest else None
        return None if layers is None else sum(int(layer["size"]) for layer in layers)
