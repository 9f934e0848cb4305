"""The files of several types, one type at a time in the image's own folders; known answers are kept."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from ci.checks.dags.programs import parses
from ci.checks.dags.programs.commands import TIMED_OUT, CommandResult


class Parser:
    """Airflow's place: its answer on a type is the list of the files that lie in the image now."""

    def __init__(self, home: Path, answers: Mapping[str, CommandResult]) -> None:
        self.home = home
        self.answers = answers
        self.asked: list[tuple[str, float, float]] = []
        self.starts = 0

    def ask(self, role: str, seconds: float, limit: float) -> dict[str, Any] | CommandResult:
        """Return the files as an answer, or what the test wants for one of them."""
        self.starts = 1
        self.asked.append((role, seconds, limit))
        files = sorted(str(path.relative_to(self.home)) for path in self.home.rglob("*") if path.is_file())
        late = any("late" in file for file in files)
        ended = [ended for name, ended in self.answers.items() if any(name in file for file in files)]
        told = [{"file": file, "late": late} for file in files]
        return ended[0] if ended else {"files": told, "patterns": [], "problem": ""}

    def close(self) -> None:
        """End."""
        self.home = Path()


class Container:
    """The folders of a container, with types that have files by path."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch
        self.home, self.types = root / "opt/airflow", root / "types"
        for folder in (self.home / "dags", self.home / "logs", self.types, root / "answers"):
            folder.mkdir(parents=True)
        monkeypatch.setattr(parses, "HOME", self.home)
        monkeypatch.setattr(parses, "TYPES", self.types)
        monkeypatch.setattr(parses, "ANSWERS", root / "answers")

    def write(self, name: str, *paths: str, text: str = "") -> None:
        """Write files of a type."""
        for path in paths:
            file = self.types / name / self.home.relative_to("/") / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)

    def parse(
        self,
        *names: str,
        role: str = "worker",
        environment: str = "x",
        seconds: float = 2.0,
        ends: Mapping[str, CommandResult] = MappingProxyType({}),
    ) -> tuple[dict[str, list[str]], bool, Parser]:
        """Return the files that each type had, whether anything was late, and what was asked."""
        parser = Parser(self.home, ends)
        self._monkeypatch.setattr(parses, "Airflow", lambda: parser)
        parsed, late, starts = parses.parse_types(role, environment, dict.fromkeys(names, seconds))
        assert starts == parser.starts
        for tree in parses.TREES:
            shutil.rmtree(self.home / tree, ignore_errors=True)  # the next run is in a new container
        files = {
            name: [file["file"] for file in answer["files"]] or [answer["problem"]]
            for name, answer in parsed.items()
        }
        return files, late, parser


@pytest.fixture
def container(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Container:
    return Container(tmp_path, monkeypatch)


def test_each_type_has_its_own_files_with_those_of_the_image(container: Container) -> None:
    (container.home / "dags/own.py").touch()
    container.write("a", "dags/a/x.py", "scripts/a/tool.py")
    container.write("b", "dags/b/x.py", "dags/b/y.zip", "dags/b/z.csv")
    container.write("c", "dags/own.py")
    files, late, parser = container.parse("c", "a", "b")
    assert files == {
        "a": ["dags/a/x.py", "dags/own.py", "scripts/a/tool.py"],
        "b": ["dags/b/x.py", "dags/b/y.zip", "dags/b/z.csv", "dags/own.py"],
        "c": ["dags/own.py"],
    }
    assert not late
    # The more DAG files, the longer a parse may take.
    assert [limit for *_, limit in parser.asked] == [180 + count * (400 + 6 * 2) for count in (2, 3, 1)]


def test_what_was_parsed_before_is_not_parsed_again(container: Container) -> None:
    container.write("a", "dags/a.py")
    container.write("b", "dags/b.py")
    first, _, parser = container.parse("a", "b")
    assert len(parser.asked) == 2
    again, _, parser = container.parse("a", "b")
    assert (again, parser.asked, parser.starts) == (first, [], 0)
    container.write("b", "dags/b.py", text="# edited")
    container.write("b", "dags/more.py")
    edited, _, parser = container.parse("a", "b")
    assert edited == {**first, "b": ["dags/b.py", "dags/more.py"]}
    assert len(parser.asked) == 1


@pytest.mark.parametrize("other", [{"role": "scheduler"}, {"environment": "y"}, {"seconds": 3.0}])
def test_an_answer_counts_for_the_same_question_alone(container: Container, other: dict[str, Any]) -> None:
    container.write("a", "dags/a.py")
    container.parse("a")
    assert len(container.parse("a", **other)[2].asked) == 1


def test_a_program_that_changed_may_answer_otherwise(
    container: Container, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    container.write("a", "dags/a.py")
    container.parse("a")
    (tmp_path / "programs").mkdir()
    (tmp_path / "programs/new.py").touch()
    monkeypatch.setattr(parses, "PROGRAMS", str(tmp_path))
    assert len(container.parse("a")[2].asked) == 1


def test_what_a_limit_or_an_accident_decided_is_not_kept_and_hides_no_other(container: Container) -> None:
    container.write("a", "dags/late.py")
    container.write("b", "dags/killed.py")
    container.write("c", "dags/slow.py")
    container.write("d", "dags/d.py")
    ends = {"killed": CommandResult(-9, "", "Killed"), "slow": CommandResult(TIMED_OUT, "", "took too long")}
    for asked in (4, 3):
        files, late, parser = container.parse("a", "b", "c", "d", ends=ends)
        assert files == {
            "a": ["dags/late.py"],
            "b": ["exit code -9: Killed"],
            "c": ["took too long"],
            "d": ["dags/d.py"],
        }
        assert late
        assert len(parser.asked) == asked


def test_answers_are_closed_to_other_users_and_old_ones_are_removed(
    container: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    container.write("a", "dags/a.py")
    container.parse("a")
    assert parses.ANSWERS.stat().st_mode & 0o777 == 0o700
    (kept,) = parses.ANSWERS.iterdir()
    monkeypatch.setattr("ci.checks.dags.programs.answers.DAYS", -1)
    container.write("a", "dags/b.py")
    container.parse("a")
    assert kept not in list(parses.ANSWERS.iterdir())
