"""A DAG type as images/<type>/pyproject.toml declares it, in frozen models."""

from collections.abc import Mapping
from typing import Annotated, Any, cast

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from pydantic import BaseModel, ConfigDict, Field

from ..errors import ConfigurationError, did_you_mean, refuse
from . import toml
from .fields import BaseChanges, Bytecode, Environment, Name, Packages, Paths, Pin, PythonRange
from .fields import files_with_reasons as files
from .fields import packages_with_reasons as packages
from .secrets import urls
from .toml import Table

TOOL = "airflow-images"
TREES = ("dags", "scripts")  # the folders of the repository that get into images


class Settings(Table):
    """The table [tool.airflow-images] of one DAG type."""

    dags: Paths = ()  # folders or files under dags/; none: the folder with the type's own name
    scripts: Paths = ()  # folders or files under scripts/
    system_packages: Packages = ()
    build_packages: Packages = ()
    env: Environment = Field(default_factory=dict, repr=False)
    bytecode: Bytecode = "start"
    allow_base_changes: BaseChanges = Field(default_factory=dict)
    allow_outside_constraints: Annotated[
        dict[str, str], packages("the base's constraints don't hold for it")
    ] = Field(default_factory=dict)
    allow_not_imported: Annotated[dict[str, str], packages("it is needed though nothing imports it")] = Field(
        default_factory=dict
    )
    allow_top_level_access: Annotated[dict[str, str], files("this file may do so whenever it is parsed")] = (
        Field(default_factory=dict)
    )
    allow_secret_files: Annotated[dict[str, str], files("this file may be in an image")] = Field(
        default_factory=dict
    )
    max_parse_seconds: Annotated[float, Field(gt=0, le=30, strict=True)] = 2  # Airflow itself gives up at 30
    max_added_mb: Annotated[float, Field(gt=0, strict=True, allow_inf_nan=False)] | None = None


class Project(Table):
    """The table [project]: the standard's keys that mean something for an image."""

    name: Name
    version: str = "0"
    description: str = ""
    requires_python: PythonRange = ""
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

    @property
    def paths(self) -> Mapping[str, tuple[str, ...]]:
        """The folders and files that go into the image, by the folder of the repository that they are in."""
        return {"dags": self.dag_paths, "scripts": self.script_paths}

    def holds(self, file: str) -> bool:
        """Return whether a file, by its path from the repository's root, goes into the image."""
        paths = (f"{tree}/{path}" for tree, inside in self.paths.items() for path in inside)
        return any(file == path or file.startswith(f"{path}/") for path in paths)

    def python_problems(self, version: str) -> list[str]:
        """Return a sentence if requires-python excludes a version of Python, such as 3.13.11."""
        accepted = self.project.requires_python
        if SpecifierSet(accepted).contains(version, prereleases=True):
            return []
        remedy = "take a base with another Python in images/base.toml, or correct the range"
        return [f"{self.file}: requires-python {accepted!r} excludes the base's Python {version}: {remedy}"]

    def listing(self, tree: str, path: str) -> str:
        """Return how to get a folder or file of dags or scripts into the image too."""
        if tree == "dags" and not self.settings.dags:
            return (
                f'write dags = ["{self.name}", "{path}"] into [tool.{TOOL}] of {self.file}: '
                f'without it, dags is ["{self.name}"]'
            )
        return f'add "{path}" to [tool.{TOOL}] {tree} of {self.file}'


def parse(name: str, file: str, text: str) -> DagType:
    """Return a DAG type from the text of its pyproject.toml; raise ConfigurationError with every mistake.

    Each names ``file``. Addresses with credentials are reported alone, and not shown.
    """
    document = toml.parse(file, text)
    problems = urls.problems(file, document)
    refuse(problems)  # alone: the messages of other mistakes show values
    tools = toml.table(document.get("tool"))
    project = toml.read(file, "project", Project, document.get("project"), problems)
    settings = toml.read(file, f"tool.{TOOL}", Settings, tools.get(TOOL, {}), problems)
    problems += [*_misspelt_tables(file, document), *_unhashed_sources(file, tools)]
    if project is not None:
        problems += _pinned_twice(file, project)
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
        shown = toml.shown(document["tool"])
        problems.append(f"{file}: tool: {shown} is wrong: expected the table [tool.{TOOL}]")
    # Other tools' tables are theirs; only a name close to ours is a mistake.
    tools = toml.table(document.get("tool"))
    hints = {table: did_you_mean(table, [TOOL]) for table in tools if table != TOOL}
    return problems + [f"{file}: unknown table [tool.{table}]{hint}" for table, hint in hints.items() if hint]


def _unhashed_sources(file: str, tools: dict[str, Any]) -> list[str]:
    """Return a sentence for each source of a package that uv accepts and no lock has hashes for."""
    sources = toml.table(toml.table(tools.get("uv")).get("sources"))
    problems: list[str] = []
    for name, value in sources.items():
        entries = cast("list[object]", value) if isinstance(value, list) else [value]
        keys = {key for entry in entries for key in toml.table(entry)} & {"git", "path", "workspace"}
        problems += [
            f"{file}: [tool.uv.sources] {urls.redacted(name)} has {key!r}, which gives no file with "
            "a hash: name the url of a wheel or an index there, or remove it"
            for key in sorted(keys)
        ]
    return problems


def _pinned_twice(file: str, project: Project) -> list[str]:
    names = [canonicalize_name(Requirement(pin).name) for pin in project.dependencies if ";" not in pin]
    return [
        f"{file}: [project] dependencies: {name!r} is pinned more than once: keep one line"
        for name in sorted({name for name in names if names.count(name) > 1})
    ]
