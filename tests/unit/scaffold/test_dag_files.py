"""Ids, images and imports of DAG files, read without running them."""

import pytest

from ci.scaffold.dag_files import DagFile, dag_files


def one(text: str) -> DagFile:
    return dag_files({"dags/a.py": text, "scripts/b.py": "DAG('no')"})["a.py"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("DAG('a')", {"a"}),
        ("models.DAG(dag_id='a', schedule='b')", {"a"}),
        ("DAG(dag_id=name)", set[str]()),
        ("@dag\ndef a(): pass", {"a"}),
        ("@dag()\ndef a(): pass", {"a"}),
        ("@sdk.dag('b', schedule=None)\ndef a(): pass", {"b"}),
        ("@dag(dag_id='b')\nasync def a(): pass", {"b"}),
        ("@task\ndef a(): pass", set[str]()),
        ("no python (", set[str]()),
    ],
)
def test_ids(text: str, expected: set[str]) -> None:
    assert one(text).ids == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("'ghcr.io/o/pipeline-crm:latest'", {"ghcr.io/o/pipeline-crm:latest"}),
        ("f'ghcr.io/o/pipeline-crm:{tag}'", {"ghcr.io/o/pipeline-crm:"}),
        ("'some words'", set[str]()),
    ],
)
def test_images(text: str, expected: set[str]) -> None:
    assert one(text).images == expected


def test_a_file_shows_whether_it_defines_a_dag_and_uses_its_own_path() -> None:
    assert one("import airflow; dag = Path(__file__)").defines
    assert one("Path(__file__)").uses_own_path
    assert not one("x = 1").defines
    assert not one("x = 1").uses_own_path
