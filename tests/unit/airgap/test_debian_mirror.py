"""Which mirror a machine's apt sources name, in both formats, among other people's archives."""

from pathlib import Path

import pytest

from airgap.debian_mirror import Mirror, host_mirror, mirror_from_text
from airgap.errors import AirgapError

_DEB822 = """\
# the archive
Types: deb deb-src
URIs: http://mirror.example/debian/
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main
"""
_LINES = """\
# deb http://old.example/debian bookworm main
deb [arch=amd64 signed-by=/k.gpg] http://mirror.example/debian bookworm main contrib # ours
deb-src http://sources.example/debian bookworm main
deb http://mirror.example/debian bookworm-updates main
deb http://mirror.example/debian-security bookworm-security main
"""
_OTHERS = "deb https://tools.example bookworm main\ndeb https://docker.example/linux/debian bookworm stable\n"
_EXPECTED = Mirror("http://mirror.example/debian", "http://mirror.example/debian-security")


@pytest.mark.parametrize("texts", [[_DEB822], [_LINES], [_OTHERS, _LINES], [_LINES, _OTHERS]])
def test_archive_and_security_archive_are_named_among_other_peoples(texts: list[str]) -> None:
    assert host_mirror("debian", "bookworm", texts) == _EXPECTED


@pytest.mark.parametrize(
    "text",
    [
        "deb http://mirror.example/debian bookworm main",
        "Types: deb\nURIs:\n http://mirror.example/debian\nSuites: bookworm\nComponents:\n main\n contrib\n",
    ],
)
def test_an_archive_without_security_updates_is_a_mirror(text: str) -> None:
    assert host_mirror("debian", "bookworm", [text]) == Mirror("http://mirror.example/debian")


@pytest.mark.parametrize(
    ("identity", "text"),
    [
        ("ubuntu", _LINES),
        ("debian", ""),
        ("debian", "deb cdrom:[Debian]/ bookworm main"),
        ("debian", "deb http://mirror.example/debian trixie main"),
        ("debian", "deb http://mirror.example/debian bookworm contrib"),
        ("debian", _DEB822.replace("Types: deb deb-src", "Enabled: no\nTypes: deb")),
    ],
)
def test_no_mirror_is_found(identity: str, text: str) -> None:
    assert host_mirror(identity, "bookworm", [text]) is None


def test_a_user_may_name_one_or_two_archives() -> None:
    assert mirror_from_text("http://a.example/debian") == Mirror("http://a.example/debian")
    assert mirror_from_text(" file:/srv/debian  http://a.example/s ") == Mirror(
        "file:/srv/debian", "http://a.example/s"
    )


@pytest.mark.parametrize("text", ["mirror.example", "", "http://a http://b http://c"])
def test_what_is_no_archive_is_refused_with_its_value(text: str) -> None:
    with pytest.raises(AirgapError, match="expected the address of an archive") as error:
        mirror_from_text(text)
    assert repr(text) in str(error.value)


def test_sources_name_suites_and_keyring_and_can_be_read_back() -> None:
    text = _EXPECTED.sources("trixie", Path("/k.gpg"))
    first, second = text.split("\n\n")
    assert "URIs: http://mirror.example/debian\nSuites: trixie trixie-updates\n" in first
    assert "URIs: http://mirror.example/debian-security\nSuites: trixie-security\n" in second
    assert text.count("Signed-By: /k.gpg") == 2
    assert host_mirror("debian", "trixie", [text]) == _EXPECTED
