"""Errors for a person: every problem in the text, and the nearest right word."""

import pytest

from ci.errors import CheckError, ConfigurationError, Fault, StepError, did_you_mean


@pytest.mark.parametrize("kind", [ConfigurationError, StepError, CheckError])
def test_one_problem_is_the_whole_text_and_several_are_counted_and_told_each_on_a_line(
    kind: type[Fault],
) -> None:
    assert str(kind(["a: is wrong"])) == "a: is wrong"
    fault = kind(["a: is wrong", "b: is missing"])
    assert str(fault) == "2 problems:\na: is wrong\nb: is missing"
    assert fault.problems == ("a: is wrong", "b: is missing")


def test_the_nearest_accepted_value_is_offered_in_whatever_order_they_come() -> None:
    hints = {"salesfroce": ": did you mean 'salesforce'?", "apis": ": did you mean 'api'?", "zzz": "", "": ""}
    assert {value: did_you_mean(value, ["salesforce", "api", "dbt"]) for value in hints} == hints
    assert did_you_mean("ab", ["abc", "abd"]) == did_you_mean("ab", ["abd", "abc"])
