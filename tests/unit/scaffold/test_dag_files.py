"""Ids and images of DAG files, read without running them."""

import pytest

from ci.scaffold.dag_files import DagFile, dag_files

IMAGE = "ghcr.io/o/pipeline-crm"


def one(text: str) -> DagFile:
    return dag_files({"dags/a.py": text, "scripts/b.py": "DAG('no')"})["a.py"]


@pytest.mark.parametrize(
    ("text", "ids"),
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
def test_ids_are_texts_or_names_of_functions(text: str, ids: set[str]) -> None:
    assert one(text).ids == ids


def test_texts_that_look_like_images_are_images() -> None:
    texts = {f"'{IMAGE}:a'": {f"{IMAGE}:a"}, f"f'{IMAGE}:{{tag}}'": {f"{IMAGE}:"}, "'some words'": set[str]()}
    assert {text: one(text).images for text in texts} == texts


def test_a_file_may_define_a_dag_and_use_its_own_path() -> None:
    files = map(one, ("import airflow; dag = 1", "Path(__file__)", "x = 1"))
    facts = [(file.defines, file.uses_own_path) for file in files]
    assert facts == [(True, False), (False, True), (False, False)]
