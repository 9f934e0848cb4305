"""A packed layer as tests read it: every digest checked, and laid over a folder as a runtime does."""

import gzip
import hashlib
import io
import json
import shutil
import tarfile
from dataclasses import dataclass
from pathlib import Path

import zstandard

from ci.image.programs.layer import Layer, Stamp

TIME = 315532800
AIRFLOW = Stamp(TIME, 50000, 0)
AS_FOUND = Stamp(TIME, None, 0)


@dataclass(frozen=True)
class Packed:
    """What is in a layer's tarball, by the path in the image."""

    members: dict[str, tarfile.TarInfo]
    contents: dict[str, bytes]


def opened(out: Path, root: Path | None = None) -> Packed:
    """Read a layer after checking it against its layer.json; paths are relative to the root."""
    message = json.loads((out / "layer.json").read_text(encoding="utf-8"))
    (file,) = out.glob("layer.tar.*")
    packed = file.read_bytes()
    plain = gzip.decompress(packed) if file.suffix == ".gz" else zstandard.decompress(packed)
    assert message["digest"] == f"sha256:{hashlib.sha256(packed).hexdigest()}"
    assert message["size"] == len(packed)
    assert message["diff_id"] == f"sha256:{hashlib.sha256(plain).hexdigest()}"
    with tarfile.open(fileobj=io.BytesIO(plain)) as tar:
        members = tar.getmembers()
        files = [one for one in members if one.isreg()]
        contents = {one.name: content.read() for one in files if (content := tar.extractfile(one))}
    assert message["files"] == sum(not one.isdir() for one in members)
    assert message["unpacked"] == sum(one.size for one in members)
    prefix = f"{root}/".lstrip("/") if root else ""
    return Packed(
        {one.name.removeprefix(prefix): one for one in members},
        {name.removeprefix(prefix): content for name, content in contents.items()},
    )


def new_layer(out: Path, stamp: Stamp = AIRFLOW) -> Layer:
    """Start a layer in a folder that must not be there yet."""
    out.mkdir()
    return Layer(out, stamp)


def lay_over(packed: Packed, root: Path) -> None:
    """Change a folder that stands for / as the layer says (OCI image specification, layer.md)."""
    for name, member in packed.members.items():
        path = root / name
        if path.name.startswith(".wh."):
            hidden = path.with_name(path.name.removeprefix(".wh."))
            shutil.rmtree(hidden) if hidden.is_dir() else hidden.unlink()
        elif member.isdir():
            if path.is_file():
                path.unlink()
            path.mkdir(exist_ok=True)
        else:
            if path.is_dir():
                shutil.rmtree(path)
            path.write_bytes(packed.contents[name])
