"""The base's pin: one reference is replaced, and not one other character."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci.config import pins
from ci.errors import ConfigurationError
from ci.lock import pins_file

OURS = pins.PINS_FILE.read_text(encoding="utf-8")
OTHER = "docker.io/apache/airflow:3.99.1-python3.13"


def test_the_projects_own_file_changes_in_that_reference_alone() -> None:
    old = pins_file.pinned(OURS)
    moved = pins_file.with_base(OURS, OTHER)
    assert old == pins.image("airflow")
    assert moved == OURS.replace(f'"{old}"', f'"{OTHER}"')
    assert moved.count(OTHER) == 1
    assert pins_file.with_base(moved, old) == OURS


@pytest.mark.parametrize(
    ("text", "moved"),
    [
        (
            "# b\r\n[images]\r\nairflow = 'a:1' # c\r\nz = 'a:1'",
            "# b\r\n[images]\r\nairflow = 'N' # c\r\nz = 'a:1'",
        ),
        ('[images]\nuv = "a:1"\n  airflow="a:1"\n', '[images]\nuv = "a:1"\n  airflow="N"\n'),
        ('# airflow = "a:1"\n[images]\nairflow = "a:1"', '# airflow = "a:1"\n[images]\nairflow = "N"'),
        (
            '[images]\nairflow = "a.b:1"\n[more]\nairflow2 = "a.b:1"',
            '[images]\nairflow = "N"\n[more]\nairflow2 = "a.b:1"',
        ),
    ],
)
def test_comments_order_quotes_and_line_ends_stay(text: str, moved: str) -> None:
    assert pins_file.with_base(text, "N") == moved


@given(
    st.dictionaries(
        st.from_regex(r"[a-z]{1,8}", fullmatch=True), st.from_regex(r"[a-z./:@0-9-]*", fullmatch=True)
    ),
    st.lists(st.from_regex(r"# [^\n\r\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]*", fullmatch=True), max_size=3),
)
def test_whatever_is_beside_it_stays(images: dict[str, str], comments: list[str]) -> None:
    lines = [
        *comments,
        "[images]",
        *(f'{name} = "{value}"' for name, value in {**images, "airflow": "a:1"}.items()),
    ]
    text = "\n".join(lines)
    moved = pins_file.with_base(text, OTHER)
    assert tomllib.loads(moved) == {"images": {**images, "airflow": OTHER}}
    assert [line for line in moved.split("\n") if OTHER not in line] == [
        line for line in lines if not line.startswith("airflow =")
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[images", "ci/pins.toml: invalid TOML: "),
        ("", "names no base image"),
        ("images = 1", "names no base image"),
        ("[images]\nairflow = 3", "names no base image"),
    ],
)
def test_a_file_without_a_base_is_refused(text: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        pins_file.pinned(text)


@pytest.mark.parametrize(
    "text",
    [
        'images = { airflow = "a:1" }',
        'images.airflow = "a:1"',
        '[images]\n"airflow" = "a:1"',
        '[images]\nairflow = """a:1"""',
        '[images]\nairflow = "a:\\u0031"',
        '[images]\nairflow = "a:1"\n[more]\nairflow = "a:1"',
    ],
)
def test_another_way_to_write_it_is_refused_and_never_half_changed(text: str) -> None:
    assert pins_file.pinned(text) == "a:1"
    with pytest.raises(
        ConfigurationError, match=r"could not set airflow to .*; expected \[images\] airflow = "
    ):
        pins_file.with_base(text, OTHER)


@pytest.mark.parametrize(
    ("current", "newest", "expected"),
    [
        ("3.1.5", "3.1.8", "3.1.8"),
        ("3.1.9", "3.1.10", "3.1.10"),
        ("3.1.5", "3.1.5", "3.1.5"),
        ("3.1.5", "3.1.4", "3.1.5"),  # as of a day before the pinned one
        ("3.2.0rc1", "3.2.0", "3.2.0"),
        ("3.1.5", "3.2.0", "3.2.0"),
        ("3.2.1", "3.1.8", "3.1.8"),  # another series was asked for by name
    ],
)
def test_within_a_series_nothing_goes_back(current: str, newest: str, expected: str) -> None:
    assert pins_file.target(current, newest) == expected


@pytest.mark.parametrize(
    ("airflow", "series"), [("", "3.1"), ("3.1.x", "3.1"), ("3.2.x", "3.2"), ("3.2", "3.2"), ("3.2.1", None)]
)
def test_the_series_is_the_pinned_ones_where_none_is_asked_for(airflow: str, series: str | None) -> None:
    assert pins_file.requested_series(airflow, "3.1.5") == series


def test_a_base_of_someones_own_says_nothing_of_newer_ones() -> None:
    assert pins_file.version("apache/airflow:slim-3.1.5-python3.13@sha256:" + "a" * 64) == "3.1.5"
    with pytest.raises(ConfigurationError, match=r"r\.example/base:7 doesn't begin .* change it by hand"):
        pins_file.version("r.example/base:7")
