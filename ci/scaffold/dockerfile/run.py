"""The commands of RUN instructions: plain ``apt-get install`` and ``pip install`` are read, no others."""

import re
import shlex
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from packaging.utils import canonicalize_name
from pydantic import TypeAdapter, ValidationError

from ...config.fields import DebianPackage
from ..notes import parsed

_DEBIAN = TypeAdapter[str](DebianPackage)
_QUOTED = r""""(?:[^"\\]|\\.)*"|'[^']*'|\\."""
_PART = re.compile(rf"&&|;|(?P<command>(?:{_QUOTED}|(?!&&|;)[^\"'\\])+)", re.DOTALL)
# Commands that depend on each other, and what only a shell fills in, joins or redirects.
_COMPOUND = re.compile(r"[()`]|<<|(?:^|\s)#|(?:^|[\s;&|])(?:if|for|while|until|case|function|[{!])\s")
_SHELL = re.compile(r"[|&<>]")
_APT_OPTION = re.compile(r"-[yq]+|--yes|--assume-yes|--quiet|--no-install-recommends")
_PIP_OPTION = re.compile(
    r"-[qU]+|--(?:quiet|upgrade|user|system|no-cache|no-cache-dir|no-input|disable-pip-version-check"
    r"|root-user-action=ignore|break-system-packages|compile-bytecode|prefer-binary|no-warn-script-location"
    r"|(?:default-)?timeout=\d+|retries=\d+|progress-bar=\w+)"
)
_FILE = re.compile(r"(-[rc]|--requirements?|--constraints?)(?:$|=(.+))|(-[rc])([^=].*)")
_SYNC_OPTIONS = frozenset({"--frozen", "--locked", "--no-dev", "--no-cache", "--no-install-project"})
_TIDY = re.compile(
    r"rm -r?fr?(?: (?:/var/lib/apt/lists|/var/cache/apt|/tmp|/var/tmp|/root/\.cache)(?:/\S*)?)+"
    r"|set -[a-z]+(?: pipefail)?"
    r"|(?:apt-get|apt) (?:-[yq]+ )?(?:update|clean|autoclean|autoremove)(?: -[yq]+)*"
)
_BUILD = "the build does so itself"
_INSTALLERS = frozenset({"pip", "uv"})


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What becomes of a command, in words, and what it installs; ``files`` are of requirements, by path."""

    text: str
    todo: bool = False
    packages: tuple[str, ...] = ()
    requirements: tuple[str, ...] = ()
    files: tuple[str, ...] = ()


Locator = Callable[[str], str]
"""A function that returns the repository's file at a path in the image; empty where none is known."""


_APT = Outcome(
    text="isn't a plain apt-get install: write what it installs into system-packages, and what is removed "
    "after the build into build-packages",
    todo=True,
)
_PIP = Outcome(
    text="isn't a plain pip install: pin what it installs in [project] dependencies, and lock "
    "(docs/dependencies.md)",
    todo=True,
)
OTHER = Outcome(
    text="no command runs in a build: do it in a task, put its result into scripts/, or take another base",
    todo=True,
)


def _nowhere(_: str) -> str:
    return ""


def commands(text: str) -> list[str]:
    """Return the commands of a RUN instruction; where they depend on each other, all of them as one."""
    if _COMPOUND.search(_without_quotes(text)) or text.startswith("["):
        return [text]
    if _PART.sub("", text):  # a quote that isn't closed
        return [text]
    parts = [(match["command"] or "").strip() for match in _PART.finditer(text)]
    return [part for part in parts if part]


def outcome(command: str, manifests: Collection[str], located: Locator = _nowhere) -> Outcome:
    """Decide what becomes of a command.

    ``manifests`` are names of the type's own pyproject.toml there; ``located`` returns where the
    repository has a file of the image.
    """
    if _TIDY.fullmatch(" ".join(command.split())):
        return Outcome(text=_BUILD)
    match _words(command):
        case ["apt-get" | "apt", *words]:
            return _apt(words)
        case (
            ["pip" | "pip3", "install", *words]
            | ["python" | "python3", "-m", "pip", "install", *words]
            | ["uv", "pip", "install", *words]
        ):
            return _pip(words, manifests, located)
        case ["uv", "sync", *words] if "pyproject.toml" in manifests and _SYNC_OPTIONS.issuperset(words):
            return Outcome(text="installed from pylock.toml")
        case _:
            pass
    if re.search(r"\b(?:apt|apt-get)\b", command):
        return _APT
    return _PIP if re.search(r"\b(?:pip3?|uv)\b", command) else OTHER


def _words(command: str) -> list[str]:
    """Return the words of a command as its program gets them; none where only a shell could tell them."""
    if _SHELL.search(_without_quotes(command)):
        return []
    try:
        words = shlex.split(command)
    except ValueError:  # a quote that isn't closed
        return []
    words = words[1:] if words and words[0].startswith("DEBIAN_FRONTEND=") else words
    return words if "install" in words or not any("$" in word for word in words) else []


def _without_quotes(text: str) -> str:
    return re.sub(_QUOTED, "", text, flags=re.DOTALL)


def _apt(words: list[str]) -> Outcome:
    options = [word for word in words if word.startswith("-")]
    verb, *packages = [word for word in words if not word.startswith("-")] or [""]
    plain = all(map(_APT_OPTION.fullmatch, options)) and all(map(_is_debian, packages))
    if verb != "install" or not packages or not plain:
        return _APT
    text = f"system-packages: {', '.join(packages)}"
    if "--no-install-recommends" in options:
        return Outcome(text=text, packages=tuple(packages))
    text += "; they are installed without what they recommend: add what is missed"
    return Outcome(text=text, todo=True, packages=tuple(packages))


def _is_debian(name: str) -> bool:
    try:
        _DEBIAN.validate_python(name)
    except ValidationError:
        return False
    return True


def _pip(words: list[str], manifests: Collection[str], located: Locator) -> Outcome:
    requirements: list[str] = []
    files: list[str] = []
    constrained = False
    for option, value in _options(words):
        requirement = parsed(value) if not option else None
        if option.startswith(("-r", "--requirement")):
            if value.rpartition("/")[2] in manifests:
                continue
            if not (file := located(value)):
                return _PIP
            files.append(file)
        elif option.startswith(("-c", "--constraint")):
            constrained = True
        elif "$" in value:
            return _PIP
        elif value == "." and "pyproject.toml" in manifests:
            continue
        elif requirement and not requirement.url:
            requirements += [] if canonicalize_name(requirement.name) in _INSTALLERS else [value]
        elif not _PIP_OPTION.fullmatch(value):
            return _PIP
    parts = [*requirements, *(f"the requirements in {file}" for file in files)]
    text = f"dependencies: {', '.join(parts)}" if parts else "installed from pylock.toml"
    text += "; constraints aren't carried over, as those of the base hold" if constrained else ""
    return Outcome(text=text, requirements=tuple(requirements), files=tuple(files))


def _options(words: list[str]) -> Iterator[tuple[str, str]]:
    """Yield the options that name a file, each with the file, and every other word with no option."""
    remaining = iter(words)
    for word in remaining:
        match = _FILE.fullmatch(word)
        if match:
            yield match[1] or match[3], match[2] or match[4] or next(remaining, "")
        else:
            yield "", word
