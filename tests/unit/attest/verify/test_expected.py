"""What may be asked of an image, and what counts as good."""

import math

import pytest

from ci.attest.verify.expected import Check, CheckStatus, Expected, good
from ci.errors import ConfigurationError


@pytest.mark.parametrize("days", [0, 0.5, 30, 36_500])
def test_a_scan_may_be_so_old(days: float) -> None:
    expected = Expected(digest="sha256:a", signer="the expected key", scan_days=days)
    expected.check()
    assert expected.scan_days == days


@pytest.mark.parametrize("days", [-1, -0.1, 36_501, 1e12, 1e300, math.inf, -math.inf, math.nan])
def test_days_that_no_scan_can_have_are_refused(days: float) -> None:
    with pytest.raises(ConfigurationError, match=r"--max-scan-age .*: expected days from 0 to 36500"):
        Expected(digest="sha256:a", signer="the expected key", scan_days=days).check()


@pytest.mark.parametrize(
    ("outcomes", "all_good"),
    [
        ([], True),
        ([CheckStatus.GOOD], True),
        ([CheckStatus.GOOD, CheckStatus.NOT_CHECKED], False),
        ([CheckStatus.FAILED], False),
    ],
)
def test_what_was_not_checked_is_not_good(outcomes: list[CheckStatus], all_good: bool) -> None:  # noqa: FBT001 - a column
    assert good([Check(name="a", status=each, detail="") for each in outcomes]) is all_good
