"""What is pinned: images in ci/pins.toml and images/base.toml, Dagger in dagger.json, tools in go.mod."""

import json
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from airgap.errors import AirgapError
from airgap.folders import PROJECT

_REFERENCE = re.compile(
    r"(?P<registry>[^/]+\.[^/]+|localhost(?::\d+)?)/(?P<repository>[a-z0-9._/-]+):(?P<tag>[\w.-]+)(?:@(?P<digest>sha256:[0-9a-f]{64}))?"
)


@dataclass(frozen=True)
class Image:
    """An image reference in full: registry, repository and tag, and a digest where one is pinned."""

    registry: str
    repository: str
    tag: str
    digest: str | None = None

    @property
    def path(self) -> str:
        """Registry and repository, as docker.io/library/python."""
        return f"{self.registry}/{self.repository}"

    @property
    def name(self) -> str:
        """The reference without a digest, as docker.io/library/python:3.13-slim."""
        return f"{self.path}:{self.tag}"

    def __str__(self) -> str:
        """Return the reference as it is written in ci/pins.toml or images/base.toml."""
        return self.name + (f"@{self.digest}" if self.digest else "")


def parse_image(text: str) -> Image:
    """Read `registry/repository:tag[@sha256:…]`; raises AirgapError for anything else."""
    match = _REFERENCE.fullmatch(text)
    if match is None:
        raise AirgapError(
            f"image reference {text!r}: expected registry/repository:tag, "
            "as docker.io/library/python:3.13-slim"
        )
    return Image(match["registry"], match["repository"], match["tag"], match["digest"])


def images(project: Path = PROJECT) -> dict[str, Image]:
    """Return the images of tools by their short name in ci/pins.toml, and the base as "airflow".

    Raises AirgapError where a file can't be read.
    """
    tools = _value(project / "ci" / "pins.toml", "images")
    base = _value(project / "images" / "base.toml", "base", "reference")
    return {name: parse_image(text) for name, text in {**tools, "airflow": base}.items()}


def _value(path: Path, *keys: str) -> Any:  # noqa: ANN401 - whatever TOML has
    try:
        found = tomllib.loads(path.read_text())
        for key in keys:
            found = found[key]
    except (OSError, KeyError, TypeError, tomllib.TOMLDecodeError) as error:
        raise AirgapError(
            f"{path}: no {'.'.join(keys)} in it ({error}); restore the file from git"
        ) from error
    return found


def registries(project: Path = PROJECT) -> list[str]:
    """Return the registries that the pinned images come from, sorted."""
    return sorted({image.registry for image in images(project).values()})


def dagger_version(project: Path = PROJECT) -> str:
    """Return Dagger's version as dagger.json gives it, as in "v0.21.8"."""
    path = project / "dagger.json"
    try:
        return str(json.loads(path.read_text())["engineVersion"])
    except (OSError, KeyError, ValueError) as error:
        raise AirgapError(f"{path}: no engineVersion in it ({error}); restore the file from git") from error


def module_version(go_mod: Path, module: str) -> str:
    """Return the version of a module that a go.mod requires, as in "v1.2.3"; AirgapError for none."""
    match = re.search(rf"^\s*(?:require\s+)?{re.escape(module)} (v\S+)", go_mod.read_text(), re.MULTILINE)
    if match is None:
        raise AirgapError(f"{go_mod} requires no {module}: `go get {module}@version` in that folder")
    return match[1]


def go_line(go_mod: Path) -> tuple[int, ...]:
    """Return the lowest Go version that a go.mod accepts, as numbers: (1, 26, 1)."""
    match = re.search(r"^go (\d+(?:\.\d+)*)$", go_mod.read_text(), re.MULTILINE)
    if match is None:
        raise AirgapError(f"{go_mod} has no `go` line")
    return tuple(int(part) for part in match[1].split("."))
