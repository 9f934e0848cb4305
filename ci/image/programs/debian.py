"""Install Debian packages in a slim image as in a whole one, and leave the same files every time.

    debian.py NAME …

Runs as root, under the image's Python (3.9 or later). What the packages' scripts generate at random or with
the time of day is fixed (Java's certificates, machine ids) or removed (host keys, self-signed certificates).
"""

from __future__ import annotations

import hashlib
import os
import shutil
import struct
import subprocess
import sys
from pathlib import Path

# Slim images have no folders of manuals, in which update-alternatives writes links.
MANUALS = tuple(Path(f"/usr/share/man/man{section}") for section in range(1, 9))
NO_SERVICES = Path("/usr/sbin/policy-rc.d")
LISTS = Path("/var/lib/apt/lists")
JAVA_CERTIFICATES = Path("/etc/ssl/certs/java/cacerts")
# Keys of one machine, which no image may share; their packages' services make new ones.
KEYS = ("etc/ssh/ssh_host_*", "etc/ssl/private/ssl-cert-snakeoil.key", "etc/ssl/certs/ssl-cert-snakeoil.pem")
MACHINE_IDS = ("etc/machine-id", "var/lib/dbus/machine-id")

_MAGIC = 0xFEEDFEED
_CERTIFICATE = 2
_PASSWORD = "changeit"  # noqa: S105 - Java's own, the same everywhere


def install(names: list[str]) -> int:
    """Install packages without questions, services or recommended packages; return apt-get's exit code."""
    added = [folder for folder in MANUALS if not folder.exists()]
    for folder in added:
        folder.mkdir(parents=True)
    own_policy = not NO_SERVICES.exists()
    if own_policy:
        NO_SERVICES.write_text("#!/bin/sh\nexit 101\n", encoding="utf-8")
        NO_SERVICES.chmod(0o755)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8", "TZ": "UTC"}
    try:
        for command in (["update"], ["install", "--yes", "--no-install-recommends", *sorted(names)]):
            apt_get = ["/usr/bin/apt-get", "-q", *command]
            if code := subprocess.run(apt_get, env=environment, check=False).returncode:  # noqa: S603
                return code
    finally:
        for path in LISTS.glob("*"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        if own_policy:
            NO_SERVICES.unlink()
        for folder in added:
            remove_dangling_links(folder)
    return 0


def remove_dangling_links(folder: Path) -> None:
    """Remove the links to manuals that a slim image doesn't have, and the folder if nothing else is in it."""
    for link in folder.iterdir():
        if link.is_symlink() and not link.exists():
            link.unlink()
    if not any(folder.iterdir()):
        folder.rmdir()


def settle(root: Path, before: set[str]) -> None:
    """Fix or remove what differs from one installation to the next; ``before`` has ``generated`` files."""
    for name in sorted(generated(root) - before):
        path = root / name
        path.unlink()
        if name == "etc/machine-id":
            path.touch()  # an empty one is filled when a machine starts (machine-id(5))
    for link in (root / "etc/ssl/certs").glob("*"):
        if link.is_symlink() and not link.exists() and "snakeoil" in str(link.readlink()):
            link.unlink()
    java = root / JAVA_CERTIFICATES.relative_to("/")
    if java.is_file():
        java.write_bytes(timeless(java.read_bytes()))


def generated(root: Path) -> set[str]:
    """Return the files that belong to one machine, relative to the root."""
    paths = {path for pattern in (*KEYS, *MACHINE_IDS) for path in root.glob(pattern)}
    return {path.relative_to(root).as_posix() for path in paths if path.is_symlink() or path.stat().st_size}


def timeless(store: bytes) -> bytes:
    """Return a Java key store (JKS, version 2) of certificates sorted by alias, all of the same time.

    Another file is returned as it is. Format: sun.security.provider.JavaKeyStore of OpenJDK.
    """
    content, digest = store[:-20], store[-20:]
    if len(store) < 32 or struct.unpack(">II", store[:8]) != (_MAGIC, 2) or _digest(content) != digest:
        return store
    (count,) = struct.unpack(">I", content[8:12])
    entries: list[tuple[bytes, bytes]] = []
    offset = 12
    for _ in range(count):
        tag, length = struct.unpack_from(">IH", content, offset)
        if tag != _CERTIFICATE:
            return store
        alias = content[offset + 6 : offset + 6 + length]
        offset += 6 + length + 8
        (kind,) = struct.unpack_from(">H", content, offset)
        (size,) = struct.unpack_from(">I", content, offset + 2 + kind)
        end = offset + 2 + kind + 4 + size
        entries.append((alias, content[offset:end]))
        offset = end
    head = struct.pack(">III", _MAGIC, 2, count)
    time = int(os.environ.get("SOURCE_DATE_EPOCH", "0")) * 1000
    packed = b"".join(
        struct.pack(">IH", _CERTIFICATE, len(alias)) + alias + struct.pack(">Q", time) + rest
        for alias, rest in sorted(entries)
    )
    return head + packed + _digest(head + packed)


def _digest(content: bytes) -> bytes:
    salted = _PASSWORD.encode("utf-16-be") + b"Mighty Aphrodite" + content
    return hashlib.sha1(salted).digest()  # noqa: S324 - the format's own


def main() -> int:
    """Install the packages that the arguments name."""
    root = Path("/")
    before = generated(root)
    code = install(sys.argv[1:])
    if code == 0:
        settle(root, before)
    return code


if __name__ == "__main__":
    sys.exit(main())
