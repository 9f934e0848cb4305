"""What a registry has in one repository."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace


@dataclass(frozen=True, kw_only=True)
class RepositoryContent:
    """What a repository has: all its tags, and the manifests and labels of those that were asked for.

    ``made`` are the inputs of layers that the engine made, by the hex digits of their digests; ``problem``
    says why the registry didn't answer; else it is empty.
    """

    names: tuple[str, ...] = ()
    manifests: Mapping[str, str] = field(default_factory=dict[str, str])
    labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict[str, Mapping[str, str]])
    made: frozenset[str] = frozenset()
    problem: str = ""

    @property
    def digests(self) -> dict[str, str]:
        """The digest of each tag's manifest."""
        return {
            tag: f"sha256:{hashlib.sha256(text.encode()).hexdigest()}" for tag, text in self.manifests.items()
        }

    def values(self, label: str) -> dict[str, str]:
        """Return the value of a label by the digest of each image that has it, such as its commit."""
        digests = self.digests
        return {digests[tag]: labels[label] for tag, labels in self.labels.items() if labels.get(label)}

    def with_tags_of(self, other: "RepositoryContent") -> "RepositoryContent":
        """Return the content with what another question about the repository gave of more tags."""
        manifests = {**self.manifests, **other.manifests}
        return replace(self, manifests=manifests, labels={**self.labels, **other.labels})

    def image_size(self, tags: Iterable[str]) -> int | None:
        """Return the compressed bytes that the first existing tag points to; None for none, or an index."""
        manifest = next((self.manifests[tag] for tag in tags if tag in self.manifests), None)
        layers = json.loads(manifest).get("layers") if manifest else None
        return None if layers is None else sum(int(layer["size"]) for layer in layers)
