"""The DAG types that an event or a registry calls for: by name, all, or those without a published image."""

from pathlib import Path

import pytest

from ci.config.catalog import Catalog
from ci.errors import ConfigurationError
from ci.pipeline import event
from ci.pipeline.choice import Published, due, everything, named, notes_of, uncompared
from ci.pipeline.selection import ReasonKind, Selection

from ..events import pull_request
from ..repository import dag_type
from ..selections import selection

CATALOG = Catalog(
    root=Path(), types=dict.fromkeys(("api", "dbt", "salesforce"), dag_type()), problems={"zoo": ("no name",)}
)
OLD, UNKNOWN, BASE = "a" * 40, "b" * 40, "sha256:ba5e"
CURRENT = Published("main", OLD, BASE)


def kinds(selection: Selection) -> dict[str, ReasonKind]:
    return {affected.dag: affected.reasons[0].kind for affected in selection.affected}


def test_everything_includes_invalid_types() -> None:
    selection = everything(CATALOG, "schedule", ["a note"])
    assert kinds(selection) == dict.fromkeys(("api", "dbt", "salesforce", "zoo"), ReasonKind.ASKED)
    assert (selection.unaffected, selection.notes) == ((), ("a note",))


def test_a_named_type_is_selected_alone() -> None:
    selection = named(CATALOG, ["dbt"], "manual run")
    assert (list(kinds(selection)), selection.unaffected) == (["dbt"], ("api", "salesforce", "zoo"))
    with pytest.raises(ConfigurationError, match="did you mean 'salesforce'"):
        named(CATALOG, ["salesfroce"], "manual run")


def test_an_unknown_change_selects_everything_with_a_note() -> None:
    fork = event.parse(pull_request({"full_name": "x/y"}))
    selection = uncompared(CATALOG, fork, ConfigurationError(["this clone is shallow"]))
    note = "every DAG type counts as affected, as the change is unknown: this clone is shallow"
    assert (len(selection.affected), selection.notes) == (4, (*notes_of(fork), note))


@pytest.mark.parametrize(
    ("published", "expected", "notes"),
    [
        ({}, {"api": ReasonKind.DAG_CODE}, ()),  # it has changed since
        ({"dbt": Published("main", "")}, {"api": ReasonKind.DAG_CODE, "dbt": ReasonKind.UNPUBLISHED}, ()),
        ({"api": CURRENT._replace(base="sha256:01d")}, {"api": ReasonKind.BASE}, ()),
        (
            {"dbt": Published("main", UNKNOWN)},
            {"api": ReasonKind.DAG_CODE, "dbt": ReasonKind.UNPUBLISHED},
            (f"dbt: its image main is of commit {UNKNOWN[:7]}: no such commit",),
        ),
    ],
)
def test_types_are_due_whose_image_is_not_current(
    published: dict[str, Published], expected: dict[str, ReasonKind], notes: tuple[str, ...]
) -> None:
    images = dict.fromkeys(CATALOG.types, CURRENT) | published
    result = due(CATALOG, images, {OLD: selection("api"), UNKNOWN: "no such commit"}, BASE, "push")
    assert kinds(result) == {**expected, "zoo": ReasonKind.WRONG}
    assert result.unaffected == tuple(sorted(CATALOG.types.keys() - expected.keys()))
    assert result.notes == notes
