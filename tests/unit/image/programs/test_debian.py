"""What an installation of Debian packages generates is fixed or removed: each gives the same files."""

import struct
from hashlib import sha1
from pathlib import Path

import pytest

from ci.image.programs import debian


def key_store(*entries: tuple[str, int], tag: int = 2, word: str = "changeit") -> bytes:
    """Return a JKS of certificates, by alias and time in milliseconds, as OpenJDK writes it."""
    content = struct.pack(">III", 0xFEEDFEED, 2, len(entries))
    for alias, time in entries:
        content += struct.pack(">IH", tag, len(alias)) + alias.encode() + struct.pack(">Q", time)
        content += struct.pack(">H", 5) + b"X.509" + struct.pack(">I", 4) + f"{alias:4.4}".encode()
    return content + sha1(word.encode("utf-16-be") + b"Mighty Aphrodite" + content).digest()  # noqa: S324


def test_a_key_store_has_one_order_and_one_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "315532800")
    expected = key_store(("debian:a.pem", 315532800000), ("debian:b.pem", 315532800000))
    assert debian.timeless(key_store(("debian:b.pem", 17), ("debian:a.pem", 18))) == expected
    assert debian.timeless(expected) == expected


@pytest.mark.parametrize(
    "store",
    [
        b"",
        b"PK\x03\x04",
        key_store(("a", 1), tag=1),
        key_store(("a", 1), word="x"),
        key_store(("a", 1)) + b"x",
    ],
)
def test_another_file_stays_as_it_is(store: bytes) -> None:
    assert debian.timeless(store) == store


def test_what_belongs_to_one_machine_is_removed_unless_the_base_has_it(tmp_path: Path) -> None:
    contents = {
        "etc/machine-id": "1",
        "etc/ssh/ssh_host_rsa_key": "new",
        "etc/ssh/ssh_host_ed25519_key": "base",
    }
    for name, text in contents.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    debian.settle(tmp_path, {"etc/ssh/ssh_host_ed25519_key"})
    left = {path.name: path.read_text() for path in tmp_path.rglob("*") if path.is_file()}
    assert left == {"machine-id": "", "ssh_host_ed25519_key": "base"}


def test_links_to_manuals_that_a_slim_image_lacks_go_with_their_folder(tmp_path: Path) -> None:
    for name in ("man1", "man5"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "java.1.gz").symlink_to("nowhere")
    (tmp_path / "man5" / "kept.5").write_text("")
    for name in ("man1", "man5"):
        debian.remove_dangling_links(tmp_path / name)
    assert [path.name for path in tmp_path.rglob("*")] == ["man5", "kept.5"]
