"""Verdicts of a scan as people read them: on a terminal, in Markdown, and what to do."""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given

from ci.checks.scan.text import HEAD, LIMIT, address, fixes, markdown, owner, remedy, table
from ci.checks.scan.verdict import Decision, Judged, State, Verdict, not_scanned

from ...verdicts import (
    BASE,
    DATABASE,
    DENIED,
    IMAGE,
    NOW,
    SECRET,
    VERDICTS,
    WRONG,
    judged,
    metadata,
    verdict,
    vulnerability,
)

IGNORED = judged(vulnerability("CVE-2"), Decision.IGNORED, "not reached (data, until 2027-01-31)")
TOLERATED = judged(vulnerability("CVE-3", fixed=""), Decision.TOLERATED, "no fix yet")
IN_BASE = judged(vulnerability("CVE-4", "openssl"), Decision.TOLERATED, "in the base", added=False)
UNKNOWN = not_scanned("dbt", IMAGE, BASE, NOW, "no mirror answers:\nmirror.example: timeout", "ask again")
LOCK = "run: dagger call lock -y"
VENDORED = vulnerability(place="lib/site-packages/setuptools/_vendor/zeep-1.0.dist-info/METADATA")
JAR = vulnerability(package="a:b", purl="pkg:maven/a/b@1", place="lib/site-packages/pyspark/b.jar")
LOOSE = vulnerability(purl="pkg:npm/zeep@1", place="/opt/app/package-lock.json")


def lines(*verdicts: Verdict) -> list[str]:
    return table(verdicts).splitlines()


def fact(name: str, each: Verdict) -> str:
    (found,) = (line for line in lines(each) if line.startswith(f"  {name} "))
    return found.removeprefix(f"  {name}").strip()


def test_a_type_that_passed_says_so_with_the_image_and_the_database() -> None:
    assert lines(verdict(in_base=2)) == [
        "salesforce: passed",
        f"  image     {IMAGE}",
        f"  base      {BASE}",
        "  scanned   2026-11-21 06:30 UTC",
        "  database  mirror.example/trivy-db:2 (sha256:0123456789ab), built 2026-11-21 00:15 UTC",
        "  found     nothing; 2 in the base",
    ]


def test_a_type_that_failed_has_rows_then_fixes() -> None:
    told = lines(verdict(IGNORED, judged(), TOLERATED, unused=(("CVE-9", "six"),)))
    assert told[0] == "salesforce: failed"
    assert told[6].split() == ["SEVERITY", "ID", "PACKAGE", "FIXED", "IN", "WHERE", "VERDICT"]
    assert [line.split()[1] for line in told[7:10]] == ["CVE-1", "CVE-2", "CVE-3"]
    assert told[7].endswith("lib/site-packages/zeep-1.0.dist-info/METADATA  fails")
    assert told[8].endswith("  ignored: not reached (data, until 2027-01-31)")
    assert re.sub(" +", " ", told[9]) == f" high CVE-3 zeep 1.0 - {metadata('zeep')} tolerated: no fix yet"
    assert told[10].startswith("  fix: zeep 1.0: use 2.0 or later")
    assert told[11:] == ["  the ignore of CVE-9 in six matches nothing"]
    assert len({line.index(word) for line, word in zip(told[6:8], ("WHERE", "lib/"), strict=True)}) == 1


def test_reasons_are_told_first_one_per_line_and_the_base_beside_the_verdict() -> None:
    reasons = ["no mirror answers:", "mirror.example: timeout", "ask again"]
    assert lines(UNKNOWN)[:4] == ["dbt: not scanned", *(f"  {reason}" for reason in reasons)]
    assert lines(verdict(judged(added=False)))[7].endswith("  fails, in the base")


def test_what_was_not_scanned_never_looks_clean() -> None:
    for text in (table([UNKNOWN]), markdown([UNKNOWN])):
        assert "not scanned" in text
        assert "unknown" in text
        assert "none: vulnerabilities not checked" in text
        assert not re.search(r"\b0\b|nothing|passed|\bscanned +\d|scanned: ", text.replace(IMAGE, ""))


def test_what_an_old_database_knew_is_told_and_is_no_verdict() -> None:
    stale = verdict(judged(), state=State.NOT_SCANNED, reasons=("3 weeks old",), in_base=4)
    found = "1 in the image: 1 added by the type, 0 of the 4 in the base; there may be more"
    assert fact("found", stale) == found
    licenses = verdict(judged(DENIED, Decision.TOLERATED), state=State.NOT_SCANNED)
    assert fact("found", licenses) == "unknown"


def test_numbers_are_those_of_the_verdict() -> None:
    found = "2 in the image: 1 added by the type, 1 of the 10 in the base"
    assert fact("found", verdict(judged(), IN_BASE, in_base=10)) == found
    denied = f"{found}; denied licenses: 1"
    assert fact("found", verdict(judged(), IN_BASE, judged(DENIED), in_base=10)) == denied
    harmless = judged(DENIED, Decision.TOLERATED, "not denied")
    assert fact("found", verdict(judged(), IN_BASE, harmless, in_base=10)) == found
    assert fact("found", verdict()) == "nothing"
    assert fact("found", verdict(judged(DENIED))) == "nothing; denied licenses: 1"


