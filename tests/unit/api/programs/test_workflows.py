"""Which files are checked, how findings get their lines, and that no tool's findings hide another's."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ci.api.programs import workflows
from ci.api.programs.workflows import Files, Ran

WORKFLOW = "jobs:\n  a:\n    uses: $/.github/workflows/b.yml\n"


def write(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(WORKFLOW, encoding="utf-8")


def test_files_are_found_by_their_kind(tmp_path: Path) -> None:
    write(tmp_path, ".github/workflows/b.yml", ".github/workflows/a.yaml", ".github/workflows/deep/c.yml")
    write(tmp_path, ".github/actions/one/action.yml", "action.yml", "setup/action.yaml", "a/b/action.yml")
    write(tmp_path, ".github/dependabot.yml", ".github/actionlint.yaml", "docs/examples/gitlab-ci.yml")
    assert workflows.files(tmp_path) == {
        "github-workflows": [".github/workflows/a.yaml", ".github/workflows/b.yml"],
        "github-actions": [".github/actions/one/action.yml", "action.yml", "setup/action.yaml"],
        "dependabot": [".github/dependabot.yml"],
        "gitlab-ci": ["docs/examples/gitlab-ci.yml"],
    }


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("$", 1),
        ("$.version", 1),
        ("$.updates", 2),
        ("$.updates[0]", 3),
        ("$.updates[1]['package-ecosystem']", 4),
        ("$.updates[1].labels[1]", 7),
        ("$.updates[1].none", 4),
        ("$.updates[7]", 2),
        ("$.version.none", 1),
        ("$['it\\'s']", 8),
    ],
)
def test_a_place_is_told_by_its_line(path: str, line: int) -> None:
    updates = "updates:\n  - {}\n  - package-ecosystem: pip\n    labels:\n      - a\n      - b\n"
    assert workflows.line(f"version: 2\n{updates}it's: 1\n", path) == line


def test_lines_of_a_made_text_become_those_of_its_file() -> None:
    told = "action.yml:1:5: a\naction.yml:3:1: see action.yml:2:\nother.yml:1:1: b\naction.yml:9:1: c"
    assert workflows.moved(told, "action.yml", (10, 20, 30)).splitlines() == [
        "action.yml:10:5: a",
        "action.yml:30:1: see action.yml:2:",
        "other.yml:1:1: b",
        "action.yml:30:1: c",
    ]


@pytest.mark.parametrize(
    ("ran", "found"),
    [
        (Ran(0, "a warning", "a word"), []),
        (Ran(11, "a finding\n", "a word"), ["a finding"]),
        (Ran(2, "", "no such file\n"), ["no such file"]),
        (Ran(-9, "", ""), ["ended with exit code -9, saying nothing"]),
    ],
)
def test_a_tool_that_fails_has_found_something(ran: Ran, found: list[str]) -> None:
    assert ran.found == found


def test_actionlint_reads_an_own_action_as_one_that_is_checked_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, ".github/workflows/a.yml")
    read: list[str] = []

    def run(command: list[str], folder: Path, given: str = "") -> Ran:
        read.append(given or (folder / command[-1]).read_text(encoding="utf-8"))
        return Ran(0, "", "")

    monkeypatch.setattr(workflows, "run", run)
    assert list(workflows.actionlint(tmp_path, workflows.files(tmp_path))) == []
    assert read == [WORKFLOW.replace("$/", "./")]
    assert (tmp_path / ".github/workflows/a.yml").read_text(encoding="utf-8") == WORKFLOW


@pytest.mark.parametrize(
    ("found", "end"),
    [
        ({}, "action.yml: nothing found"),
        ({"zizmor": ["z"]}, "action.yml: zizmor found what is above"),
        (
            {"actionlint": ["a", "b"], "schemas": ["s"]},
            "action.yml: actionlint, schemas found what is above",
        ),
    ],
)
def test_all_that_was_found_is_shown(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    *,
    found: dict[str, list[str]],
    end: str,
) -> None:
    def finding(name: str) -> None:
        def tool(_: Path, __: Files) -> Iterator[str]:
            return iter(found.get(name, []))

        monkeypatch.setattr(workflows, name, tool)

    for name in ("actionlint", "zizmor", "schemas"):
        finding(name)
    write(tmp_path, "action.yml")
    assert workflows.main(tmp_path) == (1 if found else 0)
    *shown, last = capsys.readouterr().out.splitlines()
    assert last == end
    assert shown == [line for name, told in found.items() for line in (f"{name}:", *told, "")]


def test_a_check_of_nothing_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert workflows.main(tmp_path) == 1
    assert "there is nothing to check: no file at .github/workflows/*.yml, " in capsys.readouterr().out
