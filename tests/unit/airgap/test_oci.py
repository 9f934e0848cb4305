"""Layouts: valid by their own digests and sizes, complete, and the same for the same files."""

import gzip
import hashlib
import json
import tarfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from airgap.layer import files_of
from airgap.oci import Config, Layer, share_layer, write_layer, write_layout

from .layouts import blob, image_config, index_entry, manifest

_CONFIG = Config(
    env={"PATH": "/bin", "LANG": "C.UTF-8"},
    entrypoint=("/entry", "--"),
    cmd=("run",),
    user="50000",
    working_dir="/opt",
    ports=("8080/tcp",),
    volumes=("/data",),
    labels={"b": "2", "a": "1"},
    stop_signal="SIGINT",
)


def _layout(folder: Path) -> Path:
    root = folder / "root"
    root.mkdir(parents=True)
    (root / "file").write_text("content")
    layout = folder / "layout"
    layer = write_layer(layout, files_of(root), made_by="a/b: test")
    digest = write_layout(layout, "1.2", [layer], _CONFIG, architecture="arm64")
    assert index_entry(layout)["digest"] == digest
    return layout


def test_a_layout_is_complete_and_true(tmp_path: Path) -> None:
    layout = _layout(tmp_path)
    entry, content, image = index_entry(layout), manifest(layout), image_config(layout)
    assert entry["annotations"] == {"org.opencontainers.image.ref.name": "1.2"}
    assert entry["platform"] == {"architecture": "arm64", "os": "linux"}
    assert (image["architecture"], image["os"]) == ("arm64", "linux")
    assert json.loads((layout / "oci-layout").read_text()) == {"imageLayoutVersion": "1.0.0"}
    (layer,) = content["layers"]
    assert content["mediaType"] == "application/vnd.oci.image.manifest.v1+json"
    assert content["config"]["mediaType"] == "application/vnd.oci.image.config.v1+json"
    assert layer["mediaType"] == "application/vnd.oci.image.layer.v1.tar+gzip"
    tar = gzip.decompress(blob(layout, layer).read_bytes())
    assert image["rootfs"]["diff_ids"] == [f"sha256:{hashlib.sha256(tar).hexdigest()}"]
    assert len(image["history"]) == 1
    assert len(list((layout / "blobs" / "sha256").iterdir())) == 3
    for descriptor, value in ((entry, content), (content["config"], image)):
        canonical = json.dumps(value, sort_keys=True, separators=(",", ":"))
        assert blob(layout, descriptor).read_text() == canonical


def test_the_configuration_is_written_in_full_and_an_empty_one_has_no_fields(tmp_path: Path) -> None:
    assert image_config(_layout(tmp_path))["config"] == {
        "Env": ["PATH=/bin", "LANG=C.UTF-8"],
        "Entrypoint": ["/entry", "--"],
        "Cmd": ["run"],
        "User": "50000",
        "WorkingDir": "/opt",
        "ExposedPorts": {"8080/tcp": {}},
        "Volumes": {"/data": {}},
        "Labels": {"a": "1", "b": "2"},
        "StopSignal": "SIGINT",
    }
    write_layout(tmp_path / "empty", "1", [], Config(), architecture="amd64")
    assert image_config(tmp_path / "empty")["config"] == {}


def test_the_same_files_give_the_same_layout_and_a_failed_layer_leaves_no_blob(tmp_path: Path) -> None:
    one, other = _layout(tmp_path / "one"), _layout(tmp_path / "two")
    assert (one / "index.json").read_bytes() == (other / "index.json").read_bytes()
    with pytest.raises(FileNotFoundError):
        write_layer(tmp_path / "layout", [("gone", tmp_path / "gone")], made_by="x")
    assert list((tmp_path / "layout" / "blobs" / "sha256").iterdir()) == []


def test_another_time_is_that_of_the_image_and_of_all_files_in_it(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("content")
    time, files = datetime(2026, 5, 30, tzinfo=UTC), [("file", tmp_path / "file")]
    usual = write_layer(tmp_path / "layout", files, made_by="x")
    layer = write_layer(tmp_path / "layout", files, made_by="x", created=time)
    write_layout(tmp_path / "layout", "1", [layer], Config(), architecture="amd64", created=time)
    image = image_config(tmp_path / "layout")
    assert image["created"] == image["history"][0]["created"] == "2026-05-30T00:00:00Z"
    with tarfile.open(blob(tmp_path / "layout", manifest(tmp_path / "layout")["layers"][0])) as archive:
        assert [entry.mtime for entry in archive] == [time.timestamp()]
    assert usual.digest != layer.digest


def test_a_shared_layer_is_the_same_blob(tmp_path: Path) -> None:
    layout = _layout(tmp_path)
    (entry,) = manifest(layout)["layers"]
    layer = Layer(entry["digest"], entry["size"], image_config(layout)["rootfs"]["diff_ids"][0], "x")
    assert share_layer(layout, layer, tmp_path / "other") == layer
    write_layout(tmp_path / "other", "2", [layer], Config(), architecture="amd64")
    (shared,) = manifest(tmp_path / "other")["layers"]
    assert blob(tmp_path / "other", shared).read_bytes() == blob(layout, entry).read_bytes()
