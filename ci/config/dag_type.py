"""What images/<type>/pyproject.toml may say, as frozen models; all wrong values are told, not one alone."""

import re
import tomllib
from pathlib import PurePosixPath
from typing import Annotated, Any, cast

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import InvalidName, canonicalize_name
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from ..errors import ConfigurationError, did_you_mean
from . import toml
from .secrets import urls
from .toml import Table

TOOL = "airflow-images"
TREES = ("dags", "scripts")  # of the repository: what gets into images

# The distributions that are Airflow: one version each, on every image above a base.
AIRFLOW = frozenset({"apache-airflow", "apache-airflow-core", "apache-airflow-task-sdk"})

# The base owns these: a type that sets them breaks its entrypoint, its Python or its DAG paths.
RESERVED_ENV = frozenset({"AIRFLOW_HOME", "HOME", "LD_PRELOAD", "PATH", "PYTHONPATH", "VIRTUAL_ENV"})


def _name(value: str) -> str:
    try:
        canonicalize_name(value, validate=True)
    except InvalidName:
        raise ValueError("is no name of a package: use letters, digits and - _ . between") from None
    return value


def _pinned(value: str) -> str:
    try:
        requirement = Requirement(value)
    except (InvalidRequirement, SyntaxError) as error:  # packaging reads a marker's strings as Python's
        raise ValueError(
            f"is no requirement: {str(error).splitlines()[0]}; write it like 'name==1.2.3'"
        ) from None
    if requirement.url:
        raise ValueError(
            "is a direct reference: write an exact pin such as 'name==1.2.3' from a package index"
        )
    specifiers = list(requirement.specifier)
    exact = [s for s in specifiers if s.operator in ("==", "===") and not s.version.endswith(".*")]
    if len(specifiers) != 1 or not exact:
        extras = f"[{','.join(sorted(requirement.extras))}]" if requirement.extras else ""
        raise ValueError(f"is not pinned: write '{requirement.name}{extras}==<version>'")
    # Other pins stay as they are written, for locks have them so; "name (==1)" isn't read further on.
    return str(requirement) if "(" in value.partition(";")[0] else value


def _relative(value: str) -> str:
    path = PurePosixPath(value)
    strange = not value.isprintable() or "\\" in value or len(value.encode()) > 255
    if (
        strange
        or path.is_absolute()
        or ".." in path.parts
        or str(path) != value.rstrip("/")
        or str(path) == "."
    ):
        raise ValueError("is no plain relative path: write it like 'salesforce' or 'shared/calendar.py'")
    return str(path)


def _debian_package(value: str) -> str:
    # apt-get removes what ends with a minus.
    if not re.fullmatch(r"[a-z0-9][a-z0-9+.-]*[a-z0-9+.](=[A-Za-z0-9.+:~-]+)?", value):
        raise ValueError("is no Debian package: write 'libpq5' or, pinned, 'libpq5=17.6-0+deb13u1'")
    return value


def _environment(value: dict[str, str]) -> dict[str, str]:
    for name, text in value.items():
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
            raise ValueError(f"has {name!r}, which is no name of an environment variable")
        if name == "_PIP_ADDITIONAL_REQUIREMENTS":
            raise ValueError(
                f"has {name}, which installs at every start of a pod: use [project] dependencies"
            )
        if name in RESERVED_ENV:
            raise ValueError(f"has {name}, which belongs to the base image: use another name")
        if "\0" in text:
            raise ValueError(f"has a NUL character in {name}")
    return value


def _packages_with(why: str) -> AfterValidator:
    """Reasons by a package's name."""

    def checked(value: dict[str, str]) -> dict[str, str]:
        for package, reason in value.items():
            if not reason.strip():
                raise ValueError(f"has no reason for {package!r}: write why {why}")
        return {canonicalize_name(_name(package)): reason for package, reason in value.items()}

    return AfterValidator(checked)


