"""The files of the repository that a Dockerfile copies, and the requirements files among them."""

import fnmatch
import posixpath
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from ..notes import Note, Requirement, parsed

_OPTION = re.compile(r"(-r|-c|--requirement|--constraint)(?:\s*=\s*|\s+|(?<=-[rc]))(.+)")
_HASH = re.compile(r"\s--(?:hash|config-settings?|global-option)[=\s]\S+")


@dataclass(kw_only=True)
class CopiedFiles:
    """Where in the image the files of the repository are; ``paths`` are by absolute path in it."""

    files: Collection[str]
    paths: dict[str, str] = field(default_factory=dict[str, str])

    def copy(self, source: str, target: str, *, into: bool) -> None:
        """Copy a file, a folder's content, or what a pattern names; ``into``: the target is a folder."""
        path = posixpath.normpath(source.strip("/") or ".")
        if path in self.files:
            self.paths[posixpath.join(target, posixpath.basename(path)) if into else target] = path
            return
        for file in self.files:
            if path == "." or file.startswith(f"{path}/"):
                inner = file if path == "." else file.removeprefix(f"{path}/")
                self.paths[posixpath.join(target, inner)] = file
            elif fnmatch.fnmatch(file, path) and file.count("/") == path.count("/"):
                self.paths[posixpath.join(target, posixpath.basename(file)) if into else target] = file

    def at(self, path: str) -> str:
        """Return the file of the repository at a path in the image; empty if none is known."""
        return self.paths.get(path, "")


@dataclass(kw_only=True)
class RequirementsFile:
    """What becomes of a requirements file and those that it names: requirements, and notes on the rest."""

    requirements: list[Requirement] = field(default_factory=list[Requirement])
    notes: list[Note] = field(default_factory=list[Note])
    files: set[str] = field(default_factory=set[str])


def read_requirements(path: str, texts: Mapping[str, str]) -> RequirementsFile:
    """Return what becomes of a requirements file, as pip reads it."""
    result = RequirementsFile()
    _read(path, texts, result)
    return result


def _read(path: str, texts: Mapping[str, str], result: RequirementsFile) -> None:
    result.files.add(path)
    for line, text in _lines(texts.get(path, "")):
        option = _OPTION.fullmatch(text)
        requirement = parsed(_HASH.sub("", text).strip())
        if option and option[1] in {"-c", "--constraint"}:
            outcome = "constraints aren't carried over: those of the base hold"
            result.notes.append(Note(file=path, line=line, text=text, outcome=outcome))
        elif option:
            other = posixpath.normpath(posixpath.join(posixpath.dirname(path), option[2].strip("\"'")))
            if other in result.files:
                continue
            if other in texts:
                _read(other, texts, result)
            else:
                outcome = f"there is no {other}: pin what it would install in [project] dependencies"
                result.notes.append(Note(file=path, line=line, text=text, outcome=outcome, todo=True))
        elif requirement and not requirement.url:
            result.requirements.append(Requirement(text=_HASH.sub("", text).strip(), file=path, line=line))
        else:
            outcome = "isn't a plain requirement: pin a package of an index in [project] dependencies"
            if text.startswith("-"):
                outcome = (
                    "options aren't carried over: set indexes in [[tool.uv.index]] (docs/dependencies.md)"
                )
            result.notes.append(Note(file=path, line=line, text=text, outcome=outcome, todo=True))


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield the lines of a requirements file without comments, continued ones joined."""
    joined, start = "", 0
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), start=1):
        start = start or number
        plain = re.sub(r"(?:^|\s)#.*$", "", line)
        if plain.endswith("\\"):
            joined += plain[:-1] + " "
            continue
        if whole := (joined + plain).strip():
            yield start, whole
        joined, start = "", 0
    if joined.strip():
        yield start, joined.strip()
