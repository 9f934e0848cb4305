"""images/<type>/pylock.toml (PEP 751): what a lock says, and whether it still fits its pyproject.toml.

The standard's [tool] table carries what a lock was made for, so that a stale one is known without an index.
"""

import re
import tomllib
from dataclasses import dataclass
from typing import Annotated

import tomli_w
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version
from pydantic import AfterValidator, BaseModel, Field, ValidationError
from pydantic_core import ErrorDetails

from ..errors import ConfigurationError
from .dag_type import TOOL, DagType
from .secrets import urls

NAME = "pylock.toml"
REMEDY = "run: dagger call lock -y"
_LONGEST = 60  # of a value that is shown, in characters
# Some indexes tell the size of a file, others don't; without it a lock is the same from all.
_SIZE = re.compile(r"(?<=, )size = \d+, (?=hashes = \{)")


@dataclass(frozen=True, kw_only=True)
class Lock:
    """A lock: its text, and the packages that it adds to the base, as name → version."""

    text: str
    packages: dict[str, str]

    @property
    def installed(self) -> str:
        """What is to be installed alone: the same for all types with the same packages."""
        head, found, stamped = self.text.partition(f"\n[tool.{TOOL}]\n")
        return f"{head.rstrip()}\n" if found and "[[packages]]" not in stamped else self.text


class _Artifact(BaseModel):
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


class _Stamp(BaseModel):
    base: str = "unknown"
    requirements: tuple[str, ...] = ()
    base_changes: Annotated[tuple[str, ...], Field(alias="allow-base-changes")] = ()
    outside_constraints: Annotated[tuple[str, ...], Field(alias="allow-outside-constraints")] = ()


class _Tools(BaseModel):
    stamp: Annotated[_Stamp, Field(alias=TOOL)] = _Stamp()


class _Document(BaseModel):
    """What is read of a lock; the standard's other keys are the installer's."""

    packages: tuple[_Package, ...] = ()
    tool: _Tools = _Tools()


class _ForUv(BaseModel):
    """What uv demands of a present lock beyond that: it ends where one of these is missing or wrong."""

    class Package(BaseModel):
        """A package's key."""

        name: Annotated[str, AfterValidator(lambda name: canonicalize_name(name, validate=True))]
        version: Annotated[str, AfterValidator(Version)]

    lock_version: Annotated[str, Field(alias="lock-version", pattern=r"^1\.\d+$")]
    created_by: Annotated[str, Field(alias="created-by")]
    requires_python: Annotated[str, Field(alias="requires-python"), AfterValidator(SpecifierSet)] = ""
    packages: tuple[Package, ...]


def base_name(reference: str) -> str:
    """A base as a lock names it: its reference as it was asked for, without the digest it was found under."""
    return reference.partition("@")[0]


def stamp(dag_type: DagType, base: str, resolved: str) -> str:
    """The text of a lock: what uv resolved, and behind it what it was resolved for.

    Raises:
        ConfigurationError: a package of it is no file, so that ``read`` would refuse the lock.
    """
    if problems := _no_files(dag_type, resolved):
        raise ConfigurationError(problems)
    permissions = {key: names for key, names in _allowed(dag_type).items() if names}
    made_for = {"base": base, "requirements": _requirements(dag_type), **permissions}
    packages = _SIZE.sub("", resolved).rstrip()
    return f"{packages}\n\n{tomli_w.dumps({'tool': {TOOL: made_for}})}"


