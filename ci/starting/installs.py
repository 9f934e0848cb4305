"""What the commands of RUN become: Debian packages, requirements, nothing at all, or a note."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from pydantic import TypeAdapter, ValidationError

from ..config.dag_type import DebianPackage
from . import options
from .commands import Command
from .told import Told, Wish, shown

_DEBIAN = TypeAdapter[str](DebianPackage)
_OURS = re.compile(r"/opt/airflow(?:/(?:dags|scripts))?/?")
_LITTER = re.compile(
    r"(?:/var/lib/apt/lists|/var/cache/apt|/tmp|/var/tmp|/root/\.cache|~/\.cache|/root/\.local)(?:/.*)?"
)
_IDLE = {"export": re.compile(r"DEBIAN_FRONTEND=\w+"), "mkdir": _OURS, "rm": _LITTER}
_BUILD = "the build does so itself"
# Variables before a command that change nothing of what it installs.
_BEFORE = re.compile(
    r"DEBIAN_FRONTEND=\w+|(?:PIP|UV)_(?!\w*(?:INDEX|FIND_LINKS|CONSTRAINT|REQUIREMENT))\w+=\w*"
)
_PLAIN = re.compile(
    r"-[yq]+|--yes|--assume-yes|--quiet|--no-install-recommends|--allow-downgrades|--fix-missing"
)
# Of apt-get: without what a package recommends, as an option of its configuration.
_NO_RECOMMENDS = ("-o APT::Install-Recommends=false", "-o APT::Install-Recommends=0")
_INSTALLERS = frozenset({"pip", "uv"})
INDEX = "name the index in [[tool.uv.index]], without a login (docs/dependencies.md)"
CONSTRAINT = "the base's own constraints hold: pin what else must stay"
PINS = "write its pins into [project] dependencies, and lock"


@dataclass(kw_only=True)
class Installs:
    """What RUN instructions install, as it is gathered.

    ``pyproject`` are the names that the type's own such file goes by, where the Dockerfile is now.
    """

    file: str
    dag_type: str
    pyproject: frozenset[str]
    told: list[Told] = field(default_factory=list[Told])
    system: dict[str, int] = field(default_factory=dict[str, int])
    build: dict[str, int] = field(default_factory=dict[str, int])
    wishes: list[Wish] = field(default_factory=list[Wish])

    def run(self, command: Command) -> None:
        """Judge one command: something is told of it in any case."""
        words = list(command.words)
        while words and _BEFORE.fullmatch(words[0]):
            words.pop(0)
        if words[:2] in (["python", "-m"], ["python3", "-m"]):
            words = words[2:]
        if words[:2] == ["uv", "pip"]:
            words = words[1:]
        verbs: dict[str, Callable[[Command, list[str]], None]] = {
            "apt-get": self._apt,
            "apt": self._apt,
            "pip": self._pip,
            "pip3": self._pip,
            "uv": self._uv,
        }
        program = words[0] if words else ""
        if program in verbs:
            verbs[program](command, words[1:])
        elif _needs_nothing(words):
            self._carried(command, _BUILD)
        else:
            self._todo(command, _remedy(command.text))

    def _apt(self, command: Command, words: list[str]) -> None:
        found = options.of_apt(words)
        verb, names = next(iter(found.others), ""), found.others[1:]
        if verb in {"update", "clean", "autoclean", "autoremove"} and not names:
            self._carried(command, _BUILD)
        elif verb == "install":
            given = [f"{each} {value}".strip() for each, value in found.options]
            self._debian(command, given, names)
        elif verb in {"remove", "purge"} or (verb == "autoremove" and names):
            self._removed(command, names)
        else:
            self._todo(command, "a base's packages stay as they are: take a newer base in ci/pins.toml")

    def _debian(self, command: Command, given: list[str], names: list[str]) -> None:
        strange = [each for each in given if each not in _NO_RECOMMENDS and not _PLAIN.fullmatch(each)]
        good = [name for name in names if _is_debian(name)]
        added = [name for name in good if self._added(command, name)]
        if added:
            self._carried(
                command, f"system-packages: {', '.join(each for each in added if each in self.system)}"
            )
        for each in sorted(set(names) - set(good)):
            remedy = "is no Debian package by name: write the packages it stands for into system-packages"
            self._todo(command, f"{shown(each)!r} {remedy}")
        if strange:
            told = f"{shown(' '.join(strange))}: packages come from the base's own sources, as apt has them"
            remedy = "pin a version (name=version), or make a base of your own"
            self._todo(command, f"{told} there: {remedy}")
        if not {"--no-install-recommends", *_NO_RECOMMENDS} & set(given):
            told = "installed without what they recommend: add to system-packages what is missed"
            self._todo(command, told)
        if not names:
            self._carried(command, "installs nothing")

    def _added(self, command: Command, name: str) -> bool:
        """Whether a package is to be added: of each, the last pin holds, or its name where it has none."""
        for each in [each for each in self.build if _package(each) == _package(name)]:
            del self.build[each]  # it comes again, and stays
        before = next((each for each in self.system if _package(each) == _package(name)), name)
        if "=" not in name and before != name:
            self._carried(command, f"{name}: {before} holds, of line {self.system[before]}")
            return False
        if before != name:
            del self.system[before]
            pinned = "=" in before
            self._tell(command, f"system-packages: {name}, in the place of {before}", todo=pinned)
        self.system[name] = command.line
        return True

    def _removed(self, command: Command, names: list[str]) -> None:
        for name in names:
            mine = [each for each in self.system if _package(each) == _package(name)]
            for each in mine:
                self.build[each] = self.system.pop(each)
                self._carried(command, f"build-packages: {each}, for it is there only while packages install")
            if not mine:
                self._todo(
                    command, f"{shown(name)!r} stays: what a base has isn't removed; take another base"
                )
        if not names:
            self._carried(command, _BUILD)

    def _uv(self, command: Command, words: list[str]) -> None:
        strange = [word for word in words[1:] if word not in options.IDLE]
        if words[:1] == ["sync"] and "pyproject.toml" not in self.pyproject:
            self._todo(command, self._shared)
        elif words[:1] == ["sync"] and not strange:
            self._carried(command, "installed from pylock.toml")
        elif words[:1] in (["lock"], ["export"], ["cache"], ["self"], ["--version"]):
            self._carried(command, "dagger call lock resolves, with the uv of ci/pins.toml")
        else:
            self._todo(command, "only [project] dependencies are installed: pin there what this adds")

    def _pip(self, command: Command, words: list[str]) -> None:
        if words[:1] in (["cache"], ["check"], ["list"], ["freeze"], ["--version"]):
            self._carried(command, _BUILD)
            return
        if words[:1] != ["install"]:
            self._todo(command, "packages are only added: what the base has stays as it is")
            return
        found = options.of_pip(words[1:])
        if found.unknown:
            told = f"{shown(' '.join(found.unknown))}: isn't known, and may take the next word for its value"
            self._todo(command, f"{told}: write what this installs into [project] dependencies")
            return
        count = len(self.told)
        for option, value in found.options:
            self._option(command, option, value)
        for text in found.others:
            self._requirement(command, text)
        if len(self.told) == count:
            self._carried(command, "nothing is left to install")

    def _option(self, command: Command, option: str, value: str) -> None:
        """Judge an option of pip or uv that is known, or has its value with it."""
        letters = {f"-{letter}" for letter in option[1:]} if not option.startswith("--") else {option}
        if letters <= options.IDLE or option in options.IDLE_VALUED:
            return
        if option in options.REQUIREMENTS:
            self._file(command, value)
        elif option in options.EDITABLE:
            self._requirement(command, value)
        elif option in options.CONSTRAINTS:
            self._todo(command, f"{shown(value)}: {CONSTRAINT}")
        elif option in options.INDEXES:
            self._todo(command, f"{option}: {INDEX}")
        else:
            text = shown(f"{option} {value}".strip())
            self._todo(command, f"{text}: has no counterpart: packages come from pylock.toml as locked")

    @property
    def _shared(self) -> str:
        """What to do where the file that is installed may be that of all types."""
        told = "is of a pyproject.toml that isn't known to be the type's own"
        return f"{told}: write its dependencies into images/{self.dag_type}/pyproject.toml"

    def _file(self, command: Command, name: str) -> None:
        plain = name.removeprefix("./").rpartition("/")[2]
        if plain in self.pyproject:
            self._carried(command, "installed from pylock.toml, which has these dependencies")
        elif plain == "pyproject.toml":
            self._todo(command, f"{shown(name)}: {self._shared}")
        else:
            self._todo(command, f"{shown(name)}: {PINS}")

    def _requirement(self, command: Command, text: str) -> None:
        wish = requirement(text)
        plain = text.rstrip("/").removeprefix("./")
        if wish is None and plain in {"", "."}:
            own = "pyproject.toml" in self.pyproject
            outcome = "its dependencies are installed from pylock.toml" if own else self._shared
            self._tell(command, outcome, todo=not own)
        elif wish is None or wish.url:
            remedy = "only packages of an index can be locked: publish it to one and pin it"
            self._todo(command, f"{shown(text)}: {remedy}, or put its code into scripts/")
        elif canonicalize_name(wish.name) in _INSTALLERS:
            self._carried(command, f"{wish.name}: the build brings its own, which is in no image")
        else:
            self.wishes.append(Wish(text=text, file=self.file, line=command.line))
            self._carried(command, f"dependencies: {text}")

    def _carried(self, command: Command, outcome: str) -> None:
        self._tell(command, outcome, todo=False)

    def _todo(self, command: Command, outcome: str) -> None:
        self._tell(command, outcome, todo=True)

    def _tell(self, command: Command, outcome: str, *, todo: bool) -> None:
        what = f"RUN {shown(command.text)}"
        self.told.append(Told(file=self.file, line=command.line, what=what, outcome=outcome, todo=todo))


def requirement(text: str) -> Requirement | None:
    """A requirement as pip reads it; None where it is a path, an address or anything else."""
    try:
        return Requirement(text)
    except (InvalidRequirement, SyntaxError):  # packaging reads a marker's strings as Python's
        return None


def _package(name: str) -> str:
    """The Debian package of a name that may have a version."""
    return name.partition("=")[0]


def _is_debian(name: str) -> bool:
    try:
        _DEBIAN.validate_python(name)
    except ValidationError:
        return False
    return True


def _needs_nothing(words: list[str]) -> bool:
    """Whether a command only tidies up, or makes what every image has anyway."""
    program, *rest = words or [""]
    places = [word for word in rest if not word.startswith("-")]
    if program == "chown":
        user, *places = places or [""]
        return user in OWNERS and bool(places) and all(_OURS.fullmatch(place) for place in places)
    if program in _IDLE:
        return bool(places) and all(_IDLE[program].fullmatch(place) for place in places)
    return program in {"set", "true", ":"}


# Whose files are in an image: the official image's user, of the group root.
OWNERS = frozenset({"airflow", "airflow:root", "airflow:0", "50000", "50000:0", "50000:root", "airflow:"})


def _remedy(text: str) -> str:
    if re.search(r"\b(?:curl|wget)\b", text):
        return "no command downloads: take a Debian package (system-packages), a dependency or another base"
    if re.search(r"\b(?:apt|apt-get|pip|pip3|uv)\b", text):
        return "only a shell could tell what this installs: write it into system-packages or dependencies"
    return "no command runs in a build: do it in a task, put its result into scripts/, or take another base"
