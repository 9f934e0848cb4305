"""Layers out of a folder of blobs, of which nothing is believed."""

import gzip
import hashlib
import json
from pathlib import Path

import pytest
import zstandard

from ci.image.programs import take

CONTENT = b"a tar" * 1000


def digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def kept(folder: Path, content: bytes, name: str = "") -> str:
    """Write a blob, and return the digest by which it is named."""
    (folder / (name or digest(content)).removeprefix("sha256:")).write_bytes(content)
    return name or digest(content)


@pytest.mark.parametrize(
    "packed", [gzip.compress(CONTENT), zstandard.compress(CONTENT)], ids=["gzip", "zstd"]
)
def test_a_layer_is_taken_by_both_of_its_digests(tmp_path: Path, packed: bytes) -> None:
    layer = kept(tmp_path, packed)
    take.main(tmp_path, tmp_path / "out", json.dumps({layer: digest(CONTENT)}))
    (taken,) = (tmp_path / "out").iterdir()
    assert (taken.name, taken.read_bytes()) == (layer.removeprefix("sha256:"), packed)


@pytest.mark.parametrize(
    ("packed", "name", "diff_id", "problem"),
    [
        (
            gzip.compress(CONTENT),
            digest(b"other"),
            digest(CONTENT),
            f"expected the content of {digest(b'other')}",
        ),
        (gzip.compress(CONTENT), "", digest(b"other"), f"expected {digest(b'other')} unpacked, got"),
        (b"no archive", "", digest(CONTENT), "Not a gzipped file"),
        (gzip.compress(CONTENT)[:-9], "", digest(CONTENT), "Compressed file ended"),
        (None, digest(b"lost"), digest(CONTENT), "No such file"),
    ],
    ids=["content", "unpacked", "no-archive", "torn", "missing"],
)
def test_what_differs_from_its_digests_is_refused(
    tmp_path: Path, packed: bytes | None, name: str, diff_id: str, problem: str
) -> None:
    layer = name if packed is None else kept(tmp_path, packed, name)
    with pytest.raises(SystemExit, match=problem):
        take.main(tmp_path, tmp_path / "out", json.dumps({layer: diff_id}))
    assert not list((tmp_path / "out").iterdir())
