"""The DAG types as a table and as JSON."""

import json

from ci.config.catalog import Row, as_json, rows, table

from ..repository import Repository

ROWS = [
    Row(dag="api", base="airflow:1", dependencies=("httpx==0.28.1",), files=("api/dag.py",)),
    Row(dag="salesforce", base="airflow:1", dependencies=(), files=("a.py", "b.py")),
]


def test_rows_have_the_order_of_their_types_with_dag_files_sorted(repository: Repository) -> None:
    repository.add("api")
    repository.add("salesforce", 'dags = ["shared/one.py", "salesforce"]')
    for path in ("salesforce/z/deep.py", "salesforce/a.py", "salesforce/notes.txt", "shared/one.py"):
        repository.write(f"dags/{path}")
    repository.write("dags/shared/two.py")
    row, other = rows(repository.load().all()[::-1], "airflow:1", repository.root)
    assert (row.dag, row.base, other.dag) == ("salesforce", "airflow:1", "api")
    assert row.files == ("salesforce/a.py", "salesforce/dag.py", "salesforce/z/deep.py", "shared/one.py")


def test_a_table_names_each_type_once_and_aligns_the_rest() -> None:
    assert table(ROWS).splitlines() == [
        "api         base airflow:1",
        "            needs httpx==0.28.1",
        "            dags/api/dag.py",
        "salesforce  base airflow:1",
        "            dags/a.py",
        "            dags/b.py",
    ]
    assert table([]) == ""


def test_json_is_an_array_of_objects() -> None:
    assert json.loads(as_json(ROWS))[0] == {
        "dag": "api",
        "base": "airflow:1",
        "dependencies": ["httpx==0.28.1"],
        "files": ["api/dag.py"],
    }
    assert json.loads(as_json([])) == []
