"""Unpack a layer, with owners and modes, for tests of what is in it.

unpack.py /layer /unpacked: the latter gets the files of /layer/layer.tar.gz, or of /layer/layer.tar, which is
yet to be compressed. An empty layer has neither.
"""

from __future__ import annotations

import sys
import tarfile
from pathlib import Path


def main(folder: Path, unpacked: Path) -> None:
    """Unpack the layer in a folder into another one."""
    unpacked.mkdir()
    for file in folder.glob("layer.tar*"):
        with tarfile.open(file) as layer:
            layer.extractall(unpacked, filter="fully_trusted")  # noqa: S202 - our own file


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
