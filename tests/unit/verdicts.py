"""Verdicts as tests render them: with known words, or made of what could break a rendering."""

from datetime import UTC, datetime
from itertools import product

from hypothesis import strategies as st

from ci.checks.scan.detections import Detection, Kind
from ci.checks.scan.verdict import Database, Decision, Judged, State, Verdict
from ci.config.policy import SEVERITIES

NOW = datetime(2026, 11, 21, 6, 30, tzinfo=UTC)
IMAGE = f"sha256:{'a1' * 32}"
BASE = f"sha256:{'b2' * 32}"
DATABASE = Database(
    reference="mirror.example/trivy-db:2",
    digest=f"sha256:{'0123456789abcdef' * 4}",
    updated=datetime(2026, 11, 21, 0, 15, tzinfo=UTC),
)


def metadata(package: str) -> str:
    """Where the metadata of a package lie that is installed."""
    return f"lib/site-packages/{package}-1.0.dist-info/METADATA"


def vulnerability(name: str = "CVE-1", package: str = "zeep", **fields: object) -> Detection:
    """Return a vulnerability of a Python package, fixed in 2.0, but for what is said otherwise."""
    known = {"kind": Kind.VULNERABILITY, "id": name, "package": package, "version": "1.0", "fixed": "2.0"}
    known |= {"severity": "high", "title": "Zeep reads too much", "place": metadata(package)}
    return Detection.model_validate({**known, "purl": f"pkg:pypi/{package}@1.0", **fields})


SECRET = Detection(kind=Kind.SECRET, id="aws-key", place="/opt/dags/pull.py", line=7, severity="critical")
WRONG = Detection(kind=Kind.MISCONFIGURATION, id="DS002", place="image config", severity="high")
DENIED = Detection(kind=Kind.LICENSE, id="AGPL-3.0", package="zeep", place=metadata("zeep"))


def judged(
    found: Detection | None = None, decision: Decision = Decision.FAILS, why: str = "", *, added: bool = True
) -> Judged:
    """Return a detection that the type added and that fails, but for what is said otherwise."""
    return Judged(detection=found or vulnerability(), added=added, decision=decision, why=why)


def verdict(*found: Judged, **fields: object) -> Verdict:
    """Return the verdict on salesforce: failed where something fails."""
    fails = any(each.decision is Decision.FAILS for each in found)
    known = {"dag": "salesforce", "image": IMAGE, "base": BASE, "scanned": NOW, "database": DATABASE}
    state = State.FAILED if fails else State.PASSED
    return Verdict.model_validate({**known, "state": state, "found": found, **fields})


HOSTILE = (
    *("<script>alert(1)</script>", "</td></table><img src=x onerror=alert(1)>", "]]>", "<!--"),
    *("&lt;b&gt;&#124;", "|", "\\|", "\\", "`", "``` \n", "[a](javascript:alert(1))"),
    *("![a](https://evil.example/a.png)", "https://evil.example/", "www.evil.example", "@someone"),
    *("a@evil.example", "\n# no heading\n", "\r\n| a | b |\r\n", "\x1b[2J\x1b]0;title\x07", "\x00"),
    *("\x85\u2028\u2029", "\u202e\u200b", "\ufffe", "{0} %s %SRCROOT%", "  "),
)
# Two of them side by side, or anything: one choice each, for a verdict has a hundred texts.
PAIRS = ("", *HOSTILE, *map("".join, product(HOSTILE, repeat=2)))
TEXTS = st.sampled_from(PAIRS) | st.text(max_size=8)

TIMES = st.datetimes(min_value=datetime(2000, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - the strategy's own way
DETECTIONS = st.builds(
    Detection,
    kind=st.sampled_from(Kind),
    **dict.fromkeys(("id", "package", "version", "fixed", "title", "place"), TEXTS),
    severity=st.sampled_from(SEVERITIES),
    line=st.integers(0, 10**9),
    url=st.one_of(TEXTS, TEXTS.map("https://a.example/{}".format)),
    purl=st.one_of(TEXTS, TEXTS.map("pkg:pypi/{}".format)),
)
JUDGED = st.builds(
    Judged,
    detection=DETECTIONS,
    added=st.booleans(),
    decision=st.sampled_from(Decision),
    **dict.fromkeys(("why", "file"), TEXTS),
)
DATABASES = st.builds(
    Database,
    **dict.fromkeys(("reference", "digest", "description"), TEXTS),
    updated=TIMES,
    test=st.booleans(),
)
VERDICTS = st.builds(
    Verdict,
    **dict.fromkeys(("dag", "image", "base"), TEXTS),
    state=st.sampled_from(State),
    scanned=TIMES,
    database=st.none() | DATABASES,
    reasons=st.lists(TEXTS, max_size=2).map(tuple),
    expired=st.lists(TEXTS, max_size=1).map(tuple),
    platform=st.sampled_from(["", "linux/amd64", "linux/arm64"]) | TEXTS,
    found=st.lists(JUDGED, max_size=4).map(tuple),
    in_base=st.integers(0, 10**6),
    unused=st.lists(st.tuples(TEXTS, TEXTS), max_size=2).map(tuple),
)
