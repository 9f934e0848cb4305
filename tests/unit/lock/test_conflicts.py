"""Conflicts as sentences: what would move or clash, who wants it, and each way out."""

import pytest

from ci.lock.conflicts import Clash, Failure, Move, problem
from ci.lock.request import Held

from ..repository import FILE, dag_type

BASE = "registry.example/airflow:1"
HELD = Held(installed={"protobuf": "6.33.2", "requests": "2.32.5"}, constraints={}, python="3.13")
PIN = "dbt-core==1.8.0"
MOVE = Move(
    package="protobuf",
    has="6.33.2",
    wants="4.25.8",
    installed=True,
    chain=(PIN, "protobuf>=4.0.0,<5"),
)


def told(failure: Failure, said: str = "") -> str:
    """The problem of a type."""
    return problem(dag_type([PIN]), BASE, held=HELD, failure=failure, said=said)


def test_a_move_is_told_with_its_chain_and_three_ways_out() -> None:
    assert told(Failure(moves=(MOVE,), fits={PIN: "dbt-core==1.10.16"}), "one\ntwo\n") == (
        f"{FILE}: can't be locked against {BASE}:\n"
        "  'dbt-core==1.8.0' doesn't fit, since the base stays as it is:\n"
        "    protobuf: the base has 6.33.2, it would become 4.25.8: dbt-core==1.8.0 -> protobuf>=4.0.0,<5\n"
        "    do one of these: write 'dbt-core==1.10.16', which fits; allow it with a reason: "
        'allow-base-changes = { protobuf = "<why>" } in [tool.airflow-images]; '
        "take another base in ci/pins.toml\n"
        "  uv says:\n    one\n    two"
    )


def test_what_the_constraints_name_has_its_own_permission() -> None:
    move = MOVE.model_copy(update={"installed": False})
    text = told(Failure(moves=(move, MOVE.model_copy(update={"package": "requests"}))))
    assert "since the base's constraints hold:\n    protobuf: the base's constraints say 6.33.2" in text
    assert 'allow-outside-constraints = { protobuf = "<why>" }' in text
    assert 'allow-base-changes = { requests = "<why>" }' in text


def test_all_moves_of_a_pin_are_told_together_and_all_pins() -> None:
    other = Move(package="requests", has="2", wants="", installed=True, chain=("requests==1",))
    second = MOVE.model_copy(update={"package": "click"})
    text = told(Failure(moves=(other, MOVE, second)))
    assert text.count("doesn't fit") == 2
    assert 'allow-base-changes = { click = "<why>", protobuf = "<why>" }' in text
    assert "requests: the base has 2: requests==1" in text
    assert "none that fits was found" in text


def test_airflow_itself_can_only_come_with_another_base() -> None:
    move = Move(
        package="apache-airflow-core", has="3.1.5", wants="3", installed=True, chain=("apache-airflow==3",)
    )
    text = told(Failure(moves=(move,)))
    assert "take another base in ci/pins.toml: Airflow itself (apache-airflow-core)" in text
    assert "allow-base-changes" not in text


def test_pins_that_clash_are_told_with_what_they_ask_for() -> None:
    said = "Because a==1 depends on b>=2,<3 and this-dag-type depends on a==1, it depends on b==1."
    failure = Failure(
        clashes=(Clash(pins=("a==1", "b==1"), said=said),), fits={"a==1": "a==1", "b==1": "b==2"}
    )
    assert told(failure).splitlines()[1:] == [
        "  'a==1' and 'b==1' can't be had together, on any base:",
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


@pytest.mark.parametrize(
    ("pin", "said", "expected"),
    [
        ("reqests==1", "Because reqests was not found in the registry", ": did you mean 'requests'?"),
        (
            "zzz==1",
            "Because zzz was not found in the registry",
            ": check its spelling, and [[tool.uv.index]]",
        ),
        ("a==1", "Because there is no version of a==1 and", ": there is no such version; the newest is 3"),
        ("A==1", "Because there is no version of a==1 and", ": there is no such version; the newest is 3"),
        ("a==1", NEWER, "nothing after 2025-12-20T00:00:00Z, it is of 2026-01-17: choose an older version"),
        (
            "a==1",
            WHEELS,
            "has no wheel for the base (Python ABI tag), there are cp39, cp310; the newest is 3",
        ),
        ("a==1", "Because a==1 depends on Python>=3.14 and", "needs Python >=3.14, the base has 3.13"),
        ("a==1", "hint: An index URL (x) said (401 Unauthorized)", "dagger call --netrc file://$HOME/.netrc"),
        ("a==1", "Because a==1 depends on b==2 and b was yanked", "a==1 depends on b==2"),
    ],
)
def test_a_pin_that_can_not_be_had_says_why(pin: str, said: str, expected: str) -> None:
    text = told(Failure(clashes=(Clash(pins=(pin,), said=said, newest="3"),)))
    assert f"{pin!r}" in text
    assert expected in text


def test_a_version_that_fits_is_named() -> None:
    clash = Clash(pins=("a==1",), said="Because there is no version of a==1 and", newest="3")
    assert "the newest is 3: write 'a==2', which fits the base" in told(
        Failure(clashes=(clash,), fits={"a==1": "a==2"})
    )


@pytest.mark.parametrize(
    ("trouble", "expected"),
    [
        ("Failed to build `a==1`", "a==1 has no wheel for the base and can't be built in it"),
        ("error: 403 Forbidden", "--netrc"),
        ("what?", "uv came to no answer"),
    ],
)
def test_where_uv_came_to_no_answer_a_cause_is_looked_for(trouble: str, expected: str) -> None:
    assert expected in told(Failure(trouble=trouble))


@pytest.mark.parametrize(
    ("failure", "said", "asks"),
    [
        (Failure(trouble="error: 403 Forbidden"), "", True),
        (Failure(clashes=(Clash(pins=("a==1",), said="401 Unauthorized"),)), "", True),
        (Failure(), "hint: 401 Unauthorized", True),
        (Failure(trouble="Failed to build `a==1`"), "No solution found", False),
    ],
)
def test_an_index_that_wants_a_login_is_known(failure: Failure, said: str, *, asks: bool) -> None:
    assert failure.asks_for_login(said) is asks


def test_only_the_last_lines_of_uv_are_shown_and_no_credentials() -> None:
    said = "\n".join([*map(str, range(30)), "https://me:secret@index.example/simple?token=abc"])
    text = told(Failure(moves=(MOVE,)), said)
    assert "secret" not in text
    assert "abc" not in text
    assert len(text.partition("uv says:\n")[2].splitlines()) == 12
