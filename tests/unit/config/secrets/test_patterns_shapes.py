"""No file makes the search for secrets slow: every pattern's work grows with the length of the text alone."""

import re
from typing import Any

import pytest

from ci.config.secrets import patterns as secrets_patterns

from ...backtracking import Analysis
from ...sources import message


def patterns() -> dict[str, re.Pattern[bytes]]:
    """Return the patterns for the content of files, by their names."""
    names: dict[str, Any] = dict(vars(secrets_patterns))
    for number, settings in enumerate(names["_SETTINGS"]):
        names |= {f"_SETTINGS[{number}].secret": settings.secret, f"_SETTINGS[{number}].text": settings.text}
    return {name: value for name, value in names.items() if isinstance(value, re.Pattern)}


def test_no_content_takes_longer_than_its_length() -> None:
    result = patterns()
    assert len(result) > 30
    offenders = [
        f"{name}: {problem}" for name, pattern in result.items() for problem in Analysis(pattern).problems
    ]
    assert not offenders, message("let what is repeated differ from what stands on both sides", offenders)


PROBLEMS = {
    "one text is several": (
        *(rb"x(a+)+b", rb"x(a|a)*b", rb"x(?:a|b|ab)*c", rb"x(?:a*)*b", rb"x(?:a?b?)*c", rb"x(?:a*b?c?a)*d"),
        rb"x(?:[ab]*c?a)*d",
    ),
    "a search can begin": (
        *(rb"a*b", rb"a{0,500}b", rb".*x", rb"\w+_p", rb"(?m)^\s*x", rb"xa*a*b", rb"(?i)xA*a*b"),
        *(rb"x\s*\s*:", rb"x[ab]*a[ab]*c", rb"x(?:a*|b)c*a*d", rb"x.*y.*z", rb"(?s)\A.*x.*y"),
        *(rb"x(?=a*a*b)c", rb"(?:x|)a*b", rb"(?:^|a)a*b"),
    ),
    "ways to match from one start": (rb"(?:a{0,9}){0,9}b", rb"x(?:a{0,99}a{0,99}){2}a{0,99}b"),
}
HARMLESS = (
    *(rb"x[ab]*c", rb"x[ab]*c[ab]*d", rb"x(a|ab)*c", rb"x(?:a+b)*c", rb",\w+_p", rb"(?m)^[ \t]*x"),
    *(rb"\Aa*b", rb'\A\s*[{].*?"k"\s*:', rb"a{0,99}b"),
)


@pytest.mark.parametrize(
    ("pattern", "problem"), [(each, problem) for problem, those in PROBLEMS.items() for each in those]
)
def test_a_pattern_whose_work_grows_faster_is_seen(pattern: bytes, problem: str) -> None:
    assert any(problem in found for found in Analysis(re.compile(pattern)).problems)


@pytest.mark.parametrize("pattern", HARMLESS)
def test_a_pattern_without_such_a_repeat_is_none(pattern: bytes) -> None:
    assert Analysis(re.compile(pattern)).problems == []
