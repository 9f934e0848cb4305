"""What a change touches, as texts."""

import json

from ci.pipeline import text as pipeline_text
from ci.pipeline.selection import AffectedType, ChangedPath, Reason, ReasonKind, Selection

COMMIT = "a" * 40


def reason(kind: ReasonKind, *paths: str, how: str = "") -> Reason:
    return Reason(kind=kind, touches=tuple(ChangedPath(path=path, how=how) for path in paths))


FOUND = Selection(
    since="origin/main",
    commit=COMMIT,
    affected=(
        AffectedType(
            dag="api",
            reasons=(
                reason(ReasonKind.DAG_CODE, *(f"dags/api/{number}.py" for number in range(7))),
                reason(ReasonKind.LOCK, "images/api/pylock.toml", how="deleted"),
            ),
        ),
        AffectedType(
            dag="salesforce", reasons=(reason(ReasonKind.WRONG, "images/salesforce", how="x: is\nno TOML"),)
        ),
    ),
    unaffected=("dbt", "zeep"),
    removed=("old",),
)
NOTHING = FOUND.model_copy(update={"affected": (), "removed": ()})


def test_the_table_tells_reasons_and_the_first_paths_of_each() -> None:
    assert pipeline_text.table(FOUND).splitlines() == [
        f"compared with {COMMIT}, the merge base of 'origin/main' and this working tree",
        "api         DAG code             dags/api/0.py",
        "                                 dags/api/1.py",
        "                                 dags/api/2.py",
        "                                 dags/api/3.py",
        "                                 dags/api/4.py",
        "                                 and 2 more",
        "            lock                 images/api/pylock.toml (deleted)",
        "salesforce  wrong configuration  x: is\\nno TOML",
        "unaffected: dbt, zeep",
        "removed: old",
    ]


def test_the_table_tells_that_nothing_is_affected() -> None:
    assert pipeline_text.table(NOTHING).splitlines()[1:] == ["nothing is affected", "unaffected: dbt, zeep"]


def test_the_matrix_is_one_line_of_what_is_to_be_built() -> None:
    told = pipeline_text.matrix(FOUND)
    assert told == (
        '{"include":[{"dag":"api","reason":"DAG code, lock"},'
        '{"dag":"salesforce","reason":"wrong configuration"}]}'
    )
    assert pipeline_text.matrix(NOTHING) == '{"include":[]}'


def test_the_json_holds_every_path() -> None:
    told = json.loads(pipeline_text.as_json(FOUND))
    assert Selection.model_validate(told) == FOUND
    assert list(told) == ["since", "commit", "affected", "unaffected", "removed", "notes"]
    assert told["affected"][0]["reasons"][1] == {
        "kind": "lock",
        "touches": [{"path": "images/api/pylock.toml", "how": "deleted"}],
    }


def test_notes_and_reasons_without_paths_are_told() -> None:
    asked = AffectedType(dag="api", reasons=(reason(ReasonKind.ASKED),))
    found = FOUND.model_copy(
        update={"commit": "", "since": "all", "affected": (asked,), "notes": ("a \x1b[31mfork",)}
    )
    lines = pipeline_text.table(found).splitlines()
    assert lines[:2] == ["all", "api  asked for"]
    assert lines[-1] == "note: a \\x1b[31mfork"


def test_markdown_has_a_row_per_type_and_no_markup_of_others() -> None:
    noted = FOUND.model_copy(update={"since": "<b>main", "notes": ("a | note",)})
    text = pipeline_text.markdown(noted)
    assert "| `api` | DAG code, lock |" in text.splitlines()
    assert "<b>" not in text
    assert "> a &#124; note" in text.splitlines()
    assert "Nothing is affected." in pipeline_text.markdown(NOTHING)
