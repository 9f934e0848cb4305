"""Compress layers with zstd: those that capture wrote with --plain, in a folder and in the folders in it.

    zstd PLAIN OUT

Writes layer.tar.zst and layer.json to the same paths in OUT. The same layer gives the same bytes: one level,
one thread, and zstandard's own libzstd, whose version pyproject.toml pins.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

# 9 takes four times as long for 7 to 18 % less. One level: branch and release of a commit are one image.
LEVEL = 3


def compress(plain: Path, out: Path) -> None:
    """Compress the layer in a folder into another one, with its size and a checksum in the frame."""
    import zstandard  # noqa: PLC0415 - of the dependency group "layers"

    description = json.loads((plain / "layer.json").read_text(encoding="utf-8"))
    out.mkdir(parents=True, exist_ok=True)
    if description["files"]:
        source, target = plain / "layer.tar", out / "layer.tar.zst"
        compressor = zstandard.ZstdCompressor(level=LEVEL, write_checksum=True)
        with source.open("rb") as tar, target.open("wb") as packed:
            _, size = compressor.copy_stream(tar, packed, size=source.stat().st_size)
        with target.open("rb") as packed:
            digest = hashlib.file_digest(packed, "sha256").hexdigest()
        description |= {"digest": f"sha256:{digest}", "size": size, "compression": "zstd"}
    (out / "layer.json").write_text(json.dumps(description, sort_keys=True), encoding="utf-8")


def main(plain: Path, out: Path) -> None:
    """Compress every layer."""
    for description in sorted(plain.rglob("layer.json")):
        compress(description.parent, out / description.parent.relative_to(plain))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
