"""Reports as text for a terminal, Markdown, JUnit XML and JSON."""

import json
from collections.abc import Callable, Iterable, Sequence
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from ..text import choose, escaped, escaped_lines, literal, markdown_table, plain
from .report import Finding, Level, Report

NOTHING_TESTED = "nothing was tested: no DAG type was selected"


def text(reports: Sequence[Report]) -> str:
    """Return reports for a terminal: a block per subject that starts with the verdict."""
    return "\n".join(line for report in reports for line in _block(report)) or NOTHING_TESTED


def markdown(reports: Sequence[Report]) -> str:
    """Return reports for the summary of a GitHub job."""
    return "\n\n".join("\n\n".join(_section(report)) for report in reports) or NOTHING_TESTED


def junit(reports: Sequence[Report]) -> str:
    """Return a test suite per subject with a case per fact and finding; warnings are passed cases."""
    suites = Element("testsuites", name="tests")
    for report in reports:
        counts = {"tests": len(report.facts) + len(report.findings), "failures": report.errors, "errors": 0}
        texts = {name: str(number) for name, number in counts.items()}
        suite = SubElement(suites, "testsuite", {"name": plain(report.subject), **texts})
        for fact in report.facts:
            case = _case(suite, report, fact.check, fact.check)
            SubElement(case, "system-out").text = _plain_lines(fact.detail)
        for finding in report.findings:
            _add_finding(suite, report, finding)
    indent(suites)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{tostring(suites, encoding="unicode")}\n'


def as_json(reports: Sequence[Report]) -> str:
    """Return all data of reports, for programs."""
    rows = [
        {"passed": report.passed, "errors": report.errors, "warnings": report.warnings}
        | report.model_dump(mode="json")
        for report in reports
    ]
    return json.dumps({"reports": rows}, indent=2) + "\n"


def verdict(report: Report) -> str:
    """Return a verdict such as "failed, 2 errors, 1 warning"."""
    counts = [_count(report.errors, "error"), _count(report.warnings, "warning")]
    return ", ".join(["passed" if report.passed else "failed", *filter(None, counts)])


_RENDERERS: dict[str, Callable[[Sequence[Report]], str]] = {
    "text": lambda reports: f"{text(reports)}\n",
    "markdown": lambda reports: f"{markdown(reports)}\n",
    "junit": junit,
    "json": as_json,
}

FORMATS = tuple(_RENDERERS)


def render(form: str, reports: Sequence[Report]) -> str:
    """Return reports in one of the formats; raise ConfigurationError for another one."""
    return choose("format", form, _RENDERERS)(reports)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number > 1)}" if number else ""


def _block(report: Report) -> Iterable[str]:
    yield f"{plain(report.subject)}: {verdict(report)}"
    for fact in report.facts:
        yield from _indented(f"  {fact.check}: {fact.detail}")
    for finding in report.findings:
        level = "" if finding.level is Level.ERROR else f"{finding.level}: "
        location = f"{plain(finding.location)}: " if finding.location else ""
        yield from _indented(f"  {level}{finding.check}: {location}{finding.message}")


def _indented(text: str) -> Iterable[str]:
    first, *others = text.splitlines()
    yield plain(first)
    yield from (plain(f"      {line}") for line in others)


def _section(report: Report) -> Iterable[str]:
    yield f"## {escaped(report.subject)}: {verdict(report)}"
    if report.findings:
        yield markdown_table([("level", "check", "location", "cause", "fix"), *map(_cells, report.findings)])
    if report.facts:
        yield "\n".join(f"- {escaped(fact.check)}: {escaped_lines(fact.detail)}" for fact in report.facts)


def _cells(finding: Finding) -> tuple[str, ...]:
    location = literal(finding.location) if finding.location else "-"
    return finding.level, finding.check, location, escaped_lines(finding.cause), escaped_lines(finding.remedy)


def _add_finding(suite: Element, report: Report, finding: Finding) -> None:
    name = " ".join(filter(None, (finding.check, finding.location)))
    case = _case(suite, report, finding.check, name)
    if finding.file:
        case.set("file", plain(finding.file))
    if finding.line:
        case.set("line", str(finding.line))
    if finding.level is Level.ERROR:
        first = next(iter(finding.cause.splitlines()), "")
        SubElement(case, "failure", message=plain(first)).text = _plain_lines(finding.message)
    else:
        SubElement(case, "system-out").text = _plain_lines(f"{finding.level}: {finding.message}")


def _case(suite: Element, report: Report, check: str, name: str) -> Element:
    return SubElement(suite, "testcase", classname=plain(f"{report.subject}.{check}"), name=plain(name))


def _plain_lines(text: str) -> str:
    return "\n".join(plain(line) for line in text.splitlines())
