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


_MAIN = "http://mirror.example/debian"
_WRAPPED = f"Types: deb\nURIs:\n {_MAIN}\nSuites: bookworm\nComponents:\n main\n contrib\n"


@pytest.mark.parametrize(
    ("texts", "mirror"),
    [
        *((texts, _EXPECTED) for texts in ([_DEB822], [_LINES], [_OTHERS, _LINES], [_LINES, _OTHERS])),
        *(([text], Mirror(_MAIN)) for text in (f"deb {_MAIN} bookworm main", _WRAPPED)),
        *(([f"deb {text}"], None) for text in ("cdrom:[Debian]/ bookworm main", f"{_MAIN} trixie main")),
        *(([text], None) for text in ("", f"deb {_MAIN} bookworm contrib")),
        ([_DEB822.replace("Types: deb deb-src", "Enabled: no\nTypes: deb")], None),
    ],
)
def test_archive_and_security_archive_are_named_among_other_peoples(
    texts: list[str], mirror: Mirror | None
) -> None:
    assert host_mirror("debian", "bookworm", texts) == mirror
    assert host_mirror("ubuntu", "bookworm", texts) is None


def test_a_user_may_name_one_or_two_archives() -> None:
    two = Mirror("file:/srv/debian", "http://a.example/s")
    assert mirror_from_text(" file:/srv/debian  http://a.example/s ") == two
    assert mirror_from_text("http://a.example/debian") == Mirror("http://a.example/debian")
    for text in ("mirror.example", "", "http://a http://b http://c"):
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
