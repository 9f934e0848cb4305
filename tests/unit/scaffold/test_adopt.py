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
FROM = "FROM apache/airflow:3.1.5-python3.13\n"
MAIL = {"pyproject.mail.toml": "[project]\nname = 'mail'\n"}
FILES = MAIL | {
    "Dockerfile.crm": f"{FROM}RUN make\nCOPY dags /opt/airflow/dags\n",
    "pyproject.crm.toml": '[project]\nname = "crm"\ndependencies = ["a==1"]\n',
    "Dockerfile.crm.dockerignore": "*\n",
    "Dockerfile.base": "FROM x\n",
    "dags/crm_dag.py": "from airflow.sdk import DAG\nIMAGE = 'ghcr.io/o/crm:v1'\n",
    "dags/stray_dag.py": "from airflow.sdk import DAG\n",
    "Makefile": "image:\n\tdocker build -f Dockerfile.crm .\n",
    ".github/workflows/build.yml": "dag: [crm]\nrun: docker build -f Dockerfile.${{ matrix.dag }} .\n",
    "docs/other.md": "nothing of it\n",
}
INCOMPLETE = "- pyproject.crm.toml: stays, as not all of its dependencies are carried over"


def adopted(root: Path, files: Mapping[str, str], **problems: Mapping[str, str]) -> tuple[Changes, str]:
    """Return what changes in a repository of these files, and the notes."""
    for path, text in files.items():
        Repository(root).write(path, text)
    old = repository.read(root)
    drafts = adopt.drafts(old, BASE)
    refused = {name: (problem,) for name, problem in problems.get("refused", {}).items()}
    return adopt.changes(drafts, {}), adopt.notes(old, drafts, problems.get("unlocked", {}), refused)


def test_old_files_are_removed_and_new_ones_written(tmp_path: Path) -> None:
    changes, _ = adopted(tmp_path, FILES)
    assert set(changes.written) == {"images/crm/pyproject.toml", "images/mail/pyproject.toml"}
    assert changes.moved == {"dags/crm_dag.py": "dags/crm/crm_dag.py"}
    assert set(changes.removed) == {"Dockerfile.crm", "pyproject.crm.toml", "pyproject.mail.toml"}


def test_the_notes_have_sections_with_files_and_lines(tmp_path: Path) -> None:
    _, notes = adopted(
        tmp_path, FILES, unlocked={"crm": "no `a`\nat all"}, refused={"crm": "images/crm: is refused"}
    )
    todo, _, rest = notes.partition("### Carried over")
    carried, _, whole = rest.partition("## The whole repository")
    expected = {
        todo: [
            "- Dockerfile.crm:2 `RUN make`: ",
            "can't be locked as it is",
            "  no `a`\n  at all\n",
            "is refused",
        ],
        carried: ["- pyproject.crm.toml:3 `a==1`: dependencies"],
        whole: [
            *("- .github/workflows/build.yml:1 ", "- .github/workflows/build.yml:2 ", "- Makefile:2 "),
            "- Dockerfile.crm.dockerignore:1 `*`: no longer keeps files out of images: dags/crm_dag.py",
            *("- Dockerfile.base: ", "- dags/stray_dag.py: "),
        ],
    }
    assert "images/crm: is refused" in todo
    assert not [part for section, parts in expected.items() for part in parts if part not in section]
    assert "- Dockerfile.crm: " not in whole
    assert "docs/other.md" not in notes


@pytest.mark.parametrize(
    ("files", "note", "removed"),
    [
        ({"pyproject.crm.toml": "[project]\ndependencies = []\n"}, "no DAG is known to be this type's", True),
        ({"Dockerfile.crm": FROM, "dags/crm/a.py": "import airflow  # dag\n"}, "Nothing is to do.", True),
        ({"pyproject.crm.toml": '[tool.poetry.dependencies]\nrequests = "2.31.0"\n'}, INCOMPLETE, False),
        ({"pyproject.crm.toml": '[project]\ndynamic = ["dependencies"]\n'}, INCOMPLETE, False),
        ({"pyproject.crm.toml": '[project]\ndependencies = "requests"\n'}, INCOMPLETE, False),
    ],
)
def test_a_type_has_a_note_on_what_is_left_to_do(
    tmp_path: Path,
    files: Mapping[str, str],
    note: str,
    removed: bool,  # noqa: FBT001
) -> None:
    changes, notes = adopted(tmp_path, files)
    assert note in notes.partition("### Carried over")[0]
    assert bool(changes.removed) is removed


LOCK = '[[packages]]\nname = "a"\nversion = "1.2"\n'


def locked(root: Path, lock: str | Exception) -> adopt.Locked:
    """Lock a draft that requires a>=1 and b>=2, with b in the base, and one answer to every lock."""

    async def answer(_loose: Draft, _present: str) -> str:
        if isinstance(lock, Exception):
            raise lock
        return lock

    Repository(root).write("pyproject.crm.toml", "[project]\ndependencies = ['a>=1', 'b>=2']\n")
    (loose,) = adopt.drafts(repository.read(root), BASE).types
    return asyncio.run(adopt.locked(loose, {"b": "2.1"}, answer))


@pytest.mark.parametrize(
    ("answer", "pins", "lock", "problem"),
    [(LOCK, ["a==1.2", "b==2.1"], LOCK, ""), (StepError(["no a"]), [], "", "no a")],
    ids=["resolved", "unresolvable"],
)
def test_requirements_are_pinned_if_they_resolve(
    tmp_path: Path, answer: str | Exception, pins: list[str], lock: str, problem: str
) -> None:
    result = locked(tmp_path, answer)
    assert (list(result.draft.pins.values()), result.lock, result.problem) == (pins, lock, problem)


def test_an_index_without_an_answer_ends_the_adoption(tmp_path: Path) -> None:
    with pytest.raises(Unreachable):
        locked(tmp_path, Unreachable(["no answer"]))


LINES = st.sampled_from(
    [
        *(
            "FROM apache/airflow AS y",
            "FROM apache/airflow",
            "RUN a \\",
            "  && b",
            "RUN <<EOF",
            "EOF",
            "# c",
            "",
            "ENV A=b",
            "SHELL g",
        ),
        *("ENV T_TOKEN=hunter2", "COPY a b", "ADD c", "USER root", "CMD x", "ARG D", "NEW thing"),
        *("RUN pip install e==1 f", "HEALTHCHECK --interval=1s CMD true", "COPY <<EOF /x"),
    ]
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(LINES, max_size=12).map("\n".join))
def test_every_instruction_of_a_dockerfile_has_a_note(tmp_path: Path, text: str) -> None:
    text = f"{FROM}{text}"
    changes, notes = adopted(tmp_path, {"Dockerfile.crm": text})
    for instruction in read(text):
        assert f"- Dockerfile.crm:{instruction.line}" in notes
        if instruction.name not in {"FROM", "RUN", "ENV", "COPY", "USER"}:
            assert instruction.source in notes.replace("\n  ", "\n")
    assert changes.removed == ("Dockerfile.crm",)
    assert "hunter2" not in notes
