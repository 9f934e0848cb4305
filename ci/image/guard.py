"""The guard of the base: nothing that a DAG type adds moves, removes or hides a package of its base."""

from collections.abc import Sequence

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from ..config.dag_type import TOOL, DagType
from ..config.lockfile import REMEDY, Lock, file_of
from ..errors import refuse
from ..text import first_of
from .environment import Clash, Environment

_NAMED = 3  # files that a message names; it counts the others


def check_lock(dag_type: DagType, lock: Lock, base: Environment) -> None:
    """Raise ConfigurationError if a lock would move packages of the base, and the type doesn't allow that."""
    allowed = dag_type.settings.allow_base_changes
    problems: list[str] = []
    for name, version in sorted((canonicalize_name(n), v) for n, v in lock.packages.items()):
        present = base.versions.get(name)
        if present is None or name in allowed or _same(present, version):
            continue
        problems.append(
            f"{file_of(dag_type)}: would move {name!r} of the base from {present} to {version}: "
            f"{REMEDY}; or pin versions that agree with {present}, take another base, or, if the base works "
            f"with {version} too, write why into [tool.{TOOL}] allow-base-changes"
        )
    refuse(problems)


def check_installed(dag_type: DagType, base: Environment, built: Environment) -> None:
    """Check what is installed in ``built``, the base with the type's packages, before it gets into an image.

    Raise ConfigurationError if a package overwrote, hid or removed files of another one, of the base or of
    the delta, and the type doesn't allow changes of either.
    """
    allowed = dag_type.settings.allow_base_changes.keys()
    known = {(clash.kind, clash.owners, file) for clash in base.clashes for file in clash.files}
    problems: list[str] = []
    for clash in built.clashes:
        files = [file for file in clash.files if (clash.kind, clash.owners, file) not in known]
        if files and not allowed & set(clash.owners):
            problems.append(f"{dag_type.file}: {_clash(clash, files, base, built)}")
    for name, lost in sorted(built.lost.items()):
        files = sorted(set(lost) - set(base.lost.get(name, ())))
        if files and name in base.by_name and name not in allowed:
            problem = f"an installed package removes files of {_owner(name, base, built)}"
            problems.append(f"{dag_type.file}: {problem}: {first_of(files, _NAMED)}: {_REMEDY}")
    refuse(problems)


_REMEDY = (
    f"pin a package that keeps to its own files, or, if this is intended, write why into [tool.{TOOL}] "
    "allow-base-changes, under the name of the package that loses them"
)


def _clash(clash: Clash, files: Sequence[str], base: Environment, built: Environment) -> str:
    added_first = sorted(clash.owners, key=lambda name: (name in base.by_name, name))
    owners = " and ".join(_owner(name, base, built) for name in added_first)
    named = first_of(files, _NAMED)
    if clash.kind == "shadows":
        return f"{owners} hide modules of each other: {named}: {_REMEDY}"
    in_base = any(name in base.by_name for name in clash.owners)
    chance = "" if in_base else ", and which of them wins is random"
    return f"{owners} install the same files with different content{chance}: {named}: {_REMEDY}"


def _owner(name: str, base: Environment, built: Environment) -> str:
    """Return a package with version and origin, such as psycopg2-binary 2.9.11 (of the delta)."""
    version = built.versions.get(name, base.versions.get(name, ""))
    return f"{name} {version} (of the {'base' if base.versions.get(name) == version else 'delta'})"


def _same(one: str, two: str) -> bool:
    try:
        return Version(one) == Version(two)
    except InvalidVersion:
        return one == two
