"""Files that .dockerignore kept out of images are named, by the line that did so."""

import pytest

from ci.scaffold import dockerignore
from ci.scaffold.repository import OldRepository, OldType

FILES = frozenset({"dags/crm/a.py", "dags/crm/tests/t.py", "dags/b.md", "scripts/tests/x", "README.md"})


def noted(text: str, name: str = ".dockerignore", files: frozenset[str] = FILES) -> dict[int, str]:
    types = (OldType(name="crm", dockerfile="Dockerfile.crm"),)
    old = OldRepository(types=types, files=files, texts={name: text, "b.dockerignore": "*"})
    return {note.line: note.outcome for note in dockerignore.notes(old)}


@pytest.mark.parametrize(
    ("text", "kept_out"),
    [
        ("**/tests", {1: {"dags/crm/tests/t.py", "scripts/tests/x"}}),
        ("# c\n\n/dags/crm/tests/\n", {3: {"dags/crm/tests/t.py"}}),
        ("*\n!dags\n!scripts\ndags/*.md", {4: {"dags/b.md"}}),
        ("**\n!dags/crm", {1: {"dags/b.md", "scripts/tests/x"}}),
        ("dags/?.[a-m]d", {1: {"dags/b.md"}}),
        ("*.md\ntests\n.git\n[", {}),
        (".\n!dags\n!scripts", {}),
    ],
)
def test_the_last_pattern_that_matches_decides(text: str, kept_out: dict[int, set[str]]) -> None:
    notes = noted(text)
    assert {line: {file for file in FILES if file in outcome} for line, outcome in notes.items()} == (
        kept_out or {0: set[str]()}
    )
    assert kept_out or "remove it" in notes[0]


def test_a_dockerfiles_own_file_counts_and_many_files_are_counted() -> None:
    files = frozenset(f"dags/{number}.md" for number in range(9))
    assert "dags/4.md and 4 more: move them out" in noted("**/*.md", "Dockerfile.crm.dockerignore", files)[1]
