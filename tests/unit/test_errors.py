"""Errors for a person: every problem in the text, and the nearest right word."""

import pytest

from ci.errors import CheckError, ConfigurationError, Fault, StepError, did_you_mean


@pytest.mark.parametrize("kind", [ConfigurationError, StepError, CheckError])
def test_one_problem_is_the_whole_text(kind: type[Fault]) -> None:
    assert str(kind(["a: is wrong"])) == "a: is wrong"
    assert isinstance(kind([]), Fault)


def test_several_problems_are_counted_and_told_each_on_a_line() -> None:
    fault = ConfigurationError(["a: is wrong", "b: is missing"])
    assert str(fault) == "2 problems:\na: is wrong\nb: is missing"
    assert fault.problems == ("a: is wrong", "b: is missing")


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        ("salesfroce", ": did you mean 'salesforce'?"),
        ("apis", ": did you mean 'api'?"),
        ("zzz", ""),
        ("", ""),
    ],
)
def test_the_nearest_accepted_value_is_offered(value: str, hint: str) -> None:
    assert did_you_mean(value, ["salesforce", "api", "dbt"]) == hint


def test_the_offer_does_not_depend_on_the_order() -> None:
    assert did_you_mean("ab", ["abc", "abd"]) == did_you_mean("ab", ["abd", "abc"])
