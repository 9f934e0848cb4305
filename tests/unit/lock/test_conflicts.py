"""Conflicts as sentences: packages that would change, pins that conflict, who requires it, and ways out."""

import pytest

from ci.lock.conflicts import ChangedPackage, Failure, PinConflict, problem
from ci.lock.request import BasePackages

from ..repository import FILE, dag_type

BASE = "registry.example/airflow:1"
BASE_PACKAGES = BasePackages(
    installed={"protobuf": "6.33.2", "requests": "2.32.5"}, constraints={}, full_python="3.13.11"
)
PIN = "dbt-core==1.8.0"
CHANGE = ChangedPackage(
    package="protobuf",
    base_version="6.33.2",
    resolved="4.25.8",
    installed=True,
    chain=(PIN, "protobuf>=4.0.0,<5"),
)


def changed(**facts: object) -> ChangedPackage:
    return CHANGE.model_copy(update=facts)


def problem_text(failure: Failure, message: str = "") -> str:
    return problem(dag_type([PIN]), BASE, base_packages=BASE_PACKAGES, failure=failure, message=message)


def test_a_change_is_reported_with_its_chain_and_three_ways_out() -> None:
    assert problem_text(Failure(changed=(CHANGE,), fitting={PIN: "dbt-core==1.10.16"}), "one\ntwo\n") == (
        f"{FILE}: can't be locked against {BASE}:\n"
        "  'dbt-core==1.8.0' conflicts with packages of the base:\n"
        "    protobuf: the base has 6.33.2, it would become 4.25.8: dbt-core==1.8.0 -> protobuf>=4.0.0,<5\n"
        "    choose one: write 'dbt-core==1.10.16', which fits; allow it with a reason: "
        'allow-base-changes = { protobuf = "<why>" } in [tool.airflow-images]; '
        "take another base in images/base.toml\n"
        "  uv says:\n    one\n    two"
    )


def test_what_the_constraints_name_has_its_own_permission() -> None:
    text = problem_text(Failure(changed=(changed(installed=False), changed(package="requests"))))
    assert "conflicts with constraints of the base:\n    protobuf: the constraints require 6.33.2" in text
    assert 'allow-outside-constraints = { protobuf = "<why>" }' in text
    assert 'allow-base-changes = { requests = "<why>" }' in text


def test_all_changes_of_a_pin_are_reported_at_once_and_all_pins() -> None:
    other = changed(package="requests", base_version="2", resolved="", chain=("requests==1",))
    text = problem_text(Failure(changed=(other, CHANGE, changed(package="click"))))
    assert text.count("conflicts with") == 2
    assert 'allow-base-changes = { click = "<why>", protobuf = "<why>" }' in text
    assert "requests: the base has 2: requests==1" in text
    assert "no fitting one was found" in text


def test_airflow_itself_can_only_come_with_another_base() -> None:
    text = problem_text(Failure(changed=(changed(package="apache-airflow-core"),)))
    assert "a DAG type can't change Airflow itself (apache-airflow-core)" in text
    assert "allow-base-changes" not in text


def test_pins_that_conflict_are_reported_with_their_requirements() -> None:
    message = "Because a==1 depends on b>=2,<3 and this-dag-type depends on a==1, it depends on b==1."
    failure = Failure(
        conflicts=(PinConflict(pins=("a==1", "b==1"), message=message),),
        fitting={"a==1": "a==1", "b==1": "b==2"},
    )
    assert problem_text(failure).splitlines()[1:] == [
        "  'a==1' and 'b==1' conflict with each other, on any base:",
        "    a==1 depends on b>=2,<3",
        "    write 'b==2', which fits the others and the base",
    ]


WHEELS = (
    "Because a==1 has no wheels with a matching Python ABI tag (e.g., `cp313`) and\n\nhint: You require "
    "CPython 3.13 (`cp313`), but we only found wheels for `a` (v1) with the following Python ABI tags: "
    "`cp39`, `cp310`"
)
NEWER = (
    "hint: `a` was filtered by `exclude-newer` to only include packages uploaded before 2025-12-20T00:00:00Z"
    ". The requested version, v1, was published at 2026-01-17T10:46:43.804Z. Consider"
)


NO_VERSION = "Because there is no version of a==1 and"


@pytest.mark.parametrize(
    ("pin", "message", "expected"),
    [
        ("reqests==1", "Because reqests was not found in the registry", ": did you mean 'requests'?"),
        (
            "zzz==1",
            "Because zzz was not found in the registry",
            ": check its spelling, and [[tool.uv",
        ),
        *((pin, NO_VERSION, ": no such version; the newest is 3") for pin in ("a==1", "A==1")),
        ("a==1", NEWER, "after 2025-12-20T00:00:00Z, and it is from 2026-01-17: choose an older version"),
        ("a==1", WHEELS, "no wheel for the base (Python ABI tag), only for cp39, cp310; the newest is 3"),
        ("a==1", "Because a==1 has no usable wheels and", "no wheel for the base; the newest is 3"),
        ("a==1", "Because a==1 depends on Python>=3.14 and", "needs Python >=3.14, the base has 3.13"),
        ("a==1", "hint: An index URL (x) said (401 Unauthorized)", "dagger call --netrc file://$HOME/.netrc"),
        ("a==1", "Because a==1 depends on b==2 and b was yanked", "a==1 depends on b==2"),
        ("fits==1", NO_VERSION, "the newest is 3: write 'fits==2', which fits the base"),
    ],
)
def test_a_pin_that_can_not_be_installed_says_why(pin: str, message: str, expected: str) -> None:
    conflict = PinConflict(pins=(pin,), message=message, newest="3")
    text = problem_text(Failure(conflicts=(conflict,), fitting={"fits==1": "fits==2"}))
    assert f"{pin!r}" in text
    assert expected in text


@pytest.mark.parametrize(
    ("failure", "message", "expected", "asks"),
    [
        (Failure(error="Failed to build `a==1`"), "", "a==1 has no wheel for the base and can't be", False),
        (Failure(error="error: 403 Forbidden"), "", "--netrc", True),
        (Failure(error="what?"), "No solution found", "uv failed; see its message below", False),
        (Failure(conflicts=(PinConflict(pins=("a==1",), message="401 Unauthorized"),)), "", "--netrc", True),
        (Failure(), "hint: 401 Unauthorized", "--netrc", True),
    ],
)
def test_a_cause_is_named_if_uv_failed(failure: Failure, message: str, expected: str, *, asks: bool) -> None:
    assert expected in problem_text(failure, message)
    assert failure.asks_for_login(message) is asks


def test_only_the_last_lines_of_uv_are_shown_and_no_credentials() -> None:
    message = "\n".join([*map(str, range(30)), "https://me:secret@index.example/simple?token=abc"])
    text = problem_text(Failure(changed=(CHANGE,)), message)
    assert "secret" not in text
    assert "abc" not in text
    assert len(text.partition("uv says:\n")[2].splitlines()) == 12
