"""What images/policy.toml and images/<type>/policy.toml may say: what fails a scan, what is ignored."""

import tomllib
from datetime import date, datetime, time
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal, cast, get_args

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, StrictBool

from ..errors import ConfigurationError, did_you_mean
from . import names, pins, toml
from .dag_type import distinct
from .toml import Table

HOUSE = "images/policy.toml"
MIRRORS = pins.mirrors("trivy-db")
JAVA_MIRRORS = pins.mirrors("trivy-java-db")
Severity = Literal["critical", "high", "medium", "low", "unknown"]
SEVERITIES: tuple[Severity, ...] = get_args(Severity)  # the worst first
_TABLES = ("scan", "database", "ignore")


def own(name: str) -> str:
    """The path of a DAG type's own policy, from the repository's root."""
    return f"images/{name}/policy.toml"


_own = own  # a parameter below has the name too


def _said(value: str) -> str:
    if not value.strip():
        raise ValueError("is blank: write it out")
    return value.strip()


def _day(value: object) -> object:
    if type(value) is not date:  # a datetime is one too
        raise ValueError("is no date: write the day alone and without quotes, like 2027-01-31")
    return value


def _below_images(value: str) -> str:
    path = PurePosixPath(value)
    if path.parts[:1] != ("images",) or len(path.parts) == 1 or ".." in path.parts or str(path) != value:
        raise ValueError("is no path of a file under images/: write it like 'images/openssl.openvex.json'")
    return value


def _mirror(value: str) -> str:
    try:
        names.reference(value, digest=False)
    except ConfigurationError:
        raise ValueError(
            f"is no reference with registry, name and tag: write it like {MIRRORS[0]!r}"
        ) from None
    return value


def _registry(value: str) -> str:
    try:
        if names.reference(f"{value}/name:tag", digest=False).registry == value:
            return value
    except ConfigurationError:
        pass
    advice = "without scheme and path" if "/" in value else "HOST or HOST:PORT"
    raise ValueError(f"is no registry: write it {advice}, like 'registry.example.com:5000'")


def _some(value: tuple[str, ...]) -> tuple[str, ...]:
    if not value:
        raise ValueError("names no database: name one, or leave the key out for Trivy's own")
    return value


Said = Annotated[str, AfterValidator(_said)]
Vex = Annotated[str, AfterValidator(_below_images)]
Mirror = Annotated[str, AfterValidator(_mirror)]
Registry = Annotated[str, AfterValidator(_said), AfterValidator(_registry)]


class Scan(Table):
    """The table [scan]: what a detection must be to fail."""

    severities: Annotated[tuple[Severity, ...], AfterValidator(distinct)] = ("critical", "high")
    fixable_only: StrictBool = True
    scope: Literal["added", "image"] = "added"
    denied_licenses: Annotated[tuple[Said, ...], AfterValidator(distinct)] = ()
    vex: Annotated[tuple[Vex, ...], AfterValidator(distinct)] = ()


class Database(Table):
    """The table [database]: where the vulnerability database comes from, and how old it may be."""

    repositories: Annotated[tuple[Mirror, ...], AfterValidator(distinct), AfterValidator(_some)] = MIRRORS
    java_repositories: Annotated[tuple[Mirror, ...], AfterValidator(distinct)] = JAVA_MIRRORS
    test_database: Mirror | None = None  # for ``check`` alone, where no mirror answers: no publish trusts it
    plain_http: Annotated[tuple[Registry, ...], AfterValidator(distinct)] = ()
    # An end, so that no age leads before the calendar's first day.
    max_age_days: Annotated[int, Field(gt=0, le=3650, strict=True)] = 7


class _Ignore(Table):
    """A table [[ignore]], as a file says it."""

    id: Said
    package: Said
    reason: Said
    owner: Said
    expires: Annotated[date, BeforeValidator(_day)]


class Ignore(_Ignore):
    """One detection that doesn't fail until a day; ``file`` is the policy that says so."""

    file: str


