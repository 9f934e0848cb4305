"""Newer versions, as a table and as JSON: each with what holds it back."""

import json
from typing import Any

import pytest

from ci.errors import StepError
from ci.lock.outdated import OutdatedReport, PackageVersions, as_json, parse, table

from ..repository import FILE, dag_type


def package(**changes: Any) -> PackageVersions:  # noqa: ANN401
    newest = PackageVersions(
        package="a", locked="1.0", upgraded="1.0", allowed="1.0", newest="1.0", pinned=False, base=""
    )
    return newest.model_copy(update=changes)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({}, ""),
        ({"newest": ""}, ""),
        ({"allowed": "2", "newest": "2", "pinned": True}, "its own pin"),
        ({"upgraded": "2", "allowed": "2", "newest": "2"}, "the lock or exclude-newer"),
        ({"allowed": "2", "newest": "2"}, "a pin of this type"),
        ({"newest": "2"}, "another package"),
        ({"allowed": "", "newest": "2"}, "no longer needed by newer pins"),
        ({"newest": "2", "base": "1.0"}, "the base: a==1.0"),
        ({"allowed": "2", "newest": "2", "base": "2"}, "a pin of this type"),
        ({"allowed": "2", "newest": "3", "pinned": True, "base": "2"}, "its own pin; the base: a==2"),
    ],
)
def test_what_holds_a_package_back_is_named(changes: dict[str, Any], why: str) -> None:
    assert package(**changes).why == why


def test_the_table_shows_what_has_newer_versions() -> None:
    rows = (package(), package(package="long-name", allowed="2", newest="2", pinned=True))
    assert table([OutdatedReport(dag="dbt", packages=rows)]).splitlines() == [
        "dbt: 1 of 2 packages",
        "package    locked  base allows  newest  held back by",
        "long-name  1.0     2            2       its own pin",
    ]
    # Two ways to write a version are one.
    text = table([OutdatedReport(dag="dbt", packages=(package(newest="1"),))])
    assert text == "dbt: all 1 packages are the newest available"


def test_the_json_has_every_package_of_every_type() -> None:
    row = package(newest="2")
    report = json.loads(as_json([OutdatedReport(dag="b", packages=(row,)), OutdatedReport(dag="a")]))
    assert report == {"a": [], "b": [{**row.model_dump(mode="json"), "why": "another package"}]}


def test_facts_become_a_report_and_a_failure_of_uv_is_quoted_without_credentials() -> None:
    facts: dict[str, Any] = {"error": "", "packages": [package().model_dump(mode="json")]}
    assert parse(dag_type(), facts).packages == (package(),)
    facts = {"error": "no answer from https://me:hidden@index.example/", "packages": []}
    with pytest.raises(StepError, match=f"{FILE}: could not look up newer versions") as caught:
        parse(dag_type(), facts)
    assert "hidden" not in str(caught.value)
