"""What an adoption changes, and its notes, which have every line of the old files."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ci.errors import StepError, Unreachable
from ci.scaffold import adopt, repository
from ci.scaffold.adopt import Changes
from ci.scaffold.dockerfile.instructions import read
from ci.scaffold.draft import Draft

from ..repository import Repository

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
    old = repository.read(root)
    drafts = adopt.drafts(old, BASE)
    return adopt.changes(drafts, {}), adopt.notes(old, drafts, unlocked or {}, refused or {})


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
    assert "  no `a`\n  at all\n" in todo
    assert "images/crm: is refused" in todo
    assert "- pyproject.crm.toml:3 `a==1`: dependencies" in carried
    whole = carried.partition("## The whole repository")[2]
    for start in (
        ".github/workflows/build.yml:2",
        ".github/workflows/build.yml:3",
        "Makefile:2",
        "Dockerfile.base: ",
        "Dockerfile.crm.dockerignore:1 `*`: no longer keeps files out of images: dags/crm_dag.py",
        "dags/stray_dag.py: ",
    ):
        assert f"- {start}" in whole
    assert "- Dockerfile.crm: " not in whole
    assert "docs/other.md" not in notes


def test_a_type_without_dags_is_noted(tmp_path: Path) -> None:
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
        '[tool.poetry.dependencies]\nrequests = "2.31.0"\n',
        '[project]\ndynamic = ["dependencies"]\n',
        '[project]\ndependencies = "requests"\n',
    ],
)
def test_a_file_whose_dependencies_are_not_all_carried_over_stays(tmp_path: Path, text: str) -> None:
    changes, notes = adopted(tmp_path, {"pyproject.crm.toml": text})
    assert changes.removed == ()
    todo = notes.partition("### Carried over")[0]
    assert "- pyproject.crm.toml: stays, as not all of its dependencies are carried over" in todo


LOCK = '[[packages]]\nname = "a"\nversion = "1.2"\n'


def locked(root: Path, lock: str | Exception) -> adopt.Locked:
    """Lock a draft that asks for a>=1 and b>=2, where the base has b and every lock comes to this one."""

    async def answer(_loose: Draft, _present: str) -> str:
        if isinstance(lock, Exception):
            raise lock
        return lock

    Repository(root).write("pyproject.crm.toml", "[project]\ndependencies = ['a>=1', 'b>=2']\n")
    (loose,) = adopt.drafts(repository.read(root), BASE).types
    return asyncio.run(adopt.locked(loose, {"b": "2.1"}, answer))


def test_requirements_become_what_the_resolver_comes_to(tmp_path: Path) -> None:
    result = locked(tmp_path, LOCK)
    assert list(result.draft.pins.values()) == ["a==1.2", "b==2.1"]
    assert (result.lock, result.problem) == (LOCK, "")


def test_requirements_that_do_not_resolve_are_left_out_with_the_reason(tmp_path: Path) -> None:
    result = locked(tmp_path, StepError(["no a"]))
    assert not result.draft.pins
    assert (result.lock, result.problem) == ("", "no a")


def test_an_index_that_does_not_answer_ends_the_adoption(tmp_path: Path) -> None:
    with pytest.raises(Unreachable):
        locked(tmp_path, Unreachable(["no answer"]))


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
    for instruction in read(text):
        assert f"- Dockerfile.crm:{instruction.line}" in notes
        if instruction.name not in {"FROM", "RUN", "ENV", "COPY", "USER"}:
            assert instruction.source in notes.replace("\n  ", "\n")
    assert changes.removed == ("Dockerfile.crm",)
    assert "hunter2" not in notes
