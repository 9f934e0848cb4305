"""Compare two layers file by file: kind, mode, owner, size, time, target and content.

    layer_diff.py ONE OTHER

Prints JSON: a list of sentences, at most a hundred.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import sys
import tarfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

LIMIT = 100


@contextmanager
def opened(file: Path) -> Generator[tarfile.TarFile]:
    """Open a layer, compressed with gzip or zstd."""
    import zstandard  # noqa: PLC0415 - of the dependency group "layers"

    with file.open("rb") as packed:
        is_zstd = packed.read(len(zstandard.FRAME_HEADER)) == zstandard.FRAME_HEADER
        packed.seek(0)
        plain = (
            zstandard.ZstdDecompressor().stream_reader(packed) if is_zstd else gzip.GzipFile(fileobj=packed)
        )
        with plain, tarfile.open(fileobj=plain, mode="r|") as layer:
            yield layer


def entries(file: Path) -> dict[str, dict[str, object]]:
    """Return every entry of a layer with all its properties in a container."""
    properties: dict[str, dict[str, object]] = {}
    with opened(file) as layer:
        for entry in layer:
            content = layer.extractfile(entry) if entry.isfile() else None
            properties[entry.name] = {
                "kind": entry.type.decode(),
                "mode": f"{entry.mode:o}",
                "owner": f"{entry.uid}:{entry.gid}",
                "size": entry.size,
                "time": entry.mtime,
                "target": entry.linkname,
                "content": hashlib.sha256(content.read()).hexdigest()[:12] if content else "",
            }
    return properties


def compare(one: dict[str, dict[str, object]], other: dict[str, dict[str, object]]) -> list[str]:
    """Return a sentence per entry that differs."""
    sentences = [f"{name}: only in the published layer" for name in sorted(one.keys() - other.keys())]
    sentences += [f"{name}: only in the rebuilt layer" for name in sorted(other.keys() - one.keys())]
    for name in sorted(one.keys() & other.keys()):
        parts = [
            f"{key} {one[name][key]} → {other[name][key]}"
            for key in one[name]
            if one[name][key] != other[name][key]
        ]
        if parts:
            sentences.append(f"{name}: {', '.join(parts)}")
    if not sentences:
        sentences = ["the same entries in another order, or compressed in another way"]
    more = len(sentences) - LIMIT
    return sentences if more <= 0 else [*sentences[:LIMIT], f"and {more} more"]


def main(arguments: list[str]) -> None:
    """Print the differences."""
    one, other = (entries(Path(argument)) for argument in arguments)
    print(json.dumps(compare(one, other)))  # noqa: T201 - the answer


if __name__ == "__main__":
    main(sys.argv[1:])