def usable(text: str | None) -> str | None:
    """A present lock whose versions can be kept; none where it is no lock, such as after a failed merge."""
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
    """The lock of a DAG type.

    Args:
        dag_type: whose lock it is.
        base: the reference of the base image that it must be made for.
        text: the content of its pylock.toml, or none where there is no such file.

    Raises:
        ConfigurationError: it is missing, no TOML, without hashes, or not made for these pins and this base.
            Where an address holds credentials, that alone is told, and they are not shown.
    """
    file = _file(dag_type)
    if text is None:
        raise ConfigurationError([f"{file}: is missing; {REMEDY}"])
    urls.refuse_in_lock(file, text, "holds a login")  # first: what is told of mistakes shows values
    if problems := _no_files(dag_type, text):  # before its shape: such a package may have no version
        raise ConfigurationError(problems)
    document = _parse(file, text)
    made_for = document.tool.stamp
    bare = sorted(package.name for package in document.packages if not package.hashed)
    problems = [
        *_differences(dag_type, file, set(made_for.requirements)),
        *_other_base(file, base, made_for.base),
        *_other_permissions(dag_type, file, made_for),
        *(f"{file}: {name!r} has no hash; {REMEDY}" for name in bare),
    ]
    if problems:
        raise ConfigurationError(problems)
    return Lock(text=text, packages={package.name: package.version for package in document.packages})


def _file(dag_type: DagType) -> str:
    return dag_type.file.replace("pyproject.toml", NAME)


class _Origin(BaseModel):
    """A package that is no file."""

    name: str = "?"
    vcs: object = None
    directory: object = None

    @property
    def told(self) -> str:
        if self.vcs is not None:
            return "from version control"
        return "from a folder" if self.directory is not None else ""


class _Origins(BaseModel):
    packages: tuple[_Origin, ...] = ()


def _no_files(dag_type: DagType, text: str) -> list[str]:
    """A sentence for each package that isn't made of files; none where the text is no lock at all."""
    try:
        packages = _Origins.model_validate(tomllib.loads(text)).packages
    except (tomllib.TOMLDecodeError, ValidationError):
        return []
    return [
        f"{_file(dag_type)}: {each.name!r} comes {each.told}, and an image takes files with hashes alone: "
        "pin a version from a package index, or name the url of a wheel in [tool.uv.sources] of "
        f"{dag_type.file}; then {REMEDY}"
        for each in packages
        if each.told
    ]


def _parse(file: str, text: str) -> _Document:
    try:
        return _Document.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError([f"{file}: is no TOML: {error}; {REMEDY}"]) from None
    except ValidationError as error:
        raise ConfigurationError([_sentence(file, detail) for detail in error.errors()]) from None


def _sentence(file: str, detail: ErrorDetails) -> str:
    place = ".".join(map(str, detail["loc"]))
    if detail["type"] == "missing":  # the value is the whole table around it
        return f"{file}: {place}: is missing; {REMEDY}"
    value = urls.redacted(repr(detail["input"]))
    value = value if len(value) <= _LONGEST else f"{value[:_LONGEST]}…"
    return f"{file}: {place}: {detail['msg']}, found {value}; {REMEDY}"


def _requirements(dag_type: DagType) -> list[str]:
    return sorted(dag_type.project.dependencies, key=canonicalize_name)


def _allowed(dag_type: DagType) -> dict[str, list[str]]:
    settings = dag_type.settings
    return {
        "allow-base-changes": sorted(settings.allow_base_changes),
        "allow-outside-constraints": sorted(settings.allow_outside_constraints),
    }


def _differences(dag_type: DagType, file: str, locked: set[str]) -> list[str]:
    wanted = set(dag_type.project.dependencies)
    told = [f"lacks {pin!r}" for pin in sorted(wanted - locked)]
    told += [f"has {pin!r}, which is gone" for pin in sorted(locked - wanted)]
    return [f"{file}: doesn't match {dag_type.file}: {'; '.join(told)}; {REMEDY}"] if told else []


def _other_base(file: str, base: str, locked: str) -> list[str]:
    return [f"{file}: is made for the base {locked}, not for {base}; {REMEDY}"] if locked != base else []


def _other_permissions(dag_type: DagType, file: str, made_for: _Stamp) -> list[str]:
    locked = {
        "allow-base-changes": made_for.base_changes,
        "allow-outside-constraints": made_for.outside_constraints,
    }
    return [
        f"{file}: is made with {key} for {', '.join(locked[key]) or 'nothing'}, "
        f"{dag_type.file} has it for {', '.join(names) or 'nothing'}; {REMEDY}"
        for key, names in _allowed(dag_type).items()
        if set(locked[key]) != set(names)
    ]
