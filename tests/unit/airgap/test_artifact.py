"""Artifacts as registries keep them: their manifest, and what their one layer holds."""

import json
import os
import tarfile
from pathlib import Path
from typing import Any

import pytest

from airgap import registry
from airgap.artifact import Kind, write_artifact

_KIND = Kind(
    config="application/vnd.example.config", layer="application/vnd.example.layer", title="data.tar.gz"
)


def _files(folder: Path) -> list[Path]:
    folder.mkdir()
    files = [folder / "b.db", folder / "a.json"]
    for file in files:
        file.write_text(f"content of {file.name}\n")
    return files


def _blob(layout: Path, descriptor: dict[str, Any]) -> Path:
    return layout / "blobs" / descriptor["digest"].replace(":", "/")


def _manifest(layout: Path) -> dict[str, Any]:
    (entry,) = json.loads((layout / "index.json").read_text())["manifests"]
    return json.loads(_blob(layout, entry).read_text())


def test_the_manifest_says_what_it_is(tmp_path: Path) -> None:
    digest = write_artifact(tmp_path, "2", _files(tmp_path / "files"), _KIND, {"note": "for tests"})
    (entry,) = json.loads((tmp_path / "index.json").read_text())["manifests"]
    assert (entry["digest"], entry["annotations"]) == (digest, {registry.TAG: "2"})
    manifest = _manifest(tmp_path)
    assert manifest["annotations"] == {"note": "for tests"}
    assert manifest["config"]["mediaType"] == _KIND.config
    assert _blob(tmp_path, manifest["config"]).read_text() == "{}"
    (layer,) = manifest["layers"]
    assert layer["mediaType"] == _KIND.layer
    assert layer["annotations"] == {"org.opencontainers.image.title": "data.tar.gz"}
    assert layer["size"] == _blob(tmp_path, layer).stat().st_size


def test_files_lie_at_the_root_and_are_roots(tmp_path: Path) -> None:
    write_artifact(tmp_path, "2", _files(tmp_path / "files"), _KIND, {})
    (layer,) = _manifest(tmp_path)["layers"]
    with tarfile.open(_blob(tmp_path, layer)) as archive:
        entries = archive.getmembers()
        first = archive.extractfile("b.db")
        assert first
        assert first.read() == b"content of b.db\n"
    assert [entry.name for entry in entries] == ["b.db", "a.json"]
    assert {(entry.uid, entry.gid, entry.uname, entry.mode) for entry in entries} == {(0, 0, "", 0o644)}


def test_the_same_content_gives_the_same_bytes(tmp_path: Path) -> None:
    digests: list[str] = []
    for name, mode, time in (("one", 0o600, 1), ("two", 0o755, 2)):
        files = _files(tmp_path / name)
        for file in files:
            file.chmod(mode)
            os.utime(file, (time, time))
        digests.append(write_artifact(tmp_path / f"layout-{name}", "2", files, _KIND, {}))
    assert digests[0] == digests[1]


def test_the_registry_takes_it(tmp_path: Path) -> None:
    write_artifact(tmp_path / "layout", "made", _files(tmp_path / "files"), _KIND, {})
    assert registry.place("team/data", "2", tmp_path / "layout", tmp_path / "store")
    assert _manifest(tmp_path / "store/team/data") == _manifest(tmp_path / "layout")


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_artifact(tmp_path, "2", [tmp_path / "none"], _KIND, {})
