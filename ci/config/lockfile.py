"""A DAG type's lock, images/<type>/pylock.toml (PEP 751), and whether it still fits its pyproject.toml.

The standard's [tool] table has what a lock was made for, so that a stale one is recognised without an index.
"""

import re
import tomllib
from dataclasses import dataclass
from typing import Annotated, Any

import tomli_w
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version
from pydantic import AfterValidator, BaseModel, Field, ValidationError
from pydantic_core import ErrorDetails

from ..errors import ConfigurationError, refuse
from .dag_type import TOOL, DagType
from .secrets import urls
from .values import Value

NAME = "pylock.toml"
REMEDY = "run: dagger call lock -y"
_LONGEST = 60  # characters of a value in a message
# Some indexes give the size of a file; without it a lock is the same from all.
_SIZE = re.compile(r"(?<=, )size = \d+, (?=hashes = \{)")


@dataclass(frozen=True, kw_only=True)
class Lock:
    """A lock: its text, and the versions of the packages that it adds to the base, by name."""

    text: str
    packages: dict[str, str]
    build: "Build | None" = None

    def part(self, *, built: bool) -> str:
        """Return the lock of the packages that are built from source alone, or of the others alone."""
        names = self.build.packages.keys() if self.build else ()
        document = {key: value for key, value in tomllib.loads(self.text).items() if key != "tool"}
        packages = [package for package in document["packages"] if (package["name"] in names) is built]
        return tomli_w.dumps({**document, "packages": packages})

    @property
    def installed(self) -> str:
        """The lock without its stamp: the same for all types with the same packages."""
        head, separator, stamped = self.text.partition(f"\n[tool.{TOOL}]\n")
        return f"{head.rstrip()}\n" if separator and "[[packages]]" not in stamped else self.text


class Build(Value):
    """The packages of a lock that are built from source, and what builds them.

    ``packages`` has their versions by name; ``requirements`` are "name @ address#sha256=…", sorted.
    """

    packages: dict[str, str]
    requirements: tuple[str, ...]


class _Artifact(BaseModel):
    url: str = ""
    hashes: dict[str, str] = Field(default_factory=dict)


class _Package(BaseModel):
    name: str
    version: str
    wheels: tuple[_Artifact, ...] = ()
    sdist: _Artifact | None = None
    archive: _Artifact | None = None  # the only file of a package from an address of its own

    @property
    def hashed(self) -> bool:
        files = [*self.wheels, *(file for file in (self.sdist, self.archive) if file)]
        return bool(files) and all(file.hashes for file in files)

    @property
    def is_source(self) -> bool:
        """Whether it has no wheel at all."""
        return not self.wheels and not (self.archive and self.archive.url.endswith(".whl"))


class _Stamp(BaseModel):
    base: str = "unknown"
    requirements: tuple[str, ...] = ()
    base_changes: Annotated[tuple[str, ...], Field(alias="allow-base-changes")] = ()
    outside_constraints: Annotated[tuple[str, ...], Field(alias="allow-outside-constraints")] = ()
    build: Build | None = None


class _Tools(BaseModel):
    stamp: Annotated[_Stamp, Field(alias=TOOL)] = _Stamp()


class _Document(BaseModel):
    """The part of a lock that is read; the standard's other keys are the installer's."""

    packages: tuple[_Package, ...] = ()
    tool: _Tools = _Tools()


class _ForUv(BaseModel):
    """The keys without which uv doesn't read a present lock."""

    class Package(BaseModel):
        """A package's keys."""

        name: Annotated[str, AfterValidator(lambda name: canonicalize_name(name, validate=True))]
        version: Annotated[str, AfterValidator(Version)]

    lock_version: Annotated[str, Field(alias="lock-version", pattern=r"^1\.\d+$")]
    created_by: Annotated[str, Field(alias="created-by")]
    requires_python: Annotated[str, Field(alias="requires-python"), AfterValidator(SpecifierSet)] = ""
    packages: tuple[Package, ...]


def base_name(reference: str) -> str:
    """Return a base as a lock names it: its reference without the digest."""
    return reference.partition("@")[0]


def stamp(dag_type: DagType, base: str, resolved: str, build: Build | None = None) -> str:
    """Return the text of a lock: the packages that uv resolved, and a stamp of what they were resolved for.

    ``build`` says what builds those without a wheel.
    Raise ConfigurationError if a package isn't made of files, so that ``read`` would refuse the lock.
    """
    refuse(_no_files(dag_type, resolved))
    permissions = {key: names for key, names in _allowed(dag_type).items() if names}
    requirements = sorted(dag_type.project.dependencies, key=canonicalize_name)
    made_for: dict[str, Any] = {"base": base, "requirements": requirements, **permissions}
    if build:
        made_for["build"] = build.model_dump(mode="json")
    packages = _SIZE.sub("", resolved).rstrip()
    return f"{packages}\n\n{tomli_w.dumps({'tool': {TOOL: made_for}})}"


