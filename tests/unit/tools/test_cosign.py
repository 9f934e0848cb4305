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


def test_a_pattern_fits_whole_identities_only() -> None:
    for pattern, fits, fits_not in (
        ("^a|b$", ("a", "b"), ("ax", "xb", "a-evil", "")),
        ("^|$", ("",), ("a", "anything")),
        ("^$|^.$", ("", "a"), ("ab",)),
        (r"^https://e\.x/(a|b)$", ("https://e.x/a",), ("https://e.x/ab", "https://exx/a")),
        (r"^a\$", (), ("a", "a-evil")),
        ("^[$]", (), ("a",)),
    ):
        trust = by(identity_regexp=pattern)
        handed = trust.arguments()[1]
        # Cosign looks for a fit anywhere, as ``search`` does.
        assert [each for each in fits if not re.search(handed, each)] == []
        assert [each for each in fits_not if re.search(handed, each)] == []


def test_a_pattern_that_is_none_or_has_no_ends_is_refused() -> None:
    ends, invalid = "begin it with ^ and end it with $", "invalid regular expression"
    problems = dict.fromkeys(("acme", "^acme", "acme$"), ends)
    for pattern, problem in (problems | dict.fromkeys(("^(acme$", "^a)|(?:b$", "^(?i)a$"), invalid)).items():
        with pytest.raises(ConfigurationError, match=re.escape(problem)) as caught:
            by(identity_regexp=pattern).check()
        assert repr(pattern) in str(caught.value)
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


def test_exactly_one_must_count_and_an_identity_by_its_issuer() -> None:
    for trust in (by(), by(identity="a", key=FILE), by(identity="a", identity_regexp="^a$")):
        with pytest.raises(ConfigurationError, match="choose one: --key, or --certificate-identity"):
            trust.check()
    for trust in (Trust(identity="a"), Trust(identity_regexp="^a$")):
        with pytest.raises(ConfigurationError, match="needs --certificate-oidc-issuer"):
            trust.check()
