"""The shared policy and a type's own: which one holds, and which detections an ignore covers."""

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from ci.checks.scan.detections import Detection, Kind
from ci.checks.scan.licenses import denied
from ci.checks.scan.verdict import matches
from ci.config.policy import MIRRORS, SEVERITIES, SHARED, Ignore, Policy, parse

from ..policies import OWN, entry
from ..repository import toml


def ignore(**changes: str) -> Ignore:
    (result,) = parse(entry(**changes)).ignores
    return result


@pytest.mark.parametrize("text", [None, "", "[scan]\n", "[database]\n", "ignore = []\n", "# nothing\n"])
def test_without_a_word_of_it_everything_has_a_default(text: str | None) -> None:
    result = parse(text)
    assert result == parse(None, "[scan]\n", name="salesforce") == Policy()
    assert result.severities == ("critical", "high")
    assert result.fixable_only
    assert result.scope == "added"
    assert result.denied_licenses == result.vex == result.ignores == ()
    assert result.repositories == MIRRORS
    assert len(MIRRORS) == 3
    assert result.max_age_days == 7


def test_every_setting_is_read() -> None:
    result = parse(
        '[scan]\nseverities = ["low"]\nfixable-only = false\nscope = "image"\n'
        'denied-licenses = ["AGPL-*"]\nvex = ["images/a/b.json"]\n'
        '[database]\nrepositories = ["localhost:5000/db:2"]\nmax-age-days = 1\n' + entry()
    )
    assert (result.severities, result.fixable_only, result.scope) == (("low",), False, "image")
    assert (result.denied_licenses, result.vex) == (("AGPL-*",), ("images/a/b.json",))
    assert (result.repositories, result.max_age_days) == (("localhost:5000/db:2",), 1)
    assert result.ignores == (
        Ignore(
            id="CVE-2026-1",
            package="requests",
            reason="we never call it",
            owner="data@example.com",
            expires=date(2027, 1, 31),
            file=SHARED,
        ),
    )


def test_a_time_is_no_last_day_wherever_it_comes_from() -> None:
    values: dict[str, Any] = ignore().model_dump() | {"expires": datetime(2027, 1, 31, tzinfo=UTC)}
    with pytest.raises(ValidationError, match="is not a date"):
        Ignore(**values)


def test_the_file_that_set_a_key_is_known() -> None:
    house = '[scan]\ndenied-licenses = ["AGPL-*"]\nvex = ["images/a.json"]\n[database]\nmax-age-days = 3\n'
    result = parse(house, '[scan]\nvex = ["images/b.json"]\n', name="salesforce")
    fields = ("denied_licenses", "vex", "max_age_days", "severities")
    assert [result.file_of(field) for field in fields] == [SHARED, OWN, SHARED, SHARED]
    assert parse(None, '[scan]\nscope = "image"\n', name="salesforce").file_of("scope") == OWN


def test_a_file_may_begin_as_windows_editors_begin_it() -> None:
    result = parse('\ufeff[scan]\nscope = "image"\n', "\ufeff[scan]\nvex = []\n", name="salesforce")
    assert result == parse('[scan]\nscope = "image"\n', "[scan]\nvex = []\n", name="salesforce")
    assert result.scope == "image"


@pytest.mark.parametrize("name", ["registry.example.com", "10.213.0.1:5000", "localhost", "[::1]:5000"])
def test_a_registry_without_tls_is_named_by_its_address(name: str) -> None:
    assert parse(f"[database]\nplain-http = [{toml(name)}]\n").plain_http == (name,)


def test_ignores_of_both_files_hold_with_their_origin() -> None:
    result = parse(entry() + entry(package='"urllib3"'), entry(), name="salesforce").ignores
    assert [(one.file, one.package) for one in result] == [
        (SHARED, "requests"),
        (SHARED, "urllib3"),
        (OWN, "requests"),
    ]


SETTINGS = st.fixed_dictionaries(
    {},
    optional={
        "severities": st.lists(st.sampled_from(SEVERITIES), unique=True).map(tuple),
        "fixable-only": st.booleans(),
        "scope": st.sampled_from(["added", "image"]),
        "denied-licenses": st.lists(st.sampled_from(["AGPL-*", "SSPL-1.0", "*"]), unique=True).map(tuple),
        "vex": st.lists(st.sampled_from(["images/a.json", "images/b/c.json"]), unique=True).map(tuple),
    },
)
Said = dict[str, bool | str | tuple[str, ...]]


def scan(declared: Said) -> str:
    def value(given: bool | str | tuple[str, ...]) -> str:  # noqa: FBT001 - a value, not a switch
        if isinstance(given, tuple):
            return f"[{', '.join(map(toml, given))}]"
        return toml(given) if isinstance(given, str) else str(given).lower()

    return "\n".join(["[scan]", *(f"{key} = {value(one)}" for key, one in declared.items()), ""])


