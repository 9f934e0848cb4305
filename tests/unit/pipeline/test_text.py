"""Selections of DAG types as text for a terminal, JSON, GitHub's matrix and Markdown."""

import json

from ci.pipeline import text as pipeline_text
from ci.pipeline.selection import AffectedType, ReasonKind, Selection

from ..selections import reason

COMMIT = "a" * 40
PATHS = (f"dags/api/{number}.py" for number in range(7))
API = (reason(ReasonKind.DAG_CODE, *PATHS), reason(ReasonKind.LOCK, "images/api/pylock.toml", how="deleted"))
MISTAKE = reason(ReasonKind.WRONG, "images/salesforce", how="x: is\nno TOML")
SELECTION = Selection(
    since="origin/main",
    commit=COMMIT,
    affected=(AffectedType(dag="api", reasons=API), AffectedType(dag="salesforce", reasons=(MISTAKE,))),
    unaffected=("dbt", "zeep"),
    removed=("old",),
)
NOTHING = SELECTION.model_copy(update={"affected": (), "removed": ()})


def test_the_table_has_reasons_and_their_first_paths() -> None:
    assert pipeline_text.table(SELECTION).splitlines() == [
        f"compared with {COMMIT}, the merge base of 'origin/main' and this working tree",
        "api         DAG code             dags/api/0.py",
        *(f"                                 dags/api/{number}.py" for number in range(1, 5)),
        "                                 and 2 more",
        "            lock                 images/api/pylock.toml (deleted)",
        "salesforce  wrong configuration  x: is\\nno TOML",
        "unaffected: dbt, zeep",
        "removed: old",
    ]
    assert pipeline_text.table(NOTHING).splitlines()[1:] == ["nothing is affected", "unaffected: dbt, zeep"]


def test_the_table_has_notes_and_reasons_without_paths() -> None:
    asked = AffectedType(dag="api", reasons=(reason(ReasonKind.ASKED),))
    update = {"commit": "", "since": "all", "affected": (asked,), "notes": ("a \x1b[31mfork",)}
    lines = pipeline_text.table(SELECTION.model_copy(update=update)).splitlines()
    assert [*lines[:2], lines[-1]] == ["all", "api  asked for", "note: a \\x1b[31mfork"]


def test_the_matrix_is_one_line_of_types_with_kinds() -> None:
    assert pipeline_text.matrix(SELECTION) == (
        '{"include":[{"dag":"api","reason":"DAG code, lock"},'
        '{"dag":"salesforce","reason":"wrong configuration"}]}'
    )
    assert pipeline_text.matrix(NOTHING) == '{"include":[]}'


def test_the_json_has_every_path() -> None:
    document = json.loads(pipeline_text.as_json(SELECTION))
    assert Selection.model_validate(document) == SELECTION
    assert list(document) == ["since", "commit", "affected", "unaffected", "removed", "notes"]
    deleted = {"path": "images/api/pylock.toml", "how": "deleted"}
    assert document["affected"][0]["reasons"][1] == {"kind": "lock", "touches": [deleted]}


def test_markdown_has_a_row_per_type_and_no_foreign_markup() -> None:
    text = pipeline_text.markdown(SELECTION.model_copy(update={"since": "<b>main", "notes": ("a | note",)}))
    assert {"| `api` | DAG code, lock |", "> a &#124; note"} <= set(text.splitlines())
    assert "<b>" not in text
    assert "Nothing is affected." in pipeline_text.markdown(NOTHING)
