"""Which DAG types are made where not only a change decides: by name, all of them, or what isn't published."""

from pathlib import Path

import pytest

from ci.config.catalog import Catalog
from ci.errors import ConfigurationError
from ci.pipeline import event
from ci.pipeline.choice import Published, due, everything, named, notes_of, uncompared
from ci.pipeline.selection import AffectedType, ChangedPath, Reason, ReasonKind, Selection

from ..events import pull_request
from ..repository import dag_type

CATALOG = Catalog(
    root=Path(), types=dict.fromkeys(("api", "dbt", "salesforce"), dag_type()), problems={"zoo": ("no name",)}
)
OLD, UNKNOWN = "a" * 40, "b" * 40
BASE = "sha256:ba5e"


def names(found: Selection) -> list[str]:
    return [each.dag for each in found.affected]


def changed(*types: str) -> Selection:
    why = (Reason(kind=ReasonKind.DAG_CODE, touches=(ChangedPath(path="dags/a.py"),)),)
    affected = tuple(AffectedType(dag=name, reasons=why) for name in types)
    return Selection(since=OLD, commit=OLD, affected=affected, unaffected=(), removed=())


def test_everything_has_the_wrong_ones_too() -> None:
    found = everything(CATALOG, "schedule", ["a note"])
    assert names(found) == ["api", "dbt", "salesforce", "zoo"]
    assert (found.unaffected, found.notes) == ((), ("a note",))
    assert found.affected[0].reasons[0].kind is ReasonKind.ASKED


def test_one_that_is_asked_for_is_made_alone() -> None:
    found = named(CATALOG, ["dbt"], "manual run")
    assert (names(found), found.unaffected) == (["dbt"], ("api", "salesforce", "zoo"))


def test_a_slip_in_the_name_is_told() -> None:
    with pytest.raises(ConfigurationError, match="did you mean 'salesforce'"):
        named(CATALOG, ["salesfroce"], "manual run")


def test_what_cannot_be_compared_is_made_whole_and_says_why() -> None:
    about = event.parse(pull_request({"full_name": "x/y"}))
    found = uncompared(CATALOG, about, ConfigurationError(["this clone is shallow"]))
    assert len(found.affected) == 4
    assert found.notes[:-1] == tuple(notes_of(about))
    assert (
        "every DAG type counts as affected, as the change is unknown: this clone is shallow"
        in found.notes[-1]
    )


def test_only_what_changed_since_its_own_image_is_due() -> None:
    published = {
        "api": Published("main", OLD, BASE),
        "dbt": Published("main", OLD, BASE),
        "salesforce": Published("main", ""),
    }
    found = due(CATALOG, published, {OLD: changed("api", "salesforce")}, BASE, "push")
    told = {each.dag: each.reasons[0].kind for each in found.affected}
    assert told == {"api": ReasonKind.DAG_CODE, "salesforce": ReasonKind.UNPUBLISHED, "zoo": ReasonKind.WRONG}
    assert (found.unaffected, found.notes) == (("dbt",), ())


def test_an_image_of_a_commit_that_is_not_there_is_made_anew_and_told() -> None:
    published = dict.fromkeys(CATALOG.types, Published("main", OLD, BASE)) | {
        "dbt": Published("main", UNKNOWN)
    }
    found = due(CATALOG, published, {OLD: changed(), UNKNOWN: "no such commit"}, BASE, "push")
    assert names(found) == ["dbt", "zoo"]
    assert found.notes == (f"dbt: its image main is of commit {UNKNOWN[:7]}: no such commit",)


def test_an_image_on_another_base_is_due() -> None:
    other = Published("main", OLD, "sha256:01d")
    published = dict.fromkeys(CATALOG.types, Published("main", OLD, BASE)) | {"api": other}
    found = due(CATALOG, published, {OLD: changed()}, BASE, "push")
    assert {each.dag: each.reasons[0].kind for each in found.affected} == {
        "api": ReasonKind.BASE,
        "zoo": ReasonKind.WRONG,
    }
