"""Expectations of an image, and the report of its checks with commands that do the same by hand."""

import math
import shlex
from typing import cast

import dagger
import pytest

from ci.attest.verify.expected import Check, CheckStatus, Expected, good
from ci.attest.verify.verify import report
from ci.config.names import Reference
from ci.errors import ConfigurationError
from ci.tools.cosign import Trust

WHERE = Reference(repository="ghcr.io/acme/dags-api", tag="", digest=f"sha256:{'a' * 64}")
FILE = cast("dagger.File", object())
KEY = Trust(key=FILE)
PATTERN = Trust(identity_regexp="^https://github.com/acme/.*$", issuer="https://i.example")
WEB = "https://github.com/acme/dags"
CHECKS = (
    Check(name="signature", status=CheckStatus.GOOD, detail="by the key"),
    Check(name="scan", status=CheckStatus.FAILED, detail="none"),
)


def by_hand(trust: Trust, source: str = WEB, *, plain_http: bool = False) -> list[list[str]]:
    """Return the commands, as a shell takes them apart."""
    _, _, said = report(WHERE, CHECKS, trust, plain_http=plain_http, source=source).partition("by hand:\n")
    return [shlex.split(line) for line in said.splitlines()]


def test_each_check_has_a_line() -> None:
    lines = report(WHERE, CHECKS, KEY, plain_http=False, source="").splitlines()
    assert lines[:3] == [
        f"{WHERE}: NOT verified",
        "  ok           signature  by the key",
        "  failed       scan       none",
    ]
    assert report(WHERE, CHECKS[:1], KEY, plain_http=False, source="").splitlines()[0] == f"{WHERE}: verified"


@pytest.mark.parametrize(
    "trust", [KEY, PATTERN, Trust(identity="a", issuer="i", root=FILE), Trust(key=FILE, root=FILE)]
)
def test_every_command_of_cosign_is_told_whose_signatures_count(trust: Trust) -> None:
    commands = [each for each in by_hand(trust) if each[0] == "cosign"]
    assert [each[1] for each in commands] == ["verify", *["verify-attestation"] * 3]
    given = trust.arguments()
    assert all(each[-len(given) - 1 :] == [*given, str(WHERE)] for each in commands)
    assert all(("--trusted-root" in each) is bool(trust.root) for each in commands)


def test_a_registry_without_tls_is_told_and_a_source_is_one_word_for_a_shell() -> None:
    assert all("--allow-http-registry" in command for command in by_hand(KEY, plain_http=True))
    *_, last = by_hand(PATTERN, f"{WEB}; rm -rf x")
    assert last[5] == "acme/dags; rm -rf x"


@pytest.mark.parametrize("ending", ["", "/", ".git", ".git/"])
def test_github_is_asked_for_the_repository_by_its_name(ending: str) -> None:
    *_, last = by_hand(PATTERN, f"{WEB}{ending}")
    assert last == [*["gh", "attestation", "verify"], f"oci://{WHERE}", "--repo", "acme/dags", last[-1]]
    assert last[-1] == "--bundle-from-oci"


def test_github_is_not_asked_where_it_knows_nothing() -> None:
    root = Trust(identity="a", issuer="i", root=FILE)
    for trust, source in ((KEY, WEB), (PATTERN, ""), (PATTERN, "https://git.example/a/b"), (root, WEB)):
        assert {command[0] for command in by_hand(trust, source)} == {"cosign"}


def test_a_scan_has_an_age_in_days_that_can_be() -> None:
    for days in (0, 0.5, 30, 36_500):
        Expected(digest="sha256:a", signer="the expected key", scan_days=days).check()
    for days in (-1, -0.1, 36_501, 1e12, 1e300, math.inf, -math.inf, math.nan):
        with pytest.raises(ConfigurationError, match=r"--max-scan-age .*: expected days from 0 to 36500"):
            Expected(digest="sha256:a", signer="the expected key", scan_days=days).check()


def test_what_was_not_checked_is_not_good() -> None:
    not_checked = Check(name="layers", status=CheckStatus.NOT_CHECKED, detail="")
    assert good([])
    assert [good([CHECKS[0], check]) for check in (CHECKS[0], CHECKS[1], not_checked)] == [True, False, False]