@given(SETTINGS, SETTINGS)
def test_what_a_type_does_not_say_is_the_houses(house: Said, own: Said) -> None:
    result = parse(scan(house), scan(own), name="salesforce").model_dump(mode="json")
    default = Policy().model_dump(mode="json")
    for field in ("severities", "fixable_only", "scope", "denied_licenses", "vex"):
        key = field.replace("_", "-")
        expected = own.get(key, house.get(key, default[field]))
        assert result[field] == (list(expected) if isinstance(expected, tuple) else expected)


@given(SETTINGS, st.lists(st.sampled_from("abcde"), unique=True), st.randoms(use_true_random=False))
def test_the_order_of_tables_does_not_matter(
    declared: Said, packages: list[str], chance: random.Random
) -> None:
    tables = [
        scan(declared),
        "[database]\nmax-age-days = 3\n",
        *(entry(package=toml(one)) for one in packages),
    ]
    straight = parse("".join(tables))
    chance.shuffle(tables)
    mixed = parse("".join(tables))
    assert mixed.model_copy(update={"ignores": ()}) == straight.model_copy(update={"ignores": ()})
    assert set(mixed.ignores) == set(straight.ignores)
    assert len(mixed.ignores) == len(packages)


FOUND = Detection(kind=Kind.VULNERABILITY, id="CVE-2026-1", package="requests")
YAML = FOUND.model_copy(update={"package": "ruamel.yaml"})
KEY = Detection(kind=Kind.SECRET, id="CVE-2026-1", place="opt/dags/a_b.pem")


@pytest.mark.parametrize(
    ("package", "detection", "expected"),
    [
        ("requests", FOUND, True),
        (
            "requests",
            FOUND.model_copy(update={"id": "cve-2026-1", "package": "Requests"}),
            True,
        ),
        ("requests", FOUND.model_copy(update={"id": "CVE-2026-12"}), False),
        ("requests", FOUND.model_copy(update={"package": "urllib3", "place": "requests"}), False),
        ("requests", FOUND.model_copy(update={"kind": Kind.LICENSE}), True),
        *((name, YAML, True) for name in ("ruamel_yaml", "Ruamel-YAML", " ruamel.yaml ")),  # as pip does
        ("ruamelyaml", YAML, False),
        (KEY.place, KEY, True),
        *((place, KEY, False) for place in ("opt/dags/a-b.pem", "OPT/dags/a_b.pem")),
    ],
)
def test_an_ignore_speaks_of_one_id_in_one_package_or_file(
    package: str, detection: Detection, *, expected: bool
) -> None:
    assert matches(ignore(package=toml(package)), detection) is expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("AGPL-3.0-only", True),
        ("sspl-1.0", True),
        ("LGPL-3.0", False),
        ("", False),
        ("MIT OR (Apache-2.0 AND AGPL-3.0-only)", False),
        ("MIT AND (Apache-2.0 AND AGPL-3.0-only)", True),
    ],
)
def test_licenses_are_denied_by_pattern_in_any_case(name: str, expected: bool) -> None:  # noqa: FBT001 - a value
    result = parse('[scan]\ndenied-licenses = ["AGPL-*", "sspl-1.0"]\n')
    assert denied(name, result.denied_licenses) is expected
    assert not denied(name, Policy().denied_licenses)


@pytest.mark.parametrize(
    ("today", "ago"),
    [(date(2027, 2, 1), "1 day"), (date(2027, 2, 2), "2 days"), (date(2028, 1, 31), "365 days")],
)
def test_an_expired_ignore_is_reported_with_its_file_and_owner(today: date, ago: str) -> None:
    for file, policy in ((SHARED, parse(entry())), (OWN, parse(None, entry(), name="salesforce"))):
        (message,) = policy.expired(today)
        assert message == (
            f"{file}: the ignore of CVE-2026-1 in requests expired {ago} ago (2027-01-31); its owner is "
            "data@example.com: fix the finding, or renew the ignore with a reason that still holds"
        )


@given(st.lists(st.integers(-400, 400), max_size=5, unique=True))
def test_an_ignore_holds_through_its_last_day(distances: list[int]) -> None:
    today = date(2026, 6, 1)
    days = [today + timedelta(days=one) for one in distances]
    house = "".join(entry(package=toml(f"p{day}"), expires=str(day)) for day in days)
    message = parse(house).expired(today)
    assert len(message) == sum(one < 0 for one in distances)
    assert all(
        f"in p{day} " in sentence
        for day, sentence in zip([d for d in days if d < today], message, strict=True)
    )