def usable(text: str | None) -> str | None:
    """Return a present lock whose versions uv can keep; None if it is broken, as after a failed merge."""
    try:
        document = tomllib.loads(text or "")
        _Document.model_validate(document)
        _ForUv.model_validate(document)
    except (tomllib.TOMLDecodeError, ValidationError):
        return None
    return text


def versions(text: str | None) -> dict[str, str]:
    """Return the versions of a lock's packages by their names; none where it is missing or broken."""
    try:
        document = _Document.model_validate(tomllib.loads(text or ""))
    except (tomllib.TOMLDecodeError, ValidationError):
        return {}
    return {package.name: package.version for package in document.packages}


def read(dag_type: DagType, base: str, text: str | None) -> Lock:
    """Return the lock of a DAG type from the text of its pylock.toml, which must be made for the named base.

    Raise ConfigurationError if it is missing, invalid, without hashes, or not made for these pins and this
    base. Addresses with credentials are reported alone, and not shown.
    """
    file = file_of(dag_type)
    if text is None:
        raise ConfigurationError([f"{file}: not found; {REMEDY}"])
    urls.refuse_in_lock(file, text, "holds a login")  # first: messages of other mistakes show values
    refuse(_no_files(dag_type, text))  # before its shape: such a package may have no version
    document = _parse(file, text)
    made_for = document.tool.stamp
    bare = sorted(package.name for package in document.packages if not package.hashed)
    other_base = f"{file}: made for the base {made_for.base}, not for {base}; {REMEDY}"
    built = made_for.build.packages if made_for.build else {}
    unbuilt = sorted(
        p.name for p in document.packages if p.hashed and p.is_source and built.get(p.name) != p.version
    )
    problems = [
        *_differences(dag_type, file, set(made_for.requirements)),
        *([other_base] if made_for.base != base else []),
        *_other_permissions(dag_type, file, made_for),
        *(f"{file}: {name!r} has no hash; {REMEDY}" for name in bare),
        *(f"{file}: {name!r} has no wheel, and the lock not what builds it; {REMEDY}" for name in unbuilt),
    ]
    refuse(problems)
    packages = {package.name: package.version for package in document.packages}
    return Lock(text=text, packages=packages, build=made_for.build)


def file_of(dag_type: DagType) -> str:
    """Return the path of a type's lock, as messages show it."""
    return dag_type.file.replace("pyproject.toml", NAME)


class _Origin(BaseModel):
    """The source of a package, if it isn't made of files."""

    name: str = "?"
    vcs: object = None
    directory: object = None

    @property
    def description(self) -> str:
        if self.vcs is not None:
            return "from version control"
        return "from a folder" if self.directory is not None else ""


class _Origins(BaseModel):
    packages: tuple[_Origin, ...] = ()


def _no_files(dag_type: DagType, text: str) -> list[str]:
    """Return a sentence for each package that isn't made of files; none if the text is no lock at all."""
    try:
        packages = _Origins.model_validate(tomllib.loads(text)).packages
    except (tomllib.TOMLDecodeError, ValidationError):
        return []
    return [
        f"{file_of(dag_type)}: {package.name!r} comes {package.description}, but only files with hashes "
        "get into an image: pin a version from a package index, or name the url of a wheel in "
        f"[tool.uv.sources] of {dag_type.file}; then {REMEDY}"
        for package in packages
        if package.description
    ]


def _parse(file: str, text: str) -> _Document:
    try:
        return _Document.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError([f"{file}: invalid TOML: {error}; {REMEDY}"]) from None
    except ValidationError as error:
        raise ConfigurationError([_sentence(file, detail) for detail in error.errors()]) from None


def _sentence(file: str, detail: ErrorDetails) -> str:
    key = ".".join(map(str, detail["loc"]))
    if detail["type"] == "missing":  # the value is the whole table around it
        return f"{file}: {key} is missing; {REMEDY}"
    value = urls.redacted(repr(detail["input"]))
    value = value if len(value) <= _LONGEST else f"{value[:_LONGEST]}…"
    return f"{file}: {key}: {detail['msg']}, found {value}; {REMEDY}"


def _allowed(dag_type: DagType) -> dict[str, list[str]]:
    settings = dag_type.settings
    return {
        "allow-base-changes": sorted(settings.allow_base_changes),
        "allow-outside-constraints": sorted(settings.allow_outside_constraints),
    }


def _differences(dag_type: DagType, file: str, locked: set[str]) -> list[str]:
    declared = set(dag_type.project.dependencies)
    differences = [f"lacks {pin!r}" for pin in sorted(declared - locked)]
    differences += [f"has {pin!r}, which is gone" for pin in sorted(locked - declared)]
    return (
        [f"{file}: doesn't match {dag_type.file}: {'; '.join(differences)}; {REMEDY}"] if differences else []
    )


def _other_permissions(dag_type: DagType, file: str, made_for: _Stamp) -> list[str]:
    locked = made_for.model_dump(by_alias=True)
    return [
        f"{file}: made with {key} for {', '.join(locked[key]) or 'nothing'}, "
        f"{dag_type.file} has it for {', '.join(names) or 'nothing'}; {REMEDY}"
        for key, names in _allowed(dag_type).items()
        if set(locked[key]) != set(names)
    ]
