"""What a move of the base changes, in words."""

import pytest

from ci.lock import bump_text

OLD, NEW = "docker.io/apache/airflow:3.1.5-python3.13", "docker.io/apache/airflow:3.2.2-python3.13"


def lock(**packages: str) -> str:
    tables = [f'[[packages]]\nname = "{name}"\nversion = "{value}"\n' for name, value in packages.items()]
    return "".join(['lock-version = "1.0"\ncreated-by = "uv"\n', *tables])


def test_changed_packages_are_listed_by_type() -> None:
    locks = {
        "b": (lock(zeep="4.3.2", lxml="6.0.2", gone="1"), lock(zeep="4.3.3", lxml="6.0.2", new="2")),
        "a": (lock(zeep="4.3.2"), lock(zeep="4.3.2")),
        "c": (None, lock(zeep="4.3.3")),
    }
    assert bump_text.changes(OLD, NEW, locks, {}) == (
        f"The base image of every DAG type changes.\n\n- old: `{OLD}`\n- new: `{NEW}`\n\n"
        "a: no package changes\n\n"
        "b: 3 packages change\n- `gone` `1` is removed\n- `new` `2` is new\n- `zeep` `4.3.2` -> `4.3.3`\n\n"
        "c: 1 package changes\n- `zeep` `4.3.3` is new"
    )
    text = bump_text.changes(OLD, NEW, {"a": (None, lock(**{"<b>": "[x](y)"}))}, {})
    assert "<b>" not in text
    assert "[x]" not in text


def test_days_that_hold_the_next_lock_back_are_named() -> None:
    text = bump_text.changes(OLD, NEW, {}, {"images/a/pyproject.toml": "2025-12-20"})
    assert "or the next lock uses the old date:" in text
    assert text.endswith("\n- `images/a/pyproject.toml`: `2025-12-20`")
    (problem,) = bump_text.date_problems({"images/a/pyproject.toml": "2025-12-20"})
    assert problem.startswith("images/a/pyproject.toml: [tool.uv] exclude-newer = 2025-12-20 ")
    assert problem.endswith("or give --exclude-newer")


@pytest.mark.parametrize(("series", "why"), [("3.1", "is the newest of 3.1.x"), (None, "is pinned already")])
def test_nothing_newer_is_reported_with_the_pinned_base(series: str | None, why: str) -> None:
    assert bump_text.unchanged(OLD, series) == f"Nothing changes: the base image `{OLD}` {why}."


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ('[tool.uv]\nexclude-newer = "2025-12-20T00:00:00Z"', "2025-12-20T00:00:00Z"),
        ("[tool.uv]\nexclude-newer = 2025-12-20", "2025-12-20"),
        ("[tool.uv]\n", ""),
        ("[project]\nname = 'a'", ""),
        ("tool = 1", ""),
        ("[tool", ""),
        (None, ""),
    ],
)
def test_the_day_of_a_type_is_read_where_it_has_one(text: str | None, day: str) -> None:
    assert bump_text.exclude_newer(text) == day
