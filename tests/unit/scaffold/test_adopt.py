"""What an adoption changes, and its notes: each line of each old file is in them."""

import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ci.starting import adopting, old
from ci.starting.adopting import Changes
from ci.starting.instructions import read

from .repository import Repository

BASE = "docker.io/apache/airflow:3.1.5-python3.13"
WORKFLOW = "matrix:\n  dag: [crm]\nrun: docker build -f Dockerfile.${{ matrix.dag }} .\n"
FILES = {
    "Dockerfile.crm": "FROM apache/airflow:3.1.5-python3.13\nRUN make\nCOPY dags /opt/airflow/dags\n",
    "pyproject.crm.toml": '[project]\nname = "crm"\ndependencies = ["a==1"]\n',
    "Dockerfile.crm.dockerignore": "*\n",
    "Dockerfile.base": "FROM x\n",
    "dags/crm_dag.py": "from airflow.sdk import DAG\nIMAGE = 'ghcr.io/o/crm:v1'\n",
    "dags/stray_dag.py": "from airflow.sdk import DAG\n",
    "Makefile": "image:\n\tdocker build -f Dockerfile.crm .\n",
    ".github/workflows/build.yml": WORKFLOW,
    "docs/other.md": "nothing of it\n",
}


def adopted(
    root: Path,
    files: Mapping[str, str],
    unlocked: Mapping[str, str] | None = None,
    refused: Mapping[str, tuple[str, ...]] | None = None,
) -> tuple[Changes, str]:
    """What changes in a repository of those files, and the notes."""
    for path, text in files.items():
        Repository(root).write(path, text)
    found = old.read(root)
    drafts = adopting.drafts(found, BASE)
    return adopting.changes(drafts, {}), adopting.notes(found, drafts, unlocked or {}, refused or {})


def test_old_files_go_and_new_ones_come(tmp_path: Path) -> None:
    changes, _ = adopted(tmp_path, FILES | {"pyproject.mail.toml": "[project]\nname = 'mail'\n"})
    assert set(changes.written) == {"images/crm/pyproject.toml", "images/mail/pyproject.toml"}
    assert changes.moved == {"dags/crm_dag.py": "dags/crm/crm_dag.py"}
    assert set(changes.removed) == {"Dockerfile.crm", "pyproject.crm.toml", "pyproject.mail.toml"}


def test_the_notes_name_what_is_to_do_by_file_and_line(tmp_path: Path) -> None:
    files = FILES | {"pyproject.mail.toml": "[project]\nname = 'mail'\n"}  # one type alone has all DAGs
    _, notes = adopted(tmp_path, files, {"crm": "no `a`\nat all"}, {"crm": ("images/crm: is refused",)})
    todo, _, carried = notes.partition("### Carried over")
    assert "- Dockerfile.crm:2 `RUN make`: " in todo
    assert "can't be locked as it is" in todo
    assert "  no 'a'\n  at all\n" in todo
    assert "images/crm: is refused" in todo
    assert "- pyproject.crm.toml:3 `a==1`: dependencies" in carried
    whole = carried.partition("## The whole repository")[2]
    for told in (
        ".github/workflows/build.yml:2",
        ".github/workflows/build.yml:3",
        "Makefile:2",
        "Dockerfile.base: ",
        "Dockerfile.crm.dockerignore: ",
        "dags/stray_dag.py: ",
    ):
        assert f"- {told}" in whole
    assert "- Dockerfile.crm: " not in whole
    assert "docs/other.md" not in notes


def test_a_type_without_dags_is_told(tmp_path: Path) -> None:
    _, notes = adopted(tmp_path, {"pyproject.crm.toml": "[project]\nname = 'crm'\ndependencies = []\n"})
    assert "no DAG is known to be this type's" in notes


def test_a_type_with_nothing_left_says_so(tmp_path: Path) -> None:
    files = {
        "Dockerfile.crm": "FROM apache/airflow:3.1.5-python3.13\n",
        "dags/crm/a.py": "import airflow  # dag\n",
    }
    assert "Nothing is to do." in adopted(tmp_path, files)[1]


@pytest.mark.parametrize(
    "text",
    [
        '[tool.poetry.dependencies]\nlib = { path = "../lib" }\n',
        '[project]\ndynamic = ["dependencies"]\n',
        '[project]\ndependencies = "requests"\n',
    ],
)
def test_a_file_whose_dependencies_are_not_all_carried_over_stays(tmp_path: Path, text: str) -> None:
    changes, notes = adopted(tmp_path, {"pyproject.crm.toml": text})
    assert changes.removed == ()
    todo = notes.partition("### Carried over")[0]
    assert "- pyproject.crm.toml: stays, for its dependencies are not all carried over" in todo


def test_a_file_of_poetry_is_carried_over_and_goes(tmp_path: Path) -> None:
    text = '[tool.poetry.dependencies]\nrequests = "2.31.0"\n'
    changes, notes = adopted(tmp_path, {"pyproject.crm.toml": text})
    assert changes.removed == ("pyproject.crm.toml",)
    assert tomllib.loads(changes.written["images/crm/pyproject.toml"])["project"]["dependencies"] == [
        "requests==2.31.0"
    ]
    assert "stays, for" not in notes


LINES = st.sampled_from(
    [
        *("FROM x AS y", "FROM z", "RUN a \\", "  && b", "RUN <<EOF", "EOF", "# c", "", "ENV A=b", "SHELL g"),
        *("ENV T_TOKEN=hunter2", "COPY a b", "ADD c", "USER root", "CMD x", "ARG D", "NEW thing"),
        *("RUN pip install e==1 f", "HEALTHCHECK --interval=1s CMD true", "COPY <<EOF /x"),
    ]
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(LINES, max_size=12).map("\n".join))
def test_every_instruction_of_a_dockerfile_is_in_the_notes(tmp_path: Path, text: str) -> None:
    changes, notes = adopted(tmp_path, {"Dockerfile.crm": text})
    for each in read(text):
        assert f"- Dockerfile.crm:{each.line} `{each.name}" in notes
    assert changes.removed == ("Dockerfile.crm",)
    assert "hunter2" not in notes
