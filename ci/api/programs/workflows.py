"""Checks what GitHub and GitLab run for a project, with three tools, and prints all that each of them finds.

    python -m programs.workflows FOLDER

FOLDER holds these files alone, at the paths they have in the repository, and a .git, by which actionlint
knows a repository; it may be empty. Ends with 1 where anything is found, or there is no file to look at.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from .composite import composed, entries, job

WORKFLOWS, ACTIONS, DEPENDABOT, GITLAB = "github-workflows", "github-actions", "dependabot", "gitlab-ci"
# The name of a kind's schema (check-jsonschema's vendor.NAME), and where its files lie.
PLACES = {
    WORKFLOWS: (".github/workflows/*.yml", ".github/workflows/*.yaml"),
    ACTIONS: tuple(
        f"{folder}action.{end}" for folder in ("", "*/", ".github/actions/*/") for end in ("yml", "yaml")
    ),
    DEPENDABOT: (".github/dependabot.yml", ".github/dependabot.yaml"),
    GITLAB: ("docs/examples/gitlab-ci.yml",),
}
# Python in a workflow is a program's own business, not this check's.
ACTIONLINT = ["actionlint", "-no-color", "-oneline", "-shellcheck", "shellcheck", "-pyflakes", ""]
# The strictest that knows no false positives by design; what can't be read is an error, not a warning.
ZIZMOR = [
    *("zizmor", "--offline", "--persona=pedantic", "--strict-collection"),
    *("--quiet", "--no-progress", "--color=never"),
]
SCHEMA = ["check-jsonschema", "--output-format=json", "--color=never"]
# GitHub's way to name an action of the workflow's own repository, which actionlint doesn't know yet; to it
# this is the same as an action of the repository that is checked out. Neither is longer than the other.
_OWN = re.compile(rb"^(\s*(?:- +)?uses: +[\"']?)\$/", re.MULTILINE)
_KEY = re.compile(r"\.(\w+)|\['((?:[^'\\]|\\.)*)'\]|\[(\d+)\]")

Files = Mapping[str, "list[str]"]


@dataclass(frozen=True)
class Ran:
    """A finished command: its exit code, and what it printed on both streams."""

    status: int
    output: str
    said: str

    @property
    def found(self) -> list[str]:
        """What a tool has against a file, as it prints it; nothing where it ended well."""
        if not self.status:
            return []
        return [
            self.output.strip() or self.said.strip() or f"ended with exit code {self.status}, saying nothing"
        ]


def run(command: list[str], folder: Path, given: str = "") -> Ran:
    """Run a command in a folder to its end."""
    done = subprocess.run(  # noqa: S603 - the tools of this file
        command, cwd=folder, input=given, capture_output=True, text=True, encoding="utf-8", check=False
    )
    return Ran(done.returncode, done.stdout, done.stderr)


def files(folder: Path) -> dict[str, list[str]]:
    """The files there are, by kind, relative to the folder and sorted."""
    return {
        kind: sorted(path.relative_to(folder).as_posix() for place in places for path in folder.glob(place))
        for kind, places in PLACES.items()
    }


def actionlint(folder: Path, kinds: Files) -> Iterator[str]:
    """What actionlint finds in workflows, and in the steps of composite actions; scripts by shellcheck."""
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(shutil.copytree(folder, scratch, dirs_exist_ok=True))
        for file in kinds[WORKFLOWS]:
            (copy / file).write_bytes(_OWN.sub(rb"\1./", (folder / file).read_bytes()))
        if kinds[WORKFLOWS]:
            yield from run([*ACTIONLINT, *kinds[WORKFLOWS]], copy).found
        for file in kinds[ACTIONS]:
            try:
                made = job(_text(folder, file))
            except ValueError:
                continue  # its schema tells that it isn't YAML
            if made:
                steps = _OWN.sub(rb"\1./", made.text.encode()).decode()
                for told in run([*ACTIONLINT, "-stdin-filename", file, "-"], copy, steps).found:
                    yield moved(told, file, made.lines)


def moved(told: str, file: str, lines: tuple[int, ...]) -> str:
    """Lines as `FILE:LINE:COLUMN: …` with other line numbers: those of the file that a text was made of."""

    def place(match: re.Match[str]) -> str:
        return f"{file}:{lines[min(int(match[1]), len(lines)) - 1]}:"

    return re.sub(rf"^{re.escape(file)}:(\d+):", place, told, flags=re.MULTILINE)


def zizmor(folder: Path, kinds: Files) -> Iterator[str]:
    """What zizmor finds; one file at a time, since it looks at none where it can't read one."""
    for kind in (WORKFLOWS, ACTIONS, DEPENDABOT):
        for file in kinds[kind]:
            yield from run([*ZIZMOR, file], folder).found


def schemas(folder: Path, kinds: Files) -> Iterator[str]:
    """What is against the published schema of a file's kind."""
    for kind, names in kinds.items():
        if names:
            transform = ["--data-transform", kind] if kind == GITLAB else []  # its own tags, as !reference
            ran = run([*SCHEMA, *transform, "--builtin-schema", f"vendor.{kind}", *names], folder)
            yield from _described(folder, ran) if ran.status and ran.output else ran.found


def _described(folder: Path, ran: Ran) -> Iterator[str]:
    answer = json.loads(ran.output)
    for error in answer["parse_errors"]:
        try:
            composed(_text(folder, error["filename"]))
            yield f"{error['filename']}: {error['message']}"
        except ValueError as fault:
            yield f"{error['filename']}:{fault}"
    for error in answer["errors"]:
        # Where one of several shapes must fit, the error at the top says only that none does.
        best = error.get("best_deep_match") or error.get("best_match") or error
        file, path = error["filename"], best["path"]
        yield f"{file}:{line(_text(folder, file), path)}: {path}: {best['message']}"


def line(text: str, path: str) -> int:
    """The line, from 1, of a place in a YAML file, given as JSON path: $.updates[0]['package-ecosystem']."""
    node = composed(text)
    mark = node.start_mark
    for name, quoted, index in _KEY.findall(path):
        if index and node.id == "sequence" and int(index) < len(node.value):
            node = node.value[int(index)]
            mark = node.start_mark
        elif (wanted := name or re.sub(r"\\(.)", r"\1", quoted)) in entries(node):
            key, node = entries(node)[wanted]
            mark = key.start_mark
        else:
            break
    return int(mark.line) + 1


def _text(folder: Path, file: str) -> str:
    return (folder / file).read_text(encoding="utf-8")


def main(folder: Path) -> int:
    """Print what all tools find, and return the exit code."""
    kinds = files(folder)
    names = [name for each in kinds.values() for name in each]
    if not names:
        places = ", ".join(place for each in PLACES.values() for place in each)
        print(f"there is nothing to check: no file at {places}")  # noqa: T201 - for a person
        return 1
    found: dict[str, list[str]] = {}
    for name, tool in (("actionlint", actionlint), ("zizmor", zizmor), ("schemas", schemas)):
        found[name] = list(tool(folder, kinds))
        if found[name]:
            print("\n".join([f"{name}:", *found[name], ""]))  # noqa: T201 - for a person
    blamed = [name for name, told in found.items() if told]
    verdict = f"{', '.join(blamed)} found what is above" if blamed else "nothing found"
    print(f"{', '.join(names)}: {verdict}")  # noqa: T201 - for a person
    return 1 if blamed else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
