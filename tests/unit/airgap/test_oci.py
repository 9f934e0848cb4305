"""Layouts: valid by their own digests and sizes, complete, and the same for the same files."""

import gzip
import hashlib
import json
import tarfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from airgap.layer import files_of
from airgap.oci import Config, Layer, share_layer, write_layer, write_layout

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


def _layout(folder: Path, config: Config = _CONFIG) -> Path:
    root = folder / "root"
    root.mkdir(parents=True)
    (root / "file").write_text("content")
    layout = folder / "layout"
    layer = write_layer(layout, files_of(root), made_by="a/b: test")
    write_layout(layout, "1.2", [layer], config, architecture="arm64")
    return layout


def _read(layout: Path, descriptor: dict[str, Any]) -> bytes:
    """Return a blob after checking it against its descriptor."""
    data = (layout / "blobs" / "sha256" / descriptor["digest"].removeprefix("sha256:")).read_bytes()
    assert descriptor["digest"] == f"sha256:{hashlib.sha256(data).hexdigest()}"
    assert descriptor["size"] == len(data)
    return data


def _image(layout: Path) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Return index entry, manifest and image configuration."""
    (entry,) = json.loads((layout / "index.json").read_text())["manifests"]
    manifest = json.loads(_read(layout, entry))
    return entry, manifest, json.loads(_read(layout, manifest["config"]))


def test_every_descriptor_fits_its_blob(tmp_path: Path) -> None:
    layout = _layout(tmp_path)
    _, manifest, image = _image(layout)
    (layer,) = manifest["layers"]
    assert _read(layout, layer).startswith(b"\x1f\x8b")
    assert len(image["rootfs"]["diff_ids"]) == len(manifest["layers"]) == len(image["history"])
    assert len(list((layout / "blobs" / "sha256").iterdir())) == 3


def test_the_diff_id_is_that_of_the_unpacked_layer(tmp_path: Path) -> None:
    layout = _layout(tmp_path)
    _, manifest, image = _image(layout)
    tar = gzip.decompress(_read(layout, manifest["layers"][0]))
    assert image["rootfs"]["diff_ids"] == [f"sha256:{hashlib.sha256(tar).hexdigest()}"]


def test_the_index_names_tag_and_platform(tmp_path: Path) -> None:
    layout = _layout(tmp_path)
    entry, _, image = _image(layout)
    assert entry["annotations"] == {"org.opencontainers.image.ref.name": "1.2"}
    assert entry["platform"] == {"architecture": "arm64", "os": "linux"}
    assert (image["architecture"], image["os"]) == ("arm64", "linux")
    assert json.loads((layout / "oci-layout").read_text()) == {"imageLayoutVersion": "1.0.0"}


def test_media_types_are_those_of_oci(tmp_path: Path) -> None:
    _, manifest, _ = _image(_layout(tmp_path))
    assert manifest["mediaType"] == "application/vnd.oci.image.manifest.v1+json"
    assert manifest["config"]["mediaType"] == "application/vnd.oci.image.config.v1+json"
    assert manifest["layers"][0]["mediaType"] == "application/vnd.oci.image.layer.v1.tar+gzip"


def test_the_configuration_is_written_in_full(tmp_path: Path) -> None:
    _, _, image = _image(_layout(tmp_path))
    assert image["config"] == {
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


def test_an_empty_configuration_has_no_fields(tmp_path: Path) -> None:
    _, _, image = _image(_layout(tmp_path, Config()))
    assert image["config"] == {}


def test_the_same_files_give_the_same_layout(tmp_path: Path) -> None:
    one, other = _layout(tmp_path / "one"), _layout(tmp_path / "two")
    assert (one / "index.json").read_bytes() == (other / "index.json").read_bytes()
    names = sorted(path.name for path in (one / "blobs" / "sha256").iterdir())
    assert names == sorted(path.name for path in (other / "blobs" / "sha256").iterdir())


def test_json_is_canonical(tmp_path: Path) -> None:
    layout = _layout(tmp_path)
    entry, manifest, image = _image(layout)
    for descriptor, value in ((entry, manifest), (manifest["config"], image)):
        assert _read(layout, descriptor) == json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def test_write_layout_returns_the_manifests_digest(tmp_path: Path) -> None:
    digest = write_layout(tmp_path, "1", [], Config(), architecture="amd64")
    entry, _, _ = _image(tmp_path)
    assert entry["digest"] == digest


def test_another_time_is_that_of_the_image_and_of_all_files_in_it(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("content")
    time, files = datetime(2026, 5, 30, tzinfo=UTC), [("file", tmp_path / "file")]
    usual = write_layer(tmp_path / "layout", files, made_by="x")
    layer = write_layer(tmp_path / "layout", files, made_by="x", created=time)
    write_layout(tmp_path / "layout", "1", [layer], Config(), architecture="amd64", created=time)
    _, _, image = _image(tmp_path / "layout")
    assert image["created"] == image["history"][0]["created"] == "2026-05-30T00:00:00Z"
    blob = tmp_path / "layout" / "blobs" / "sha256" / layer.digest.removeprefix("sha256:")
    with tarfile.open(blob) as archive:
        assert [entry.mtime for entry in archive] == [time.timestamp()]
    assert usual.digest != layer.digest


def test_a_shared_layer_is_the_same_blob(tmp_path: Path) -> None:
    layout = _layout(tmp_path)
    _, manifest, image = _image(layout)
    (entry,) = manifest["layers"]
    layer = Layer(entry["digest"], entry["size"], image["rootfs"]["diff_ids"][0], "x")
    assert share_layer(layout, layer, tmp_path / "other") == layer
    write_layout(tmp_path / "other", "2", [layer], Config(), architecture="amd64")
    _, manifest, _ = _image(tmp_path / "other")
    assert _read(tmp_path / "other", manifest["layers"][0]) == _read(layout, entry)


def test_a_failed_layer_leaves_no_blob(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_layer(tmp_path / "layout", [("gone", tmp_path / "gone")], made_by="x")
    assert list((tmp_path / "layout" / "blobs" / "sha256").iterdir()) == []
