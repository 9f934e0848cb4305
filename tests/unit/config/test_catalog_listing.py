"""The DAG types as a table and as JSON."""

import json

from ci.config.catalog import Row, as_json, rows, table

from ..repository import Repository

ROWS = [
    Row(dag="api", base="airflow:1", dependencies=("httpx==0.28.1",), files=("api/dag.py",)),
    Row(dag="salesforce", base="airflow:1", dependencies=(), files=("a.py", "b.py")),
]


def test_a_row_has_the_dag_files_of_its_type_sorted(repository: Repository) -> None:
    repository.add("salesforce", 'dags = ["shared/one.py", "salesforce"]')
    for path in (
        "salesforce/z/deep.py",
        "salesforce/a.py",
        "salesforce/notes.txt",
        "shared/one.py",
        "shared/two.py",
    ):
        repository.write(f"dags/{path}")
    (row,) = rows(repository.load().all(), "airflow:1", repository.root)
    assert row.dag == "salesforce"
    assert row.base == "airflow:1"
    assert row.files == ("salesforce/a.py", "salesforce/dag.py", "salesforce/z/deep.py", "shared/one.py")


def test_rows_keep_the_order_of_the_types(repository: Repository) -> None:
    for name in ("dbt", "api"):
        repository.add(name)
    types = repository.load().all()
    assert [row.dag for row in rows(types[::-1], "b", repository.root)] == ["dbt", "api"]


def test_a_table_names_each_type_once_and_aligns_the_rest() -> None:
    assert table(ROWS).splitlines() == [
        "api         base airflow:1",
        "            needs httpx==0.28.1",
        "            dags/api/dag.py",
        "salesforce  base airflow:1",
        "            dags/a.py",
        "            dags/b.py",
    ]


def test_a_table_of_nothing_is_empty() -> None:
    assert table([]) == ""


def test_json_is_an_array_of_objects() -> None:
    assert json.loads(as_json(ROWS))[0] == {
        "dag": "api",
        "base": "airflow:1",
        "dependencies": ["httpx==0.28.1"],
        "files": ["api/dag.py"],
    }
    assert json.loads(as_json([])) == []
