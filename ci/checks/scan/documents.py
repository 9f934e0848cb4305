"""Verdicts as documents: JSON for programs, JUnit for test reports, HTML for a browser."""

import json
from collections.abc import Sequence
from typing import Any
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from ...text import plain
from .text import HEAD, NONE, address, facts, fixes, ranked, remedy, row, unmatched
from .verdict import Decision, Judged, State, Verdict

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem; padding: 0 1rem; }
table { border-collapse: collapse; margin: 1rem 0; width: 100%; }
th, td { border: 1px solid #ccc; overflow-wrap: anywhere; padding: .3rem .5rem; text-align: left; }
.passed { color: #1a6b2d; } .failed, .fails { color: #a40e26; } .not-scanned { color: #8a4600; }
"""


def as_json(verdicts: Sequence[Verdict]) -> str:
    """Return the verdicts for programs; counts of an image that was not scanned are null."""
    return json.dumps({"scans": [_scan(verdict) for verdict in verdicts]}, indent=2) + "\n"


def junit(verdicts: Sequence[Verdict]) -> str:
    """Return a test suite per type: its verdict, and each detection to show."""
    suites = Element("testsuites", name="scan")
    for verdict in verdicts:
        _suite(suites, verdict)
    indent(suites)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{tostring(suites, encoding="unicode")}\n'


def html(verdicts: Sequence[Verdict]) -> str:
    """Return one page, which fetches nothing and runs nothing."""
    page = Element("html", lang="en")
    head = SubElement(page, "head")
    SubElement(head, "meta", charset="utf-8")
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    SubElement(head, "meta", {"http-equiv": "Content-Security-Policy", "content": policy})
    _text(head, "title", "Scan of the images")
    # Our own text: the only one that is not escaped.
    SubElement(head, "style").text = _STYLE
    body = SubElement(page, "body")
    _text(body, "h1", "Scan of the images")
    if not verdicts:
        _text(body, "p", NONE)
    for verdict in verdicts:
        _section(body, verdict)
    return f"<!DOCTYPE html>\n{tostring(page, encoding='unicode', method='html')}\n"


def _scan(verdict: Verdict) -> dict[str, Any]:
    scanned = verdict.state is not State.NOT_SCANNED
    scan = verdict.model_dump(mode="json", exclude={"found", "in_base"})
    counts = {
        "image": verdict.count(),
        "added": verdict.count(added=True),
        "kept": verdict.count(added=False),
        "base": verdict.in_base,
    }
    rows = [
        judged.model_dump(mode="json")
        | {"remedy": remedy(judged, verdict.dag) if judged.decision is Decision.FAILS else ""}
        for judged in verdict.found
    ]
    return {**scan, "counts": counts if scanned else None, "found": rows if scanned or rows else None}


def _suite(suites: Element, verdict: Verdict) -> None:
    shown = ranked(verdict)
    broken = verdict.state is State.NOT_SCANNED
    failures = (verdict.state is State.FAILED) + len(verdict.failing)
    suite = SubElement(suites, "testsuite", name=plain(verdict.dag), tests=str(len(shown) + 1))
    suite.set("errors", str(int(broken)))
    suite.set("failures", str(failures))
    suite.set("skipped", str(len(shown) - len(verdict.failing)))
    suite.set("timestamp", verdict.scanned.isoformat())
    case = SubElement(suite, "testcase", classname=plain(verdict.dag), name="scan")
    if verdict.state is not State.PASSED:
        lines = [plain(line) for reason in verdict.reasons for line in reason.splitlines()]
        lines = lines or [f"{len(verdict.failing)} detections fail"]
        problem = SubElement(case, "error" if broken else "failure", message=str(verdict.state))
        problem.text = "\n".join(lines)
    for judged in shown:
        _case(suite, verdict.dag, judged)


def _case(suite: Element, dag: str, judged: Judged) -> None:
    severity, advisory, package, _, location, decision = (plain(cell) for cell in row(judged))
    name = " ".join(filter(None, (advisory, package, f"in {location}" if location else "")))
    case = SubElement(suite, "testcase", classname=plain(f"{dag}.{judged.detection.kind}"), name=name)
    if judged.decision is Decision.FAILS:
        title = plain(judged.detection.title) or str(judged.detection.kind)
        failure = SubElement(case, "failure", message=f"{severity}: {title}")
        failure.text = plain(remedy(judged, dag))
    else:
        SubElement(case, "skipped", message=decision)


def _section(body: Element, verdict: Verdict) -> None:
    section = SubElement(body, "section")
    state = str(verdict.state)
    _text(section, "h2", f"{verdict.dag}: {state}", state.replace(" ", "-"))
    for reason in verdict.reasons:
        for line in reason.splitlines():
            _text(section, "p", line)
    listed = SubElement(section, "dl")
    for name, text in facts(verdict):
        _text(listed, "dt", name)
        _text(listed, "dd", text)
    if verdict.shown:
        _table(section, ranked(verdict))
    tasks = [*(f"fix: {task}" for task in fixes(verdict)), *unmatched(verdict)]
    listed = SubElement(section, "ul") if tasks else section
    for task in tasks:
        _text(listed, "li", task)


def _table(section: Element, shown: Sequence[Judged]) -> None:
    rows = SubElement(section, "table")
    head = SubElement(rows, "tr")
    for name in (*HEAD, "title"):
        _text(head, "th", name)
    for judged in shown:
        line = SubElement(rows, "tr", {"class": str(judged.decision)})
        for name, cell in zip((*HEAD, "title"), (*row(judged), judged.detection.title), strict=True):
            link = address(judged.detection.url) if name == "id" else ""
            if link:
                _text(SubElement(line, "td"), "a", cell).attrib.update(href=link, rel="noreferrer")
            else:
                _text(line, "td", cell)


def _text(parent: Element, tag: str, text: str, kind: str = "") -> Element:
    child = SubElement(parent, tag, {"class": kind} if kind else {})
    child.text = plain(text)
    return child
