"""Layers compressed with zstd: the layers of capture, in fewer bytes or at least in less time."""

import hashlib
import json
from functools import partial
from pathlib import Path

import pytest
import zstandard

from ci.image import oci
from ci.image.programs import capture, zstd
from ci.image.programs.layer import Layer
from ci.image.programs.layer_diff import compare, entries

from ...layers import AIRFLOW, opened


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Return a folder with a file that compresses well."""
    (tmp_path / "source").mkdir()
    (tmp_path / "source/dag.py").write_text(1000 * "one line of code\n")
    return tmp_path / "source"


def packed(source: Path, out: Path, *, plain: bool) -> Path:
    layer = Layer(out, AIRFLOW, plain=plain)
    capture.pack_tree(layer, source, "opt/airflow/dags")
    layer.close()
    return out


def test_a_layer_is_the_same_tar_under_its_own_digest(source: Path, tmp_path: Path) -> None:
    gzipped = packed(source, tmp_path / "gzip", plain=False)
    zstd.main(packed(source, tmp_path / "plain", plain=True), tmp_path / "out")
    assert opened(tmp_path / "out").contents == opened(gzipped).contents
    texts = [(folder / "layer.json").read_text() for folder in (tmp_path / "out", gzipped)]
    one, other = (oci.Layer.parse("dags", text) for text in texts)
    assert (one.diff_id, one.files, one.unpacked) == (other.diff_id, other.files, other.unpacked)
    assert one.descriptor["mediaType"] == "application/vnd.oci.image.layer.v1.tar+zstd"
    assert other.descriptor["mediaType"] == oci.LAYER
    # As `reproduce` reads two layers.
    assert compare(entries(tmp_path / "out/layer.tar.zst"), entries(gzipped / "layer.tar.gz")) == [
        "the same entries in another order, or compressed in another way"
    ]


def test_the_same_layer_gives_the_same_bytes_in_one_frame_of_known_size(source: Path, tmp_path: Path) -> None:
    plain = packed(source, tmp_path / "plain", plain=True)
    for name in ("first", "second"):
        zstd.main(plain, tmp_path / name)
    first, second = ((tmp_path / name / "layer.tar.zst").read_bytes() for name in ("first", "second"))
    assert first == second
    frame = zstandard.get_frame_parameters(first)
    assert frame.content_size == (plain / "layer.tar").stat().st_size
    assert frame.has_checksum
    # Another libzstd would make other digests of all images: change it knowingly.
    assert hashlib.sha256(first).hexdigest().startswith("c59eb29aac22")


def test_layers_of_packages_are_compressed_and_empty_ones_have_no_file(tmp_path: Path) -> None:
    begin = partial(Layer, stamp=AIRFLOW, plain=True)
    (tmp_path / "a").write_text("a")
    own = begin(tmp_path / "plain/lxml")
    own.add(tmp_path / "a", "a")
    own.close()
    begin(tmp_path / "plain").close()
    zstd.main(tmp_path / "plain", tmp_path / "out")
    files = sorted(path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*.*"))
    assert files == ["layer.json", "lxml/layer.json", "lxml/layer.tar.zst"]
    assert json.loads((tmp_path / "out/layer.json").read_text())["files"] == 0
