"""Findings as commands in the log of GitHub Actions, which shows them on the lines of the files.

The grammar is that of GitHub's "Workflow commands for GitHub Actions"; what escapes what is its runner's.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from ...checks import report_formats
from ...checks.report import Finding, Level
from ...publish.publication import Publication, Row, beyond
from ...text import plain
from .summary import NO_RESULT

MOST = 10  # GitHub shows no more of one step, for each level
_PLACE = re.compile(r"(?P<file>(?:images|dags|scripts)/[^\s:]+)(?::(?P<line>[0-9]+))?: ")


def annotations(done: Publication, missing: Mapping[str, Sequence[str]]) -> str:
    """A command per finding, errors first; those that GitHub wouldn't show are counted in one more.

    Args:
        done: what was made of DAG types.
        missing: DAG types without a result, each with the mistakes in it that are known.
    """
    told = [command for row in done.rows for command in _of(row)]
    told += [_problem(name, each) for name, wrong in missing.items() for each in wrong or (NO_RESULT,)]
    lines: list[str] = []
    for level in Level:
        mine = [command for command in told if command.startswith(f"::{level} ")]
        lines += mine[: MOST if len(mine) == MOST else MOST - 1] if len(mine) >= MOST else mine
        if len(mine) > MOST:
            more = f"and {len(mine) - MOST + 1} more: the summary has them all"
            lines.append(_command(level, {"title": "airflow-images"}, more))
    return "\n".join(lines)


def harmless(text: str) -> str:
    """A text whose lines are no commands, whatever names and messages of others are in it."""
    # The runner takes :: at the start of a line, after blanks, and ##[ anywhere, for one.
    lines = (f"| {line}" if line.lstrip().startswith("::") else line for line in text.splitlines())
    return "\n".join(lines).replace("##[", "## [")


def _of(row: Row) -> Iterator[str]:
    findings = [finding for report in row.tests for finding in report.findings]
    seen: list[Finding] = []
    for finding in findings:
        if finding not in seen:  # of every platform the same
            seen.append(finding)
            yield _finding(row.dag, finding)
    if rest := beyond(row, (report_formats.text([report]) for report in row.tests)):
        yield _problem(row.dag, rest)


def _problem(dag: str, told: str) -> str:
    """A text of its own, in the file that it names at its start."""
    place = _PLACE.match(told)
    found = {name: value for name, value in place.groupdict().items() if value} if place else {}
    return _command(Level.ERROR, {**found, "title": dag}, told)


def _finding(dag: str, finding: Finding) -> str:
    place: dict[str, str] = {}
    if finding.file:
        place = {"file": finding.file, **({"line": str(finding.line)} if finding.line else {})}
    return _command(finding.level, {**place, "title": f"{dag}: {finding.check}"}, finding.message)


def _command(level: Level, properties: dict[str, str], message: str) -> str:
    said = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{level} {said}::{_message(message)}"


def _message(text: str) -> str:
    return "%0A".join(plain(line).replace("%", "%25") for line in text.splitlines())


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")
