"""How large a signed SBOM may be for the public log."""

import pytest

from ci.attest.sbom import document
from ci.attest.sbom.document import LARGEST, LOG_ENTRY, check_log_size, normalise, size
from ci.errors import ConfigurationError

from ...sboms import CYCLONEDX, SUBJECT


def test_the_largest_document_fills_an_entry_of_the_log() -> None:
    in_base64 = (LARGEST + 2) // 3 * 4
    assert 3_400_000 < in_base64 < LOG_ENTRY


def test_signs_that_signers_escape_count_as_they_are_written() -> None:
    assert size('"<a&b>"') == len(r'"\u003ca\u0026b\u003e"')
    assert size('"é"') == 4


def test_a_document_that_the_log_would_refuse_is_refused_with_its_size(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = normalise(CYCLONEDX, SUBJECT)
    check_log_size(text)
    monkeypatch.setattr(document, "LARGEST", size(text))
    check_log_size(text)
    monkeypatch.setattr(document, "LARGEST", size(text) - 1)
    message = rf"has {size(text)} bytes; the public log takes at most {size(text) - 1}\. Sign with a key"
    with pytest.raises(ConfigurationError, match=message):
        check_log_size(text)
