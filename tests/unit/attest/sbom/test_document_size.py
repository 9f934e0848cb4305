"""SBOMs and the public log: how large a signed one may be, and what is left out first."""

import json

import pytest

from ci.attest.sbom import document, spdx
from ci.attest.sbom.document import LARGEST, LOG_ENTRY, fits, normalise, packages, size, slim
from ci.errors import ConfigurationError
from ci.image.oci import canonical

from ...sboms import DOCUMENTS, SPDX, SUBJECT, mistakes

of_both = pytest.mark.parametrize("kind", DOCUMENTS)


def test_the_largest_document_fills_an_entry_of_the_log() -> None:
    in_base64 = (LARGEST + 2) // 3 * 4
    assert 3_400_000 < in_base64 < LOG_ENTRY


def test_signs_that_signers_escape_count_as_they_are_written() -> None:
    assert size('"<a&b>"') == len(r'"\u003ca\u0026b\u003e"')
    assert size('"é"') == 4


@of_both
def test_a_small_document_stays_as_it_is(kind: str) -> None:
    text = DOCUMENTS[kind]
    assert fits(text)
    assert slim(text) == text


def limited(monkeypatch: pytest.MonkeyPatch, limit: int) -> None:
    monkeypatch.setattr(document, "LARGEST", limit)


@of_both
def test_the_scanners_own_notes_go_first(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text = DOCUMENTS[kind]
    whole = normalise(text, SUBJECT)
    limited(monkeypatch, size(whole) - 1)
    found = slim(whole)
    assert fits(found)
    assert "LayerDiffID" in found
    assert "PkgType" not in found
    assert "left" in found
    assert not mistakes(found)


@of_both
def test_each_smaller_document_is_valid_and_names_all_packages(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = DOCUMENTS[kind]
    whole = normalise(text, SUBJECT)
    sizes = [size(whole)]
    while True:
        limited(monkeypatch, sizes[-1] - 1)
        try:
            found = slim(whole)
        except ConfigurationError:
            break
        assert packages(found) == packages(whole)
        assert not mistakes(found)
        assert slim(whole) == found == canonical(json.loads(found))
        sizes.append(size(found))
    assert len(sizes) == {"cyclonedx": 3, "spdx": 4}[kind]


def test_without_its_files_a_package_does_not_claim_that_they_were_analysed() -> None:
    *_, least = map(canonical, spdx.SPDX.slimmed(json.loads(normalise(SPDX, SUBJECT))))
    assert "verificationCode" not in least
    assert '"filesAnalyzed":true' not in least
    assert "SPDXRef-File" not in least


@of_both
def test_what_is_too_large_all_the_same_is_refused_with_its_sizes(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = DOCUMENTS[kind]
    limited(monkeypatch, 100)
    with pytest.raises(
        ConfigurationError, match=rf"has {size(text)} bytes, and \d+ .* takes 100 .*: sign by a key"
    ):
        slim(text)
