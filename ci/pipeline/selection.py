"""A selection of DAG types that a pipeline has to build, with the reasons."""

from enum import StrEnum

from ..config.catalog import Catalog
from ..config.values import Value


class ReasonKind(StrEnum):
    """A kind of reason; reasons are listed in this order."""

    WRONG = "wrong configuration"
    NEW = "new"
    DAG_CODE = "DAG code"
    SCRIPTS = "scripts"
    PINS = "pins"
    SETTINGS = "settings"
    LOCK = "lock"
    IMPORTS = "imports"
    IGNORED = "ignored DAG files"  # they are in no image, but in every type's tests
    POLICY = "policy"
    PUBLISH = "publish settings"
    LAYERS = "layer settings"
    BASE = "base"
    TOOLS = "tools"
    MODULE = "module"
    ATTRIBUTES = "git attributes"  # they decide how git writes files
    UNPUBLISHED = "not published yet"
    ASKED = "asked for"  # whatever has changed


class ChangedPath(Value):
    """A path that changed, and how, unless only its content did: new, deleted, renamed from ….

    For a wrong configuration: the type's folder and the mistake.
    """

    path: str
    how: str = ""


class Reason(Value):
    """A reason why a DAG type is affected."""

    kind: ReasonKind
    touches: tuple[ChangedPath, ...]


class AffectedType(Value):
    """An affected DAG type."""

    dag: str
    reasons: tuple[Reason, ...]


class Selection(Value):
    """The DAG types that are affected, unaffected and removed, each sorted by name.

    ``since`` is the user's choice, ``commit`` the full name of the commit that was compared with, empty if
    there was none. ``notes`` are for the user.
    """

    since: str
    commit: str
    affected: tuple[AffectedType, ...]
    unaffected: tuple[str, ...]
    removed: tuple[str, ...]
    notes: tuple[str, ...] = ()


def wrong(name: str, catalog: Catalog) -> Reason:
    """Return the reason of a DAG type with problems."""
    paths = [ChangedPath(path=f"images/{name}", how=problem) for problem in catalog.problems[name]]
    return Reason(kind=ReasonKind.WRONG, touches=tuple(paths))
