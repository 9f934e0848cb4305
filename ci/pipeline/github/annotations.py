"""Findings as commands in the log of GitHub Actions, which shows them at the lines of the files.

GitHub's "Workflow commands for GitHub Actions" has the grammar, the code of its runner the escapes.
"""

import re
from collections.abc import Iterator

from ...checks import report_formats
from ...checks.report import Finding, Level
from ...publish.publication import Publication, Row, beyond
from ...text import plain
from .outputs import JobPlan, problems, without_result

MAX_PER_LEVEL = 10  # GitHub shows no more of one step
_LOCATION = re.compile(r"(?P<file>(?:images|dags|scripts)/[^\s:]+)(?::(?P<line>[0-9]+))?: ")


def annotations(done: Publication, plan: JobPlan | None) -> str:
    """Return a command per finding, errors first; one more counts those that GitHub wouldn't show."""
    commands = [command for row in done.rows for command in _of(row)]
    commands += [_problem(*problem) for problem in problems(without_result(done, plan))]
    lines: list[str] = []
    for level in Level:
        of_level = [command for command in commands if command.startswith(f"::{level} ")]
        if len(of_level) > MAX_PER_LEVEL:
            more = f"and {len(of_level) - MAX_PER_LEVEL + 1} more: the summary has them all"
            of_level[MAX_PER_LEVEL - 1 :] = [_command(level, {"title": "airflow-images"}, more)]
        lines += of_level
    return "\n".join(lines)


def without_commands(text: str) -> str:
    """Return a text in which no line is a command, whatever names and messages it quotes."""
    # For the runner, :: after blanks at the start of a line begins one, and ##[ anywhere.
    lines = (f"| {line}" if line.lstrip().startswith("::") else line for line in text.splitlines())
    return "\n".join(lines).replace("##[", "## [")


def _of(row: Row) -> Iterator[str]:
    # Each platform has the same findings.
    for finding in dict.fromkeys(finding for report in row.tests for finding in report.findings):
        yield _finding(row.dag, finding)
    if rest := beyond(row, (report_formats.text([report]) for report in row.tests)):
        yield _problem(row.dag, rest)


def _problem(dag: str, problem: str) -> str:
    """Return the command of a problem, at the file that it starts with."""
    match = _LOCATION.match(problem)
    location = {name: value for name, value in match.groupdict().items() if value} if match else {}
    return _command(Level.ERROR, {**location, "title": dag}, problem)


def _finding(dag: str, finding: Finding) -> str:
    location: dict[str, str] = {}
    if finding.file:
        location = {"file": finding.file, **({"line": str(finding.line)} if finding.line else {})}
    return _command(finding.level, {**location, "title": f"{dag}: {finding.check}"}, finding.message)


def _command(level: Level, properties: dict[str, str], message: str) -> str:
    pairs = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{level} {pairs}::{_message(message)}"


def _message(text: str) -> str:
    return "%0A".join(plain(line).replace("%", "%25") for line in text.splitlines())


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")
