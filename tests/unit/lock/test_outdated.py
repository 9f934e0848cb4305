"""Newer versions, as a table and as JSON: each with what holds it back."""

import json
from typing import Any

import pytest

from ci.errors import StepError
from ci.lock.outdated import Package, Report, as_json, reported, table

from ..repository import FILE, dag_type


def package(**changes: Any) -> Package:  # noqa: ANN401
    """A package that is the newest there is."""
    newest = Package(package="a", locked="1.0", upgraded="1.0", allowed="1.0", newest="1.0", pinned=False)
    return newest.model_copy(update=changes)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({}, ""),
        ({"newest": ""}, ""),
        ({"allowed": "2", "newest": "2", "pinned": True}, "its own pin"),
        ({"upgraded": "2", "allowed": "2", "newest": "2"}, "the lock or exclude-newer"),
        ({"allowed": "2", "newest": "2"}, "a pin of this type"),
        ({"newest": "2"}, "another package of this type"),
        ({"allowed": "", "newest": "2"}, "newer pins need it no more"),
        ({"newest": "2", "held_by": ("b==1", "c==2")}, "the base: b==1, c==2"),
        (
            {"allowed": "2", "newest": "3", "pinned": True, "held_by": ("b==1",)},
            "its own pin; the base: b==1",
        ),
    ],
)
def test_what_holds_a_package_back_is_told(changes: dict[str, Any], why: str) -> None:
    assert package(**changes).why == why


def test_the_table_shows_what_has_newer_versions() -> None:
    rows = (package(), package(package="long-name", allowed="2", newest="2", pinned=True))
    assert table([Report(dag="dbt", packages=rows)]).splitlines() == [
        "dbt: 1 of 2 packages",
        "package    locked  base allows  newest  held back by",
        "long-name  1.0     2            2       its own pin",
    ]


def test_two_ways_to_write_a_version_are_one() -> None:
    assert table([Report(dag="dbt", packages=(package(newest="1"),))]) == (
        "dbt: all 1 packages are the newest there are"
    )


def test_the_json_has_every_package_of_every_type() -> None:
    said = json.loads(as_json([Report(dag="b", packages=(package(newest="2"),)), Report(dag="a")]))
    assert said["a"] == []
    assert said["b"][0] == {
        **package(newest="2").model_dump(mode="json"),
        "why": "another package of this type",
    }


def test_facts_become_a_report() -> None:
    facts: dict[str, Any] = {
        "trouble": "",
        "packages": [{**package().model_dump(mode="json"), "held_by": ["b==1"]}],
    }
    assert reported(dag_type(), facts).packages[0].held_by == ("b==1",)


def test_where_nothing_was_found_uv_is_quoted_without_credentials() -> None:
    facts: dict[str, Any] = {"trouble": "no answer from https://me:hidden@index.example/", "packages": []}
    with pytest.raises(StepError, match=f"{FILE}: newer versions can't be found") as caught:
        reported(dag_type(), facts)
    assert "hidden" not in str(caught.value)
