"""Reports in every format they can be had in: text for a terminal, Markdown, JUnit XML, JSON."""

import json
from collections.abc import Callable, Iterable, Sequence
from types import MappingProxyType
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from ..errors import ConfigurationError, did_you_mean
from ..text import escaped, literal, plain
from .report import Fact, Finding, Level, Report

NONE = "nothing was tested: no DAG type was asked for"


def text(reports: Sequence[Report]) -> str:
    """For a terminal: a block per subject, its verdict first."""
    return "\n".join(line for report in reports for line in _block(report)) or NONE


def markdown(reports: Sequence[Report]) -> str:
    """As GitHub shows it in the summary of a job."""
    return "\n\n".join("\n\n".join(_section(report)) for report in reports) or NONE


def junit(reports: Sequence[Report]) -> str:
    """A test suite per subject, a test case per fact and per finding; warnings pass and say what they are."""
    suites = Element("testsuites", name="tests")
    for report in reports:
        suite = SubElement(suites, "testsuite", name=plain(report.subject))
        suite.set("tests", str(len(report.facts) + len(report.findings)))
        suite.set("failures", str(report.errors))
        suite.set("errors", "0")
        for fact in report.facts:
            _passed(suite, report, fact)
        for finding in report.findings:
            _found(suite, report, finding)
    indent(suites)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{tostring(suites, encoding="unicode")}\n'


def as_json(reports: Sequence[Report]) -> str:
    """All that is known, for programs."""
    told = [
        {"passed": each.passed, "errors": each.errors, "warnings": each.warnings}
        | each.model_dump(mode="json")
        for each in reports
    ]
    return json.dumps({"reports": told}, indent=2) + "\n"


def verdict(report: Report) -> str:
    """Such as "failed, 2 errors, 1 warning"."""
    counts = [_count(report.errors, "error"), _count(report.warnings, "warning")]
    return ", ".join(["passed" if report.passed else "failed", *filter(None, counts)])


_Renderer = Callable[[Sequence[Report]], str]
_RENDERERS: dict[str, tuple[str, _Renderer]] = {
    "text": ("tests.txt", lambda reports: f"{text(reports)}\n"),
    "markdown": ("tests.md", lambda reports: f"{markdown(reports)}\n"),
    "junit": ("tests.xml", junit),
    "json": ("tests.json", as_json),
}

FORMATS = tuple(_RENDERERS)
FILE_NAMES = MappingProxyType({form: name for form, (name, _) in _RENDERERS.items()})


def render(form: str, reports: Sequence[Report]) -> str:
    """Reports in one of ``FORMATS``.

    Raises:
        ConfigurationError: there is no such format.
    """
    if form not in _RENDERERS:
        hint = did_you_mean(form, FORMATS) or f": there are {', '.join(FORMATS)}"
        raise ConfigurationError([f"--format {form!r} isn't known{hint}"])
    return _RENDERERS[form][1](reports)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number > 1)}" if number else ""


def _block(report: Report) -> Iterable[str]:
    yield f"{plain(report.subject)}: {verdict(report)}"
    for fact in report.facts:
        yield from _lines(f"  {fact.check}: ", fact.told)
    for finding in report.findings:
        place = f"{finding.place}: " if finding.place else ""
        mark = "" if finding.level is Level.ERROR else f"{finding.level}: "
        yield from _lines(f"  {mark}{finding.check}: {place}", finding.cause)
        yield from _lines("      to do: ", finding.remedy)


def _lines(head: str, told: str) -> Iterable[str]:
    first, *others = told.splitlines() or [""]
    yield plain(f"{head}{first}")
    yield from (plain(f"      {line}") for line in others)


def _section(report: Report) -> Iterable[str]:
    yield f"## {escaped(report.subject)}: {verdict(report)}"
    if report.findings:
        rows = [
            f"| {each.level} | {each.check} | {literal(each.place) if each.place else '-'} "
            f"| {_cell(each.cause)} | {_cell(each.remedy)} |"
            for each in report.findings
        ]
        yield "\n".join(
            ["| level | check | where | cause | to do |", "| --- | --- | --- | --- | --- |", *rows]
        )
    if report.facts:
        yield "\n".join(f"- {escaped(fact.check)}: {_cell(fact.told)}" for fact in report.facts)


def _cell(told: str) -> str:
    return "<br>".join(escaped(line) for line in told.splitlines())


def _passed(suite: Element, report: Report, fact: Fact) -> None:
    _case(suite, report, fact.check, fact.check)
    SubElement(suite[-1], "system-out").text = _xml(fact.told)


def _found(suite: Element, report: Report, finding: Finding) -> None:
    _case(suite, report, finding.check, " ".join(filter(None, (finding.check, finding.place))))
    if finding.file:
        suite[-1].set("file", plain(finding.file))
    if finding.line:
        suite[-1].set("line", str(finding.line))
    told = f"{finding.cause}\nto do: {finding.remedy}"
    if finding.level is Level.ERROR:
        first = next(iter(finding.cause.splitlines()), "")
        SubElement(suite[-1], "failure", message=plain(first)).text = _xml(told)
    else:
        SubElement(suite[-1], "system-out").text = _xml(f"{finding.level}: {told}")


def _case(suite: Element, report: Report, check: str, name: str) -> None:
    SubElement(suite, "testcase", classname=plain(f"{report.subject}.{check}"), name=plain(name))


def _xml(told: str) -> str:
    return "\n".join(plain(line) for line in told.splitlines())
