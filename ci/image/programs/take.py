"""Take layers out of a folder of blobs, by the digests of both their forms: packed and unpacked.

    take.py FOLDER OUT LAYERS

LAYERS is JSON: {DIGEST: DIFF_ID}. A layer is copied to OUT under the hex digits of its digest; exit with the
first that is missing, or other than its digests say.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
import sys
from pathlib import Path
from typing import IO, cast

ZSTD = b"\x28\xb5\x2f\xfd"  # RFC 8878, 3.1.1
READ = 1 << 20


def digest(stream: IO[bytes]) -> str:
    """Return the digest of all that a stream gives."""
    state = hashlib.sha256()
    while piece := stream.read(READ):
        state.update(piece)
    return f"sha256:{state.hexdigest()}"


def unpacked(file: IO[bytes]) -> IO[bytes]:
    """Return the stream of a layer's tar, compressed with gzip or zstd."""
    magic = file.read(len(ZSTD))
    file.seek(0)
    if magic != ZSTD:
        return cast("IO[bytes]", gzip.GzipFile(fileobj=file))
    import zstandard  # noqa: PLC0415 - of the dependency group "layers"

    return cast("IO[bytes]", zstandard.ZstdDecompressor().stream_reader(file))


def take(source: Path, layer: str, diff_id: str, target: Path) -> None:
    """Copy a layer; raise ValueError if either digest is another one, OSError if it is missing or broken."""
    with source.open("rb") as file:
        if (other := digest(file)) != layer:
            raise ValueError(f"expected the content of {layer}, got that of {other}")
        file.seek(0)
        if (other := digest(unpacked(file))) != diff_id:
            raise ValueError(f"{layer}: expected {diff_id} unpacked, got {other}")
    shutil.copyfile(source, target)


def main(folder: Path, out: Path, layers: str) -> None:
    """Take every layer."""
    out.mkdir(parents=True, exist_ok=True)
    for layer, diff_id in json.loads(layers).items():
        name = layer.partition(":")[2]
        try:
            take(folder / name, layer, diff_id, out / name)
        except (OSError, ValueError, EOFError) as error:
            sys.exit(str(error))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