def test_a_database_tells_its_date_in_utc_and_what_it_says_of_itself() -> None:
    east = datetime(2026, 11, 21, 1, 0, tzinfo=timezone(timedelta(hours=2)))
    described = DATABASE.model_copy(update={"updated": east, "description": "house copy", "digest": "abc"})
    told = "mirror.example/trivy-db:2 (abc), built 2026-11-20 23:00 UTC: house copy"
    assert fact("database", verdict(database=described)) == told
    checked = described.model_copy(update={"checked": datetime(2026, 11, 21, 14, 3, tzinfo=UTC)})
    newest = told.replace(" UTC:", " UTC, the newest at 2026-11-21 14:03 UTC:")
    assert fact("database", verdict(database=checked)) == newest
    test = verdict(database=described.model_copy(update={"test": True}))
    assert fact("database", test) == f"{told}; test data only, without real vulnerabilities"
    assert "test data only" in markdown([test])


@pytest.mark.parametrize("form", [table, markdown])
@pytest.mark.parametrize(
    ("failing", "tolerated", "said"),
    [
        (LIMIT, 0, ""),
        (1, LIMIT, "rows not shown: 1, none of them failing; other formats list all"),
        (LIMIT + 3, 2, "rows not shown: 5, 3 of them failing; other formats list all"),
    ],
)
def test_long_tables_say_how_much_they_leave_out(
    form: Callable[[Sequence[Verdict]], str], failing: int, tolerated: int, said: str
) -> None:
    found = [judged(vulnerability(f"CVE-{n}"), Decision.TOLERATED, "low") for n in range(tolerated)]
    found += [judged(vulnerability(f"CVE-F{n}")) for n in range(failing)]
    text = form([verdict(*found)])
    assert len([line for line in text.splitlines() if "METADATA" in line]) == LIMIT
    assert "  ".join(line.strip() for line in text.splitlines() if "not shown" in line) == said


def test_the_same_fix_is_given_once_and_of_many_the_first() -> None:
    for fixed, count in (("2.0", 1), ("3.0", 2)):
        both = verdict(judged(vulnerability("CVE-1")), judged(vulnerability("CVE-2", fixed=fixed)))
        assert len(fixes(both)) == count
    told = lines(verdict(*(judged(vulnerability(f"CVE-{n}", f"p{n}")) for n in range(LIMIT + 2))))
    todo = [line for line in told if line.startswith("  fix: ")]
    assert (len(todo), todo[-1]) == (LIMIT + 1, "  fix: 2 more: other formats list all")


def test_types_stand_apart_in_the_order_given() -> None:
    text = table([UNKNOWN, verdict()])
    assert [block.split(":")[0] for block in text.split("\n\n")] == ["dbt", "salesforce"]
    heads = re.findall(r"^## (\w+: .+)$", markdown([UNKNOWN, verdict()]), flags=re.MULTILINE)
    assert heads == ["dbt: not scanned", "salesforce: passed"]
    assert table([]) == markdown([]) == "nothing scanned: no DAG type selected"


def test_markdown_has_a_table_and_keeps_names_readable() -> None:
    text = markdown([verdict(IGNORED, judged(), unused=(("CVE-9", "six"),))])
    assert f"- image: `{IMAGE}`\n" in text
    assert f"| {' | '.join(HEAD)} |\n| --- | --- | --- | --- | --- | --- |\n| high | `CVE-1` |" in text
    said = "ignored: not reached (data, until 2027-01-31)"
    assert f"| high | `CVE-2` | zeep 1.0 | 2.0 | `{metadata('zeep')}` | {said} |\n" in text
    assert "\n- fix: zeep 1.0: use 2.0 or later in images/salesforce/pyproject.toml" in text
    assert text.endswith("\n- the ignore of CVE-9 in six matches nothing")
    assert "|" not in markdown([verdict()])


PYPROJECT, POLICY = "images/salesforce/pyproject.toml", "images/salesforce/policy.toml"


VENDORED_UNFIXED = VENDORED.model_copy(update={"fixed": ""})
BY_OWN_POLICY = judged(DENIED).model_copy(update={"file": POLICY})
VENDOR = "the package that contains it (setuptools)"
BASE_FILE, SHARED = "images/base.toml", "denied-licenses in images/policy.toml"


