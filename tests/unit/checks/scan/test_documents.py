"""Verdicts of a scan as JSON, JUnit and HTML: read back as their readers do."""

import json
from html.parser import HTMLParser
from typing import Any
from xml.etree.ElementTree import Element, fromstring

from hypothesis import given

from ci.checks.scan.documents import as_json, html, junit
from ci.checks.scan.text import HEAD, plain, ranked, remedy, row
from ci.checks.scan.verdict import Decision, State, Verdict, not_scanned

from ...verdicts import BASE, DENIED, IMAGE, NOW, VERDICTS, judged, verdict, vulnerability

IGNORED = judged(vulnerability("CVE-2"), Decision.IGNORED, "not reached")
TOLERATED = judged(vulnerability("CVE-3"), Decision.TOLERATED, "low")
HARMLESS = judged(DENIED, Decision.TOLERATED, "not denied")
UNKNOWN = not_scanned("dbt", IMAGE, BASE, NOW, "no mirror answers:\nmirror.example: timeout", "ask again")


class Page(HTMLParser):
    """A page as a browser reads it: its tags, its attributes, and the text of each cell."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str | None]] = []
        self.cells: list[str] = []
        self.other: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the tag and its attributes."""
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]
        if tag == "td":
            self.cells.append("")

    def handle_data(self, data: str) -> None:
        """Keep the text of a cell."""
        if self.cells:
            self.cells[-1] += data

    def handle_endtag(self, tag: str) -> None:
        """End the last cell of a table."""
        if tag == "table":
            self.cells.append("")

    def handle_comment(self, data: str) -> None:
        """Keep what no page should have."""
        self.other.append(data)

    handle_pi = handle_comment


def parsed(*verdicts: Verdict) -> list[dict[str, Any]]:
    return json.loads(as_json(verdicts))["scans"]


def suites(*verdicts: Verdict) -> Element:
    return fromstring(junit(verdicts).encode())  # noqa: S314 - our own


def test_json_has_all_that_was_found_and_the_numbers_and_can_be_a_verdict_again() -> None:
    each = verdict(judged(), IGNORED, HARMLESS, in_base=4, unused=(("CVE-9", "six"),))
    (found,) = parsed(each)
    assert found["state"] == "failed"
    assert (found["scanned"], found["image"]) == ("2026-11-21T06:30:00Z", IMAGE)
    assert found["counts"] == {"image": 2, "added": 2, "kept": 0, "base": 4}
    assert [one["decision"] for one in found["found"]] == ["fails", "ignored", "tolerated"]
    assert [one["remedy"] for one in found["found"]] == [remedy(judged(), "salesforce"), "", ""]
    assert found["found"][0]["detection"] == json.loads(judged().detection.model_dump_json())
    rows = [{key: value for key, value in one.items() if key != "remedy"} for one in found["found"]]
    whole = {**found, "found": rows, "in_base": found["counts"]["base"]}
    del whole["counts"]
    assert Verdict.model_validate_json(json.dumps(whole)) == each


def test_json_has_no_number_for_what_was_not_scanned() -> None:
    unknown, stale = parsed(UNKNOWN, verdict(judged(), state=State.NOT_SCANNED))
    assert (unknown["state"], unknown["counts"], unknown["found"]) == ("not scanned", None, None)
    assert (stale["counts"], len(stale["found"])) == (None, 1)


def test_junit_has_a_suite_per_type_and_a_case_per_detection() -> None:
    failed, passed = suites(verdict(judged(), IGNORED, TOLERATED, HARMLESS), verdict(dag="api"))
    numbers = {"tests": "4", "errors": "0", "failures": "2", "skipped": "2"}
    assert failed.attrib == {"name": "salesforce", **numbers, "timestamp": "2026-11-21T06:30:00+00:00"}
    assert [[child.tag for child in case] for case in failed] == [["failure"]] * 2 + [["skipped"]] * 2
    name = "CVE-1 zeep 1.0 in lib/site-packages/zeep-1.0.dist-info/METADATA"
    assert failed[1].attrib == {"classname": "salesforce.vulnerability", "name": name}
    assert failed[1][0].text == remedy(judged(), "salesforce")
    assert failed[1][0].get("message") == "high: Zeep reads too much"
    assert failed[2][0].get("message") == "ignored: not reached"
    assert failed[3][0].get("message") == "tolerated: low"
    assert [(case.get("name"), len(case)) for case in passed] == [("scan", 0)]


