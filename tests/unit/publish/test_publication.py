"""What a publish did: as a table and as JSON."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from ci.checks.report import Report
from ci.publish.publication import UNSIGNED, Publication, Row, beyond, joined, parse

from ..verdicts import verdict

COMMIT = "c" * 40
API = Row(
    dag="api",
    repository="r.example/api",
    digest="sha256:aa",
    written=("main", "sha-ccccccc"),
    same=("nightly",),
    size=600_000_000,
    added=1_500_000,
    seconds=12.34,
)
LEFT = Row(
    dag="dbt", repository="r.example/dbt", digest="sha256:bb", left={"v1": "v1.3.0 is newer", "latest": "x"}
)
BROKEN = Row(dag="salesforce", repository="r.example/salesforce", problem="the gate failed")
FORCED = Row(dag="zoo", repository="r.example/zoo", digest="sha256:dd", note="published by force: hotfix")
UNPUSHED = Row(dag="pull", repository="", note="pull request: never pushed")


def told(*rows: Row) -> list[str]:
    return Publication(commit=COMMIT, rows=rows).table().splitlines()


def test_a_table_has_a_line_per_type_in_columns() -> None:
    head, api, dbt = told(API, LEFT)[:3]
    assert head.split() == ["DAG", "REFERENCE", "TAGS", "SIZE", "ADDED", "SIGNED", "TIME"]
    assert api.split("  ")[:2] == ["api", "r.example/api@sha256:aa"]
    assert "  main, sha-ccccccc, nightly (unchanged)  " in api
    assert api.endswith("12.3 s")
    starts = {line.index(word) for line, word in ((head, "REFERENCE"), (api, "r.ex"), (dbt, "r.ex"))}
    assert len(starts) == 1


def test_images_whose_layers_were_taken_are_named() -> None:
    row = API.model_copy(update={"taken": ("r.example/api@sha256:bb",)})
    assert "api: dependencies taken from r.example/api@sha256:bb" in told(row)


def test_no_line_ends_in_blanks() -> None:
    assert [line for line in told(API, LEFT, BROKEN, UNPUSHED) if line != line.rstrip()] == []


def test_sizes_are_told_where_an_image_was_made() -> None:
    assert "600.0 MB" in told(API)[1]
    assert "1.5 MB" in told(API)[1]
    assert told(BROKEN)[1].split() == ["salesforce", "r.example/salesforce", *"-----"]


def test_tags_that_were_left_are_told_with_the_reason_behind_all_rows() -> None:
    assert told(LEFT, API)[3:-1] == ["dbt: v1 not moved: v1.3.0 is newer", "dbt: latest not moved: x"]


def test_failures_are_told_last() -> None:
    lines = told(BROKEN, FORCED, LEFT)
    assert lines[4] == "zoo: published by force: hotfix"
    assert lines[-1] == "salesforce: FAILED: the gate failed"


def test_one_failure_of_several_is_told_once() -> None:
    lines = told(BROKEN, API, BROKEN.model_copy(update={"dag": "zoo"}))
    assert lines[5:] == ["salesforce, zoo: FAILED: the gate failed"]


def test_what_is_not_pushed_has_a_note_and_no_reference() -> None:
    made = UNPUSHED.model_copy(update={"digest": "sha256:cc"})
    assert told(made)[1].split() == ["pull", "sha256:cc", "-", "-", "-", "no", "-"]
    assert told(made)[2:] == ["pull: pull request: never pushed"]


def test_what_is_not_made_is_told_with_its_note_and_is_no_failure() -> None:
    row = Row(dag="dbt", repository="", note="api/v1.2.3 releases only api")
    assert told(row)[1].split() == ["dbt", *"------"]
    assert told(row)[2:] == ["dbt: skipped: api/v1.2.3 releases only api"]
    assert Publication(commit=COMMIT, rows=(row,)).failed == ()


@pytest.mark.parametrize(
    ("row", "made"),
    [
        (API, True),
        (BROKEN, True),
        (Row(dag="a", repository="", scans=(verdict(),)), True),
        (Row(dag="a", repository="", tests=(Report(subject="a"),)), True),
        (UNPUSHED, False),
    ],
)
def test_a_row_without_image_result_and_problem_was_not_made(row: Row, made: bool) -> None:  # noqa: FBT001
    assert row.made is made


def refused(problem: str, *, gate_failed: bool = True) -> Row:
    return Row(dag="a", repository="", problem=problem, gate_failed=gate_failed)


@pytest.mark.parametrize(
    ("problem", "shown", "rest"),
    [
        ("", ["a"], ""),
        ("denied", [], "denied"),
        ("denied", ["denie", "x"], "denied"),
        ("mend it\na\n b", ["a\n b"], ""),
        ("mend it\na\n b\na\n b", ["a\n b", "a"], ""),
        ("mend it\na\ncrash\n b", ["a", " b"], "mend it\ncrash"),
        ("mend it", ["a"], "mend it"),
        ("a", ["a", ""], ""),
    ],
)
def test_a_problem_without_what_is_shown_elsewhere(problem: str, shown: list[str], rest: str) -> None:
    assert beyond(refused(problem), shown) == rest


def test_what_is_left_of_a_problem_that_is_not_the_gates_is_shown() -> None:
    assert beyond(refused("denied\na", gate_failed=False), ["a"]) == "denied"


LINES = st.lists(st.sampled_from(["a", "b", "x y"]), max_size=5).map("\n".join)


@given(LINES, st.lists(LINES, max_size=3))
def test_no_line_of_a_problem_is_lost_that_is_not_shown(problem: str, shown: list[str]) -> None:
    lines = {line for text in shown for line in text.splitlines()}
    rest = beyond(refused(problem, gate_failed=False), shown).splitlines()
    assert {line for line in problem.splitlines() if line not in lines} <= set(rest)


def test_a_file_without_the_field_for_the_gate_is_read() -> None:
    told = json.loads(Publication(commit=COMMIT, rows=(BROKEN,)).as_json())
    del told["images"][0]["gate_failed"]
    assert parse(json.dumps(told)).rows == (BROKEN,)


def test_a_publish_of_nothing_is_its_head() -> None:
    assert told() == ["DAG  REFERENCE  TAGS  SIZE  ADDED  SIGNED  TIME"]


def test_a_row_failed_where_it_has_a_problem() -> None:
    assert Publication(commit=COMMIT, rows=(API, BROKEN, LEFT)).failed == (BROKEN,)
    assert Publication(commit=COMMIT, rows=(API, FORCED)).failed == ()


def test_json_has_every_field_and_the_reference() -> None:
    found = json.loads(Publication(commit=COMMIT, rows=(API, BROKEN)).as_json())
    assert found["commit"] == COMMIT
    api, broken = found["images"]
    assert api == {**json.loads(API.model_dump_json()), "reference": "r.example/api@sha256:aa"}
    assert (broken["reference"], broken["problem"]) == ("", "the gate failed")
    assert Row.model_validate_json(json.dumps({k: v for k, v in api.items() if k != "reference"})) == API


def test_rows_are_frozen_and_strict() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        API.dag = "other"  # pyright: ignore[reportAttributeAccessIssue] - what is refused
    with pytest.raises(ValidationError, match="extra"):
        Row.model_validate({"dag": "a", "repository": "", "other": 1})


def test_a_publication_is_read_again_as_it_was() -> None:
    done = Publication(commit=COMMIT, rows=(API, LEFT, BROKEN, UNPUSHED))
    assert parse(done.as_json()) == done


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"commit": "c", "images": [{"dag": 1}]}'])
def test_what_is_no_publication_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse(text)


def test_unsigned_images_are_named_loudly() -> None:
    signed = API.model_copy(update={"signed": 0})
    assert not any("NOT SIGNED" in line for line in told(signed, BROKEN, UNPUSHED))
    assert told(signed, FORCED, LEFT, BROKEN)[-2] == f"NOT SIGNED: zoo, dbt: {UNSIGNED}"


def test_an_image_that_was_not_pushed_has_no_reference() -> None:
    row = Row(dag="pull", repository="", digest="sha256:cc")
    assert row.reference == ""
    assert " sha256:cc " in told(row)[1]


def test_parts_are_joined_by_type_with_what_else_they_tell() -> None:
    parts = [Publication(commit=COMMIT, rows=(row,), notes=("a note",)) for row in (LEFT, API)]
    whole = joined(parts)
    assert [row.dag for row in whole.rows] == ["api", "dbt"]
    assert whole.table().splitlines()[-1] == "a note"
    assert whole.notes == ("a note",)
    assert parse(whole.as_json()) == whole
    assert joined([]) == Publication(commit="", rows=())


@pytest.mark.parametrize(
    ("commits", "rows", "told"),
    [
        ((COMMIT, COMMIT), (API, API), "several results of api"),
        ((COMMIT, "d" * 40), (API, LEFT), "of different commits"),
    ],
)
def test_parts_that_do_not_belong_together_are_refused(
    commits: tuple[str, str], rows: tuple[Row, Row], told: str
) -> None:
    parts = [Publication(commit=commit, rows=(row,)) for commit, row in zip(commits, rows, strict=True)]
    with pytest.raises(ValueError, match=told):
        joined(parts)