@pytest.mark.parametrize(
    ("one", "words"),
    [
        (judged(), ["zeep 1.0", "2.0 or later", PYPROJECT, "images/salesforce/pylock.toml", LOCK]),
        (judged(vulnerability(fixed="1.1, 2.0")), ["use one of 1.1, 2.0, or later", LOCK]),
        (judged(VENDORED), [f"part of {VENDORED.place}", f"of {VENDOR} with 2.0", LOCK]),
        (judged(JAR), [f"part of {JAR.place}", "the package that contains it (pyspark)", PYPROJECT, LOCK]),
        (judged(LOOSE), [f"part of {LOOSE.place}", "that contains it with 2.0 or later", PYPROJECT, LOCK]),
        (judged(VENDORED_UNFIXED), [f"replace {VENDOR} in", POLICY]),
        (judged(vulnerability(fixed="")), ["replace it", PYPROJECT, "CVE-1 of zeep", "expires", POLICY]),
        (judged(added=False), ["use a newer base in images/base.toml", LOCK]),
        (judged(vulnerability(fixed=""), added=False), [BASE_FILE, "or ignore CVE-1 of zeep", POLICY]),
        (judged(SECRET), ["from /opt/dags/pull.py:7", "revoke it: it is compromised", POLICY]),
        (judged(SECRET, added=False), [BASE_FILE, "revoke it: it is compromised"]),
        (judged(WRONG), ["correct DS002 in image config", "ignore DS002 of image config", POLICY]),
        (judged(WRONG, added=False), [BASE_FILE, POLICY]),
        (judged(DENIED), ["replace zeep", PYPROJECT, f"AGPL-3.0 from {SHARED}"]),
        (judged(DENIED, added=False), [BASE_FILE, SHARED]),
        (BY_OWN_POLICY, [f"denies AGPL-3.0 from denied-licenses in {POLICY}"]),
        (judged(DENIED.model_copy(update={"place": VENDORED.place})), [f"replace {VENDOR} in"]),
        (judged(DENIED.model_copy(update={"place": "LICENSE"})), ["replace zeep in"]),
    ],
)
def test_a_remedy_says_what_to_do_and_where(one: Judged, words: list[str]) -> None:
    fix = remedy(one, "salesforce")
    assert [word for word in words if word not in fix] == []


def test_a_remedy_changes_what_can_be_changed() -> None:
    assert PYPROJECT not in remedy(judged(added=False), "salesforce")
    assert BASE_FILE not in remedy(judged(), "salesforce")
    for part in (VENDORED, JAR, LOOSE):
        assert "use 2.0" not in remedy(judged(part), "salesforce")
        assert "pylock.toml, so that the lock moves" not in remedy(judged(part), "salesforce")


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        (metadata("zeep"), "zeep"),
        ("/home/a/lib/python3.12/site-packages/ruamel_yaml-0.18.dist-info/METADATA", "ruamel_yaml"),
        ("site-packages/foo-1.0-py3.12.egg-info/PKG-INFO", "foo"),
        ("site-packages/foo.egg-info/PKG-INFO", "foo"),
        ("lib/site-packages/setuptools/_vendor/wheel-0.45.1.dist-info/METADATA", "setuptools"),
        ("lib/site-packages/foo-1.0.dist-info/sboms/foo.cdx.json", "foo"),
        *((f"lib/{where}", "") for where in ("site-packages/six.py", "not-site-packages/a/b")),
        *((where, "") for where in ("usr/lib/python3/dist-packages/a/b", "debian 13", "")),
    ],
)
def test_the_owner_of_a_place_is_the_package_in_whose_folder_it_is(where: str, expected: str) -> None:
    assert owner(vulnerability(place=where)) == expected


def test_web_addresses_alone_are_linked() -> None:
    for url in ("https://avd.example/nvd/cve-1?a=b#c", "http://a.example"):
        assert address(url) == url
    broken = ("https://a.example/ b", "https://a.example/\n", 'https://a.example/"onclick="')
    no_uri = ("https://a.example/%", "https://a.example/#a#b", "https://a.example:b/")
    for url in ("javascript:alert(1)", "https://", "", *broken, *no_uri):
        assert address(url) == ""


@given(VERDICTS)
def test_nothing_that_was_found_steers_a_terminal_or_makes_lines(each: Verdict) -> None:
    text = table([each])
    assert {char for char in text if not char.isprintable()} <= {"\n"}
    rows = len(each.shown) + 1 if each.shown else 0
    reasons = sum(len(reason.splitlines()) for reason in each.reasons)
    assert text.count("\n") == 5 + reasons + rows + len(fixes(each)) + len(each.unused)


@given(VERDICTS)
def test_nothing_that_was_found_is_markup(each: Verdict) -> None:
    text = markdown([each])
    assert {char for char in text if not char.isprintable()} <= {"\n"}
    rows = [line for line in text.splitlines() if "|" in line]
    assert [row.count("|") for row in rows] == [len(HEAD) + 1] * (len(each.shown) + 2 if each.shown else 0)
    assert not set("<>[]\\*_") & set(re.sub(r"`[^`\n]*`", "", text))
    assert not re.search(r":/|@|(?i:www\.)", re.sub(r"`[^`\n]*`", "", text))
    assert "`" not in re.sub(r"`[^`\n]+`", "", text)
    assert [line for line in text.splitlines() if line and not re.match(r"## |- \w|\| ", line)] == []