def test_junit_tells_why_a_type_failed_or_was_not_scanned() -> None:
    (suite,) = suites(verdict(state=State.FAILED, reasons=("an ignore\nexpired",)))
    assert (suite.get("failures"), suite.get("errors")) == ("1", "0")
    assert (suite[0][0].tag, suite[0][0].text) == ("failure", "an ignore\nexpired")
    (bare,) = suites(verdict(judged(), judged(vulnerability("CVE-4"))))
    assert bare[0][0].text == "2 detections fail"
    (suite,) = suites(UNKNOWN)
    assert (suite.get("tests"), suite.get("errors"), suite.get("failures")) == ("1", "1", "0")
    assert (suite[0][0].tag, suite[0][0].get("message")) == ("error", "not scanned")
    assert suite[0][0].text == "no mirror answers:\nmirror.example: timeout\nask again"


def test_html_is_one_page_without_a_script_or_anything_to_fetch() -> None:
    text = html([verdict(judged(vulnerability(url="https://a.example/1"))), UNKNOWN])
    page = Page(text)
    assert text.startswith("<!DOCTYPE html>\n<html")
    assert page.tags.count("section") == 2
    assert not {"script", "link", "img", "iframe"} & set(page.tags)
    assert not {"src", "style"} & {name for _, name, _ in page.attributes}
    assert ("a", "href", "https://a.example/1") in page.attributes
    assert '<h2 class="not-scanned">dbt: not scanned</h2><p>no mirror answers:</p>' in text


def test_html_has_every_row_and_what_to_do() -> None:
    rows = [judged(vulnerability(f"CVE-{number}", f"p{number}")) for number in range(60)]
    text = html([verdict(*rows, unused=(("CVE-9", "six"),))])
    assert (Page(text).tags.count("tr"), Page(text).tags.count("li")) == (61, 61)
    assert "the ignore of CVE-9 in six matches nothing" in text
    assert "nothing scanned" in html([])
    assert not {"ul", "table"} & set(Page(html([verdict()])).tags)


HOSTILE = vulnerability("\x00", "\x1b[2J", title="<script>\ufffe</script>", url="javascript:alert(1)")


def test_what_xml_forbids_and_html_would_run_is_written_out() -> None:
    ignored = judged(HOSTILE.model_copy(update={"version": "1"}), Decision.IGNORED, "\x08")
    each = verdict(judged(HOSTILE), ignored)
    (suite,) = suites(verdict(*each.found, reasons=("\x00",)))
    assert suite[0][0].text == "\\x00"
    assert suite[1].get("name") == "\\x00 \\x1b[2J 1.0 in lib/site-packages/\\x1b[2J-1.0.dist-info/METADATA"
    assert suite[2][0].get("message") == "ignored: \\x08"
    assert "\x1b" not in junit([each]) + html([each])
    page = Page(html([each]))
    assert "script" not in page.tags
    assert "a" not in page.tags
    assert "<script>\\ufffe</script>" in page.cells


@given(VERDICTS)
def test_json_holds_what_was_found_as_it_is(each: Verdict) -> None:
    text = as_json([each])
    assert all(char.isprintable() or char == "\n" for char in text)
    (found,) = json.loads(text)["scans"]
    titles = [one["detection"]["title"] for one in found["found"] or ()]
    assert titles == [one.detection.title for one in each.found]


@given(VERDICTS)
def test_nothing_that_was_found_breaks_junit(each: Verdict) -> None:
    (suite,) = suites(each)
    assert len(suite) == len(each.shown) + 1
    for kind, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        assert int(suite.get(kind, "")) == len(suite.findall(f"testcase/{tag}"))
    clean = not suite.findall("testcase[1]/failure") and not suite.findall("testcase[1]/error")
    assert clean == (each.state is State.PASSED)
    told = [case[0].text for case in suite[1:] if case[0].tag == "failure"]
    assert told == [plain(remedy(one, each.dag)) for one in ranked(each) if one in each.failing]


@given(VERDICTS)
def test_nothing_that_was_found_is_a_tag_or_an_attribute(each: Verdict) -> None:
    page = Page(html([each]))
    known = {"html", "head", "meta", "title", "style", "body", "h1", "section", "h2", "p", "dl", "dt", "dd"}
    assert set(page.tags) <= known | {"table", "tr", "th", "td", "a", "ul", "li"}
    names = {name for _, name, _ in page.attributes}
    assert names <= {"lang", "charset", "http-equiv", "content", "class", "href", "rel"}
    assert page.other == []
    assert page.tags.count("tr") == (len(each.shown) + 1 if each.shown else 0)
    assert all((value or "").startswith("http") for _, name, value in page.attributes if name == "href")
    shown = [plain(cell) for one in ranked(each) for cell in (*row(one), one.detection.title)]
    assert page.cells[: len(shown)] == shown
    assert len(shown) == len(each.shown) * (len(HEAD) + 1)
