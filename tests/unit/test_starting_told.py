"""What is shown of old files holds no secret and fits on a line."""

import pytest

from ci.starting.told import shown


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a  \n b", "a b"),
        ("`a`", "'a'"),
        ("TOKEN=x y", "TOKEN=*** y"),
        ("x" * 200, "x" * 120 + "…"),
    ],
)
def test_a_text_is_shown_without_secrets_on_one_line(text: str, expected: str) -> None:
    assert shown(text) == expected


def test_a_secret_is_masked_before_the_text_is_cut() -> None:
    assert "hunter2" not in shown(f"{'x' * 90} --password='my hunter2 {'y' * 60}'")
    assert "hunter2" not in shown('["curl",\n  "-u",\n  "user:hunter2"]')