def _without_airflow(value: dict[str, str]) -> dict[str, str]:
    if named := sorted(AIRFLOW & value.keys()):
        raise ValueError(
            f"has {', '.join(map(repr, named))}: Airflow itself can't be changed by a DAG type: "
            "take another base in images/base.toml"
        )
    return value


def _files_with(why: str) -> AfterValidator:
    """Reasons by a file's path from the repository's root."""
    return AfterValidator(lambda value: _permissions(value, why))


def _permissions(value: dict[str, str], why: str) -> dict[str, str]:
    for name, reason in value.items():
        path = PurePosixPath(name)
        inside = path.parts[:1] in {("dags",), ("scripts",)} and len(path.parts) > 1
        if not inside or ".." in path.parts or str(path) != name:
            raise ValueError(
                f"has {name!r}, which is no path of a file under dags/ or scripts/: "
                "write it like 'dags/salesforce/test.pem'"
            )
        if not reason.strip():
            raise ValueError(f"has no reason for {name!r}: write why {why}")
    return value


def distinct(value: tuple[str, ...]) -> tuple[str, ...]:
    """The value, as a validator gives it back; raises ValueError where it names anything twice."""
    twice = sorted({item for item in value if value.count(item) > 1})
    if twice:
        raise ValueError(f"names {', '.join(map(repr, twice))} more than once")
    return value


Name = Annotated[str, AfterValidator(_name)]
Pin = Annotated[str, AfterValidator(_pinned)]
RelativePath = Annotated[str, AfterValidator(_relative)]
DebianPackage = Annotated[str, AfterValidator(_debian_package)]
Paths = Annotated[tuple[RelativePath, ...], AfterValidator(distinct)]
Packages = Annotated[tuple[DebianPackage, ...], AfterValidator(distinct)]
ChangesOfBase = Annotated[
    dict[str, str],
    _packages_with("this type may change the base's version"),
    AfterValidator(_without_airflow),
]
OutsideConstraints = Annotated[dict[str, str], _packages_with("the base's constraints don't hold for it")]
NotImported = Annotated[dict[str, str], _packages_with("it is needed though nothing imports it")]
TopLevelAccess = Annotated[dict[str, str], _files_with("this file may do so whenever it is parsed")]
SecretFiles = Annotated[dict[str, str], _files_with("this file may be in an image")]


class Settings(Table):
    """The table [tool.airflow-images] of one DAG type."""

    dags: Paths = ()  # folders or files under dags/; none: the folder with the type's own name
    scripts: Paths = ()  # folders or files under scripts/
    system_packages: Packages = ()
    build_packages: Packages = ()
    env: Annotated[dict[str, str], AfterValidator(_environment)] = Field(default_factory=dict, repr=False)
    allow_base_changes: ChangesOfBase = Field(default_factory=dict)
    allow_outside_constraints: OutsideConstraints = Field(default_factory=dict)
    allow_not_imported: NotImported = Field(default_factory=dict)
    allow_top_level_access: TopLevelAccess = Field(default_factory=dict)
    allow_secret_files: SecretFiles = Field(default_factory=dict)
    max_parse_seconds: Annotated[float, Field(gt=0, le=30, strict=True)] = 2  # Airflow itself gives up at 30
    max_added_mb: Annotated[float, Field(gt=0, strict=True, allow_inf_nan=False)] | None = None


class Project(Table):
    """The table [project]: the standard's keys that mean something for an image."""

    name: Name
    version: str = "0"
    description: str = ""
    requires_python: str = ""
    dependencies: tuple[Pin, ...]
    readme: Any = None
    license: Any = None
    authors: Any = None
    maintainers: Any = None
    keywords: Any = None
    classifiers: Any = None
    urls: Any = None