class Policy(Scan, Database):
    """What holds for one DAG type: the house's policy, and what the type's own says in its place.

    ``files`` are the policies that set a field, by the field; what is a default is in none.
    """

    model_config = ConfigDict(validate_by_name=True)

    ignores: tuple[Ignore, ...] = ()
    files: dict[str, str] = Field(default_factory=dict[str, str])

    def file_of(self, field: str) -> str:
        """The policy to change where a field is to say something else."""
        return self.files.get(field, HOUSE)

    def expired(self, today: date) -> tuple[str, ...]:
        """A sentence for each ignore whose last day is over."""
        return tuple(_expired(ignore, today) for ignore in self.ignores if ignore.expires < today)


def parse(house: str | None, own: str | None = None, *, name: str = "") -> Policy:
    """The policy of a DAG type: what its own file doesn't say is the house's; ignores of both hold.

    Args:
        house: the text of images/policy.toml; None where there is none.
        own: the text of the type's file; None where there is none.
        name: the type, as messages show it.

    Raises:
        ConfigurationError: with everything that is wrong in both.
    """
    problems: list[str] = []
    said, ignores = _read(HOUSE, house, problems)
    more, others = _read(_own(name), own, problems)
    if problems:
        raise ConfigurationError(problems)
    files = dict.fromkeys(said, HOUSE) | dict.fromkeys(more, _own(name))
    return Policy(**(said | more), ignores=(*ignores, *others), files=files)


def _read(file: str, text: str | None, problems: list[str]) -> tuple[dict[str, Any], list[Ignore]]:
    """What a file sets, by field of the policy, and its ignores."""
    try:
        document = tomllib.loads((text or "").removeprefix("\ufeff"))  # Windows' editors begin a file with it
    except tomllib.TOMLDecodeError as error:
        problems.append(f"{file}: is no TOML: {error}")
        return {}, []
    for table in document:
        if table not in _TABLES:
            hint = did_you_mean(table, _TABLES) or ": expected [scan], [database], [[ignore]]"
            problems.append(f"{file}: unknown table [{table}]{hint}")
    if file != HOUSE and "database" in document:
        problems.append(f"{file}: [database] belongs in {HOUSE}: one database serves all DAG types")
    found: list[Table | None] = [toml.read(file, "scan", Scan, document.get("scan", {}), problems)]
    if file == HOUSE:
        found.append(toml.read(file, "database", Database, document.get("database", {}), problems))
    said = {key: getattr(table, key) for table in found if table for key in table.model_fields_set}
    return said, _ignores(file, document.get("ignore", []), problems)


def _ignores(file: str, raw: object, problems: list[str]) -> list[Ignore]:
    if not isinstance(raw, list):
        problems.append(f"{file}: ignore: {raw!r} is wrong: write each in a table of its own, [[ignore]]")
        return []
    found: list[Ignore] = []
    for number, entry in enumerate(cast("list[object]", raw), start=1):
        shown, where = entry, f"{file}: ignore {number}"
        if isinstance(entry, dict):
            said = cast("dict[str, object]", entry)
            # What isn't a day is told as the file has it, not as Python does.
            shown = {
                key: str(value) if isinstance(value, datetime | time) else value
                for key, value in said.items()
            }
            where += f" ({said['id']})" if isinstance(said.get("id"), str) else ""
        one = toml.read(where, "[ignore]", _Ignore, shown, problems)
        if one is not None:
            found.append(Ignore(**one.model_dump(), file=file))
    pairs = [(ignore.id.lower(), ignore.package) for ignore in found]
    for pair in sorted({pair for pair in pairs if pairs.count(pair) > 1}):
        first = found[pairs.index(pair)]
        problems.append(f"{file}: [[ignore]] names {first.id} of {first.package!r} more than once: keep one")
    return found


def _expired(ignore: Ignore, today: date) -> str:
    days = (today - ignore.expires).days
    ago = f"{days} day{'' if days == 1 else 's'} ago"
    return (
        f"{ignore.file}: the ignore of {ignore.id} in {ignore.package} expired {ago} ({ignore.expires}); "
        f"its owner is {ignore.owner}: mend the finding, or renew it with a reason that still holds"
    )
