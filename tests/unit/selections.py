"""Selections of DAG types, as tests of what a pipeline does with them need them."""

from ci.pipeline.selection import AffectedType, ChangedPath, Reason, ReasonKind, Selection

DAG_CODE = Reason(kind=ReasonKind.DAG_CODE, touches=())


def reason(kind: ReasonKind, *paths: str, how: str = "") -> Reason:
    """Return a reason of a kind, with paths that all changed in one way."""
    return Reason(kind=kind, touches=tuple(ChangedPath(path=path, how=how) for path in paths))


def selection(*names: str, because: Reason = DAG_CODE, commit: str = "") -> Selection:
    """Return a selection of DAG types with these names, all for one reason."""
    affected = tuple(AffectedType(dag=name, reasons=(because,)) for name in names)
    return Selection(since="x", commit=commit, affected=affected, unaffected=(), removed=())