class DagType(BaseModel):
    """One DAG type: a group of DAGs that share dependencies and one image.

    ``name`` is the folder under images/; ``file`` the path of its pyproject.toml, as messages show it.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    file: str
    project: Project
    settings: Settings

    @property
    def dag_paths(self) -> tuple[str, ...]:
        """Folders and files under dags/ that go into the image, sorted."""
        return tuple(sorted(self.settings.dags or (self.name,)))

    @property
    def script_paths(self) -> tuple[str, ...]:
        """Folders and files under scripts/ that go into the image, sorted."""
        return tuple(sorted(self.settings.scripts))

    def listing(self, tree: str, path: str) -> str:
        """What to do so that a folder or file of dags or scripts gets into the image, too."""
        if tree == "dags" and not self.settings.dags:
            return (
                f'write dags = ["{self.name}", "{path}"] into [tool.{TOOL}] of {self.file}: '
                f'without it, dags is ["{self.name}"]'
            )
        return f'add "{path}" to [tool.{TOOL}] {tree} of {self.file}'


def parse(name: str, file: str, text: str) -> DagType:
    """One DAG type from the text of its pyproject.toml.

    Raises:
        ConfigurationError: with every unknown key, wrong type and unpinned dependency; each names ``file``.
            Where an address holds credentials, that alone is told, and they are not shown.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError([f"{file}: is no TOML: {error}"]) from None
    problems = urls.problems(file, document)
    if problems:  # alone: what is told of other mistakes shows the values
        raise ConfigurationError(problems)
    project = toml.read(file, "project", Project, document.get("project"), problems)
    settings = toml.read(file, f"tool.{TOOL}", Settings, _tools(document).get(TOOL, {}), problems)
    problems += [*_misspelt_tables(file, document), *_unhashed_sources(file, document)]
    if project is not None:
        problems += _twice(file, project)
    if problems or project is None or settings is None:
        raise ConfigurationError(problems)
    return DagType(name=name, file=file, project=project, settings=settings)


def _misspelt_tables(file: str, document: dict[str, Any]) -> list[str]:
    accepted = ("project", "tool", "dependency-groups", "build-system")
    problems: list[str] = []
    for table in document:
        if table not in accepted:
            hint = did_you_mean(table, accepted) or f": expected [project] and [tool.{TOOL}]"
            problems.append(f"{file}: unknown table [{urls.redacted(table)}]{hint}")
    if not isinstance(document.get("tool", {}), dict):
        problems.append(
            f"{file}: tool: {toml.shown(document['tool'])} is wrong: expected the table [tool.{TOOL}]"
        )
    # Other tools' tables are theirs; only what looks like ours and isn't is a slip.
    hints = {table: did_you_mean(table, [TOOL]) for table in _tools(document) if table != TOOL}
    return problems + [f"{file}: unknown table [tool.{table}]{hint}" for table, hint in hints.items() if hint]


def _unhashed_sources(file: str, document: dict[str, Any]) -> list[str]:
    """Sources of packages that uv takes and no lock has hashes for; what else is wrong there, uv says."""
    sources = _table(_table(_tools(document).get("uv")).get("sources"))
    problems: list[str] = []
    for name, value in sources.items():
        each = cast("list[object]", value) if isinstance(value, list) else [value]
        keys = {key for one in each for key in _table(one)} & {"git", "path", "workspace"}
        problems += [
            f"{file}: [tool.uv.sources] {urls.redacted(name)} has {key!r}, which gives no file with "
            "a hash: name the url of a wheel or an index there, or remove it"
            for key in sorted(keys)
        ]
    return problems


def _tools(document: dict[str, Any]) -> dict[str, Any]:
    return _table(document.get("tool"))


def _table(value: object) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _twice(file: str, project: Project) -> list[str]:
    names = [canonicalize_name(Requirement(pin).name) for pin in project.dependencies if ";" not in pin]
    return [
        f"{file}: [project] dependencies: {name!r} is pinned more than once: keep one line"
        for name in sorted({name for name in names if names.count(name) > 1})
    ]
