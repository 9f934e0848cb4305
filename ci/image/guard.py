"""The guard of the base: nothing that a DAG type adds moves, removes or hides a package of its base."""

from collections.abc import Iterable, Sequence

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from ..config.dag_type import TOOL, DagType
from ..config.lockfile import NAME, REMEDY, Lock
from ..errors import ConfigurationError
from .environment import Clash, Environment

_FILES = 3  # that are named; the others are counted


def moved(dag_type: DagType, lock: Lock, base: Environment) -> None:
    """Check a lock before it is installed.

    Raises:
        ConfigurationError: it has packages of the base in other versions, and the type doesn't allow that.
    """
    allowed = dag_type.settings.allow_base_changes
    problems: list[str] = []
    for name, version in sorted((canonicalize_name(n), v) for n, v in lock.packages.items()):
        has = base.versions.get(name)
        if has is None or name in allowed or _same(has, version):
            continue
        problems.append(
            f"{_folder(dag_type)}/{NAME}: would move {name!r} of the base from {has} to {version}: "
            f"{REMEDY}; or pin what agrees with {has}, take another base, or, where the base works with "
            f"{version} too, write why into [tool.{TOOL}] allow-base-changes"
        )
    if problems:
        raise ConfigurationError(problems)


def overwritten(dag_type: DagType, base: Environment, built: Environment) -> None:
    """Check what was installed, before it becomes an image.

    Args:
        dag_type: whose delta it is.
        base: what is installed in the base.
        built: what is installed in the base with the delta upon it.

    Raises:
        ConfigurationError: files of a package were written over, hidden or removed by another's, in the base
            or within the delta, and the type doesn't allow changes of either.
    """
    allowed = dag_type.settings.allow_base_changes.keys()
    known = {(each.kind, each.owners, file) for each in base.clashes for file in each.files}
    problems: list[str] = []
    for clash in built.clashes:
        files = [file for file in clash.files if (clash.kind, clash.owners, file) not in known]
        if files and not allowed & set(clash.owners):
            problems.append(f"{dag_type.file}: {_clash(clash, files, base, built)}")
    for name, gone in sorted(built.lost.items()):
        files = sorted(set(gone) - set(base.lost.get(name, ())))
        if files and name in base.by_name and name not in allowed:
            told = f"what is installed removes files of {_owner(name, base, built)}: {_named(files)}"
            problems.append(f"{dag_type.file}: {told}: {_CURE}")
    if problems:
        raise ConfigurationError(problems)


_CURE = (
    f"pin a package that keeps to its own files, or, where that is meant, write why into [tool.{TOOL}] "
    "allow-base-changes, under the name of the package that loses them"
)


def _clash(clash: Clash, files: Sequence[str], base: Environment, built: Environment) -> str:
    owners = " and ".join(_owner(name, base, built) for name in _added_first(clash.owners, base))
    if clash.kind == "shadows":
        return f"{owners} hide modules of each other: {_named(files)}: {_CURE}"
    chance = (
        "" if any(name in base.by_name for name in clash.owners) else ", and which of them wins is chance"
    )
    return f"{owners} install the same files with different content{chance}: {_named(files)}: {_CURE}"


def _added_first(names: Iterable[str], base: Environment) -> list[str]:
    return sorted(names, key=lambda name: (name in base.by_name, name))


def _owner(name: str, base: Environment, built: Environment) -> str:
    """Such as psycopg2-binary 2.9.11 (of the delta)."""
    there = built.versions.get(name, base.versions.get(name, ""))
    return f"{name} {there} ({'of the base' if base.versions.get(name) == there else 'of the delta'})"


def _named(files: Sequence[str]) -> str:
    more = f" and {len(files) - _FILES} more" if len(files) > _FILES else ""
    return ", ".join(files[:_FILES]) + more


def _folder(dag_type: DagType) -> str:
    return dag_type.file.rpartition("/")[0]


def _same(one: str, two: str) -> bool:
    try:
        return Version(one) == Version(two)
    except InvalidVersion:
        return one == two
