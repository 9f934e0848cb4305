"""Whose signatures count: a key's, or those of an identity, which a pattern must fit as a whole."""

import re
from typing import Any, cast

import dagger
import pytest

from ci.errors import ConfigurationError
from ci.tools.cosign import Trust

ISSUER = "https://token.actions.githubusercontent.com"
FILE = cast("dagger.File", object())  # which one doesn't matter here


def by(**given: Any) -> Trust:  # noqa: ANN401 - any of its fields
    fields: dict[str, Any] = {"issuer": ISSUER, **given}
    return Trust(**fields)


@pytest.mark.parametrize(
    ("pattern", "fits", "fits_not"),
    [
        ("^a|b$", ("a", "b"), ("ax", "xb", "a-evil", "")),
        ("^|$", ("",), ("a", "anything")),
        ("^$|^.$", ("", "a"), ("ab",)),
        (r"^https://e\.x/(a|b)$", ("https://e.x/a",), ("https://e.x/ab", "https://exx/a")),
        (r"^a\$", (), ("a", "a-evil")),
        ("^[$]", (), ("a",)),
    ],
)
def test_a_pattern_fits_whole_identities_only(
    pattern: str, fits: tuple[str, ...], fits_not: tuple[str, ...]
) -> None:
    trust = by(identity_regexp=pattern)
    handed = trust.arguments()[1]
    # Cosign looks for a fit anywhere, as ``search`` does.
    assert [each for each in fits if not re.search(handed, each)] == []
    assert [each for each in fits_not if re.search(handed, each)] == []


@pytest.mark.parametrize(
    ("problem", "patterns"),
    [
        ("begin it with ^ and end it with $", ("acme", "^acme", "acme$")),
        ("invalid regular expression", ("^(acme$", "^a)|(?:b$", "^(?i)a$")),
    ],
)
def test_a_pattern_that_is_none_or_has_no_ends_is_refused(problem: str, patterns: tuple[str, ...]) -> None:
    for pattern in patterns:
        with pytest.raises(ConfigurationError, match=re.escape(problem)) as caught:
            by(identity_regexp=pattern).check()
        assert repr(pattern) in str(caught.value)


def test_a_pattern_with_ends_is_taken() -> None:
    for pattern in ("^a$", "^a|b$", "^(?:a|b)$"):
        trust = by(identity_regexp=pattern)
        trust.check()
        assert trust.words() == f"{pattern} ({ISSUER})"


def test_what_cosign_is_told() -> None:
    issuer = ["--certificate-oidc-issuer", ISSUER]
    assert by(identity="a").arguments() == ["--certificate-identity", "a", *issuer]
    assert by(identity_regexp="^a$").arguments() == ["--certificate-identity-regexp", "^(?:^a$)$", *issuer]
    assert Trust(key=FILE).arguments() == ["--key", "cosign.pub", "--insecure-ignore-tlog"]
    assert Trust(key=FILE).arguments("/k")[1] == "/k"
    for trust in (
        by(identity="a", root=FILE),
        by(identity_regexp="^a$", root=FILE),
        Trust(key=FILE, root=FILE),
    ):
        assert trust.arguments()[-2:] == ["--trusted-root", "trusted-root.json"]
        assert trust.arguments("/k", "/r")[-2:] == ["--trusted-root", "/r"]


@pytest.mark.parametrize("trust", [by(), by(identity="a", key=FILE), by(identity="a", identity_regexp="^a$")])
def test_exactly_one_must_count(trust: Trust) -> None:
    with pytest.raises(ConfigurationError, match="choose one: --key, or --certificate-identity"):
        trust.check()


@pytest.mark.parametrize("named", [{"identity": "a"}, {"identity_regexp": "^a$"}])
def test_an_identity_counts_by_its_issuer(named: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError, match="needs --certificate-oidc-issuer"):
        Trust(**cast("Any", named)).check()
