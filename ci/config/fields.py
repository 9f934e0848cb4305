"""Types of the values in configuration files: names, pins, paths, and permissions with their reasons."""

import re
from pathlib import PurePosixPath
from typing import Annotated, Literal

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import InvalidName, canonicalize_name
from pydantic import AfterValidator

from .secrets import credentials

# The distributions that are Airflow: one version each, on every image above a base.
AIRFLOW = frozenset({"apache-airflow", "apache-airflow-core", "apache-airflow-task-sdk"})

# The base owns these: a type that sets them breaks its entrypoint, its Python or its DAG paths.
RESERVED_ENV = frozenset({"AIRFLOW_HOME", "HOME", "LD_PRELOAD", "PATH", "PYTHONPATH", "VIRTUAL_ENV"})


def distinct(value: tuple[str, ...]) -> tuple[str, ...]:
    """Return the value; raise ValueError if it names anything twice."""
    twice = sorted({item for item in value if value.count(item) > 1})
    if twice:
        raise ValueError(f"names {', '.join(map(repr, twice))} more than once")
    return value


def _name(value: str) -> str:
    try:
        canonicalize_name(value, validate=True)
    except InvalidName:
        raise ValueError("is not a package name: use letters, digits and single - _ . between") from None
    return value


def _pinned(value: str) -> str:
    try:
        requirement = Requirement(value)
    except (InvalidRequirement, SyntaxError) as error:  # packaging reads a marker's strings as Python's
        problem = str(error).splitlines()[0]
        raise ValueError(f"is not a requirement: {problem}; expected 'name==1.2.3'") from None
    if requirement.url:
        raise ValueError(
            "is a direct reference; expected an exact pin from a package index, such as 'name==1.2.3'"
        )
    specifiers = list(requirement.specifier)
    exact = [s for s in specifiers if s.operator in ("==", "===") and not s.version.endswith(".*")]
    if len(specifiers) != 1 or not exact:
        extras = f"[{','.join(sorted(requirement.extras))}]" if requirement.extras else ""
        raise ValueError(f"is not pinned: write '{requirement.name}{extras}==<version>'")
    # Other pins stay as they are written, for locks have them so; "name (==1)" isn't read further on.
    return str(requirement) if "(" in value.partition(";")[0] else value


def _python(value: str) -> str:
    try:
        SpecifierSet(value)
    except InvalidSpecifier:
        raise ValueError("is no range of Python versions; expected one like '>=3.13'") from None
    return value


def _relative(value: str) -> str:
    path = PurePosixPath(value)
    legal = value.isprintable() and "\\" not in value and len(value.encode()) <= 255
    plain = not path.is_absolute() and ".." not in path.parts and str(path) not in ("", ".")
    if not (legal and plain and str(path) == value.rstrip("/")):
        raise ValueError(
            "is not a plain relative path; expected one like 'salesforce' or 'shared/calendar.py'"
        )
    return str(path)


def _debian_package(value: str) -> str:
    # apt-get removes what ends with a minus.
    if not re.fullmatch(r"[a-z0-9][a-z0-9+.-]*[a-z0-9+.](=[A-Za-z0-9.+:~-]+)?", value):
        raise ValueError("is not a Debian package; expected 'libpq5' or, pinned, 'libpq5=17.6-0+deb13u1'")
    return value


def is_file_below(value: str, *trees: str) -> bool:
    """Return whether a value is the plain path of something in one of these folders at the root."""
    path = PurePosixPath(value)
    inside = len(path.parts) > 1 and path.parts[0] in trees
    return inside and ".." not in path.parts and str(path) == value


def _environment(value: dict[str, str]) -> dict[str, str]:
    for name, text in value.items():
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
            raise ValueError(f"has {name!r}, which is not a name of an environment variable")
        if name == "_PIP_ADDITIONAL_REQUIREMENTS":
            raise ValueError(
                f"has {name}, which installs at every start of a pod: use [project] dependencies"
            )
        if name in RESERVED_ENV:
            raise ValueError(f"has {name}, which belongs to the base image: use another name")
        if "\0" in text:
            raise ValueError(f"has a NUL character in {name}")
    kinds = {name: kind for name, text in value.items() if (kind := credentials.kind(name, text))}
    if kinds:
        named = ", ".join(f"{name} ({kind})" for name, kind in kinds.items())
        raise ValueError(
            f"holds credentials, which whoever pulls the image can read: {named}: {credentials.REMEDY}"
        )
    return value


def packages_with_reasons(permitted: str) -> AfterValidator:
    """Return a validator of reasons by package; ``permitted`` completes "write why …"."""

    def checked(value: dict[str, str]) -> dict[str, str]:
        for package, reason in value.items():
            if not reason.strip():
                raise ValueError(f"has no reason for {package!r}: write why {permitted}")
        return {canonicalize_name(_name(package)): reason for package, reason in value.items()}

    return AfterValidator(checked)


def files_with_reasons(permitted: str) -> AfterValidator:
    """Return a validator of reasons by a file's path from the root; ``permitted`` completes "write why …"."""

    def checked(value: dict[str, str]) -> dict[str, str]:
        for name, reason in value.items():
            if not is_file_below(name, "dags", "scripts"):
                raise ValueError(
                    f"has {name!r}, which is not the path of a file under dags/ or scripts/; "
                    "expected one like 'dags/salesforce/test.pem'"
                )
            if not reason.strip():
                raise ValueError(f"has no reason for {name!r}: write why {permitted}")
        return value

    return AfterValidator(checked)


def _without_airflow(value: dict[str, str]) -> dict[str, str]:
    if named := sorted(AIRFLOW & value.keys()):
        raise ValueError(
            f"has {', '.join(map(repr, named))}: a DAG type can't change Airflow itself: "
            "take another base in images/base.toml"
        )
    return value


Bytecode = Literal["start", "all", "none"]  # for what a task's start loads from the base, all of it, nothing
Name = Annotated[str, AfterValidator(_name)]
PythonRange = Annotated[str, AfterValidator(_python)]
Pin = Annotated[str, AfterValidator(_pinned)]
RelativePath = Annotated[str, AfterValidator(_relative)]
DebianPackage = Annotated[str, AfterValidator(_debian_package)]
Paths = Annotated[tuple[RelativePath, ...], AfterValidator(distinct)]
Packages = Annotated[tuple[DebianPackage, ...], AfterValidator(distinct)]
Environment = Annotated[dict[str, str], AfterValidator(_environment)]
BaseChanges = Annotated[
    dict[str, str],
    packages_with_reasons("this type may change the base's version"),
    AfterValidator(_without_airflow),
]
