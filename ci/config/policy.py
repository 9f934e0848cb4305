"""The policies in images/policy.toml and images/<type>/policy.toml: what fails a scan, what is ignored."""

from datetime import date, datetime, time
from typing import Annotated, Any, Literal, cast, get_args

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, StrictBool

from ..errors import ConfigurationError, refuse
from . import names, pins, toml
from .fields import distinct, is_file_below
from .toml import Table

SHARED = "images/policy.toml"  # the policy of all DAG types
MIRRORS = pins.mirrors("trivy-db")
JAVA_MIRRORS = pins.mirrors("trivy-java-db")
Severity = Literal["critical", "high", "medium", "low", "unknown"]
SEVERITIES: tuple[Severity, ...] = get_args(Severity)  # the worst first


def own_file(name: str) -> str:
    """Return the path of a DAG type's own policy, from the repository's root."""
    return f"images/{name}/policy.toml"


def _not_blank(value: str) -> str:
    if not value.strip():
        raise ValueError("is blank")
    return value.strip()


def _day(value: object) -> object:
    if type(value) is not date:  # a datetime is one too
        raise ValueError("is not a date; expected a day without time and quotes, such as 2027-01-31")
    return value


def _under_images(value: str) -> str:
    if not is_file_below(value, "images"):
        raise ValueError(
            "is not the path of a file under images/; expected one like 'images/openssl.openvex.json'"
        )
    return value


def _mirror(value: str) -> str:
    try:
        names.reference(value, digest=False)
    except ConfigurationError:
        raise ValueError(
            f"is not a reference with registry, name and tag; expected one like {MIRRORS[0]!r}"
        ) from None
    return value


def _registry(value: str) -> str:
    try:
        if names.reference(f"{value}/name:tag", digest=False).registry == value:
            return value
    except ConfigurationError:
        pass
    advice = "without scheme and path" if "/" in value else "as HOST or HOST:PORT"
    raise ValueError(f"is not a registry; expected one {advice}, such as 'registry.example.com:5000'")


def _some(value: tuple[str, ...]) -> tuple[str, ...]:
    if not value:
        raise ValueError("names no database: name one, or remove the key to use Trivy's own")
    return value


Text = Annotated[str, AfterValidator(_not_blank)]
Vex = Annotated[str, AfterValidator(_under_images)]
Mirror = Annotated[str, AfterValidator(_mirror)]
Registry = Annotated[str, AfterValidator(_not_blank), AfterValidator(_registry)]


class Scan(Table):
    """The table [scan]: which detections fail."""

    severities: Annotated[tuple[Severity, ...], AfterValidator(distinct)] = ("critical", "high")
    fixable_only: StrictBool = True
    scope: Literal["added", "image"] = "added"
    denied_licenses: Annotated[tuple[Text, ...], AfterValidator(distinct)] = ()
    vex: Annotated[tuple[Vex, ...], AfterValidator(distinct)] = ()


class Database(Table):
    """The table [database]: the source of the vulnerability database, and its greatest age."""

    repositories: Annotated[tuple[Mirror, ...], AfterValidator(distinct), AfterValidator(_some)] = MIRRORS
    java_repositories: Annotated[tuple[Mirror, ...], AfterValidator(distinct)] = JAVA_MIRRORS
    test_database: Mirror | None = None  # for ``check`` alone, if no mirror answers: no publish trusts it
    plain_http: Annotated[tuple[Registry, ...], AfterValidator(distinct)] = ()
    # A limit, so that no age reaches before the calendar's first day.
    max_age_days: Annotated[int, Field(gt=0, le=3650, strict=True)] = 7


class _Ignore(Table):
    """A table [[ignore]]."""

    id: Text
    package: Text
    reason: Text
    owner: Text
    expires: Annotated[date, BeforeValidator(_day)]


class Ignore(_Ignore):
    """One detection that doesn't fail until a day; ``file`` is the policy that has it."""

    file: str


class Policy(Scan, Database):
    """The policy of one DAG type: the shared one, and the type's own, which overrides it.

    ``files`` has the policy that sets a field, by the field; a default is in none.
    """

    model_config = ConfigDict(validate_by_name=True)

    ignores: tuple[Ignore, ...] = ()
    files: dict[str, str] = Field(default_factory=dict[str, str])

    def file_of(self, field: str) -> str:
        """Return the policy to edit to change a field."""
        return self.files.get(field, SHARED)

    def expired(self, today: date) -> tuple[str, ...]:
        """Return a sentence for each ignore whose last day is over."""
        return tuple(_expired(ignore, today) for ignore in self.ignores if ignore.expires < today)


def parse(shared: str | None, own: str | None = None, *, name: str = "") -> Policy:
    """Return the policy of a DAG type: its own keys override the shared ones; ignores of both hold.

    ``shared`` and ``own`` are the texts of both files, or None. Raise ConfigurationError with every mistake.
    """
    problems: list[str] = []
    fields, ignores = _read(SHARED, shared, problems)
    own_fields, own_ignores = _read(own_file(name), own, problems)
    refuse(problems)
    files = dict.fromkeys(fields, SHARED) | dict.fromkeys(own_fields, own_file(name))
    return Policy(**(fields | own_fields), ignores=(*ignores, *own_ignores), files=files)


def _read(file: str, text: str | None, problems: list[str]) -> tuple[dict[str, Any], list[Ignore]]:
    """Return the fields of the policy that a file sets, and its ignores."""
    document = toml.document(file, text, ("scan", "database", "ignore"), problems)
    if file != SHARED and "database" in document:
        problems.append(f"{file}: [database] belongs in {SHARED}: one database serves all DAG types")
    tables: list[Table | None] = [toml.read(file, "scan", Scan, document.get("scan", {}), problems)]
    if file == SHARED:
        tables.append(toml.read(file, "database", Database, document.get("database", {}), problems))
    fields = {key: getattr(table, key) for table in tables if table for key in table.model_fields_set}
    return fields, _ignores(file, document.get("ignore", []), problems)


def _ignores(file: str, raw: object, problems: list[str]) -> list[Ignore]:
    if not isinstance(raw, list):
        problems.append(f"{file}: ignore: {raw!r} is wrong: expected a table [[ignore]] for each")
        return []
    ignores: list[Ignore] = []
    for number, entry in enumerate(cast("list[object]", raw), start=1):
        value, label = entry, f"{file}: ignore {number}"
        if isinstance(entry, dict):
            fields = cast("dict[str, object]", entry)
            # What isn't a day is shown as the file has it, not as Python does.
            value = {
                key: str(field) if isinstance(field, datetime | time) else field
                for key, field in fields.items()
            }
            label += f" ({fields['id']})" if isinstance(fields.get("id"), str) else ""
        ignore = toml.read(label, "[ignore]", _Ignore, value, problems)
        if ignore is not None:
            ignores.append(Ignore(**ignore.model_dump(), file=file))
    pairs = [(ignore.id.lower(), ignore.package) for ignore in ignores]
    for pair in sorted({pair for pair in pairs if pairs.count(pair) > 1}):
        first = ignores[pairs.index(pair)]
        problems.append(f"{file}: [[ignore]] names {first.id} of {first.package!r} more than once: keep one")
    return ignores


def _expired(ignore: Ignore, today: date) -> str:
    days = (today - ignore.expires).days
    ago = f"{days} day{'' if days == 1 else 's'} ago"
    return (
        f"{ignore.file}: the ignore of {ignore.id} in {ignore.package} expired {ago} ({ignore.expires}); "
        f"its owner is {ignore.owner}: fix the finding, or renew the ignore with a reason that still holds"
    )
