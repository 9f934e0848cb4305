"""Mistakes in a policy, and the message for each."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci.config.policy import SHARED, parse
from ci.errors import ConfigurationError

from ..policies import OWN, WHOLE, entry
from ..refusals import refusal


def problems_of(house: str | None, own: str | None = None) -> tuple[str, ...]:
    return refusal(parse, house, own, name="salesforce")


MIRROR = (
    "is not a reference with registry, name and tag; expected one like 'mirror.gcr.io/aquasec/trivy-db:2'"
)
VEX = "is not the path of a file under images/; expected one like 'images/openssl.openvex.json'"
BARE = "is not a registry; expected one without scheme and path, such as 'registry.example.com:5000'"
REGISTRY = "is not a registry; expected one as HOST or HOST:PORT, such as 'registry.example.com:5000'"
DAY = "is not a date; expected a day without time and quotes, such as 2027-01-31"
RANKS = "Input should be 'critical', 'high', 'medium', 'low' or 'unknown'"
KEYS = "severities, fixable-only, scope, denied-licenses, vex"

OF_BOTH = [
    ("[scna]\n", "unknown table [scna]: did you mean 'scan'?"),
    ("[zzz]\n", "unknown table [zzz]: expected scan, database, ignore"),
    ("scan = 5", "scan: 5 is wrong: expected the table [scan]"),
    ("[scan]\nseverity = []", "[scan] has an unknown key 'severity': did you mean 'severities'?"),
    ("[scan]\nzzz = 1", f"[scan] has an unknown key 'zzz': expected one of {KEYS}"),
    (
        '[scan]\nseverities = ["urgent"]',
        f"[scan] severities.0: 'urgent' is wrong: {RANKS}",
    ),
    (
        '[scan]\nseverities = ["low", "low"]',
        "[scan] severities: ['low', 'low'] names 'low' more than once",
    ),
    ("[scan]\nfixable-only = 1", "[scan] fixable-only: 1 is wrong: Input should be a valid boolean"),
    ('[scan]\nscope = "all"', "[scan] scope: 'all' is wrong: Input should be 'added' or 'image'"),
    ('[scan]\ndenied-licenses = " "', "[scan] denied-licenses: ' ' is wrong: Input should be a list"),
    ('[scan]\ndenied-licenses = [" "]', "[scan] denied-licenses.0: ' ' is blank"),
    ('[scan]\ndenied-licenses = ["A", "A "]', "[scan] denied-licenses: ['A', 'A '] names 'A' more than once"),
    ('[scan]\nvex = ["dags/a.json"]', f"[scan] vex.0: 'dags/a.json' {VEX}"),
    ('[scan]\nvex = ["images"]', f"[scan] vex.0: 'images' {VEX}"),
    ('[scan]\nvex = ["images/../a.json"]', f"[scan] vex.0: 'images/../a.json' {VEX}"),
    ('[scan]\nvex = ["/images/a.json"]', f"[scan] vex.0: '/images/a.json' {VEX}"),
    ('[scan]\nvex = ["images//a.json"]', f"[scan] vex.0: 'images//a.json' {VEX}"),
    (
        '[scan]\nvex = ["images/a", "images/a"]',
        "[scan] vex: ['images/a', 'images/a'] names 'images/a' more than once",
    ),
    ("ignore = 5", "ignore: 5 is wrong: expected a table [[ignore]] for each"),
    ("[ignore]\n", "ignore: {} is wrong: expected a table [[ignore]] for each"),
    ("ignore = [5]", "ignore 1: [ignore]: 5 is wrong: expected the table [[ignore]]"),
    (entry(id=""), "ignore 1: [[ignore]] lacks 'id'"),
    (entry(package=""), "ignore 1 (CVE-2026-1): [[ignore]] lacks 'package'"),
    (entry(reason=""), "ignore 1 (CVE-2026-1): [[ignore]] lacks 'reason'"),
    (entry(owner=""), "ignore 1 (CVE-2026-1): [[ignore]] lacks 'owner'"),
    (entry(expires=""), "ignore 1 (CVE-2026-1): [[ignore]] lacks 'expires'"),
    (entry(id='" "'), "ignore 1 ( ): [[ignore]] id: ' ' is blank"),
    (entry(package='""'), "ignore 1 (CVE-2026-1): [[ignore]] package: '' is blank"),
    (entry(reason='" "'), "ignore 1 (CVE-2026-1): [[ignore]] reason: ' ' is blank"),
    (entry(owner='"\\t"'), "ignore 1 (CVE-2026-1): [[ignore]] owner: '\\t' is blank"),
    (entry(expires='"2027-01-31"'), f"ignore 1 (CVE-2026-1): [[ignore]] expires: '2027-01-31' {DAY}"),
    (
        entry(expires="2027-01-31T10:00:00Z"),
        f"ignore 1 (CVE-2026-1): [[ignore]] expires: '2027-01-31 10:00:00+00:00' {DAY}",
    ),
    (entry(expires="10:00:00"), f"ignore 1 (CVE-2026-1): [[ignore]] expires: '10:00:00' {DAY}"),
    (entry(expires="2027"), f"ignore 1 (CVE-2026-1): [[ignore]] expires: 2027 {DAY}"),
    (
        entry(owners='"x"'),
        "ignore 1 (CVE-2026-1): [[ignore]] has an unknown key 'owners': did you mean 'owner'?",
    ),
    (
        entry(file='"x"'),
        f"ignore 1 (CVE-2026-1): [[ignore]] has an unknown key 'file': expected one of {', '.join(WHOLE)}",
    ),
    (
        entry() + entry(id='"cve-2026-1"', reason='"other"'),
        "[[ignore]] names CVE-2026-1 of 'requests' more than once: keep one",
    ),
]


@pytest.mark.parametrize(("text", "message"), OF_BOTH)
def test_what_neither_file_may_say_is_reported(text: str, message: str) -> None:
    assert problems_of(text) == (f"{SHARED}: {message}",)
    assert problems_of(None, text) == (f"{OWN}: {message}",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("max-age-day = 1", "has an unknown key 'max-age-day': did you mean 'max-age-days'?"),
        ("max-age-days = 0", "max-age-days: 0 is wrong: Input should be greater than 0"),
        ("max-age-days = -1", "max-age-days: -1 is wrong: Input should be greater than 0"),
        (
            "max-age-days = 1000000000",
            "max-age-days: 1000000000 is wrong: Input should be less than or equal to 3650",
        ),
        ('max-age-days = "7"', "max-age-days: '7' is wrong: Input should be a valid integer"),
        ("max-age-days = true", "max-age-days: True is wrong: Input should be a valid integer"),
        (
            "repositories = []",
            "repositories: [] names no database: name one, or remove the key to use Trivy's own",
        ),
        ('repositories = ["trivy-db"]', f"repositories.0: 'trivy-db' {MIRROR}"),
        ('repositories = ["ghcr.io/trivy-db"]', f"repositories.0: 'ghcr.io/trivy-db' {MIRROR}"),
        ('repositories = ["https://ghcr.io/a:2"]', f"repositories.0: 'https://ghcr.io/a:2' {MIRROR}"),
        (
            'repositories = ["r.io/a:2", "r.io/a:2"]',
            "repositories: ['r.io/a:2', 'r.io/a:2'] names 'r.io/a:2' more than once",
        ),
        ('plain-http = ["http://r.io"]', f"plain-http.0: 'http://r.io' {BARE}"),
        ('plain-http = ["r.io/mirror"]', f"plain-http.0: 'r.io/mirror' {BARE}"),
        ('plain-http = ["registry"]', f"plain-http.0: 'registry' {REGISTRY}"),
        ('plain-http = ["r.io:http"]', f"plain-http.0: 'r.io:http' {REGISTRY}"),
        ('plain-http = [" "]', "plain-http.0: ' ' is blank"),
    ],
)
def test_what_the_house_may_not_say_of_the_database_is_reported(text: str, message: str) -> None:
    assert problems_of(f"[database]\n{text}\n") == (f"{SHARED}: [database] {message}",)


def test_a_database_in_a_types_file_is_reported_with_its_place() -> None:
    assert problems_of(None, "[database]\nmax-age-days = 1\n") == (
        f"{OWN}: [database] belongs in {SHARED}: one database serves all DAG types",
    )


def test_broken_toml_is_reported_with_its_place() -> None:
    one, other = problems_of("[scan\n", "\n=")
    assert one.startswith(f"{SHARED}: invalid TOML: ")
    assert "line 1" in one
    assert other.startswith(f"{OWN}: invalid TOML: ")
    assert "line 2" in other


def test_all_mistakes_of_both_files_are_reported_at_once() -> None:
    message = problems_of(
        '[zzz]\n[scan]\nscope = "x"\nnew = 1\n[database]\nmax-age-days = 0\n' + entry(reason="", owner='""'),
        '[scan]\nvex = ["x"]\n[database]\n' + entry(expires="5") + entry(id=""),
    )
    expected = ["[zzz]", "'x' is wrong", "'new'", "max-age-days", "'reason'", "owner: ''"]
    expected += ["vex.0", "[database] belongs", "expires: 5", "ignore 2: [[ignore]] lacks 'id'"]
    assert len(message) == len(expected)
    for part in expected:
        assert sum(part in problem for problem in message) == 1


@given(st.text(max_size=40), st.text(max_size=40))
def test_no_text_is_a_crash(house: str, own: str) -> None:
    message: tuple[str, ...] = ()
    try:
        parse(house, own, name="salesforce")
    except ConfigurationError as error:
        message = error.problems
    assert all(problem.startswith((f"{SHARED}: ", f"{OWN}: ")) for problem in message)
