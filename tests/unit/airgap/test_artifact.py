"""Artifacts as registries keep them: their manifest, and what their one layer holds."""

import os
import tarfile
from pathlib import Path

import pytest

from airgap import registry
from airgap.artifact import Kind, write_artifact

from .layouts import blob, index_entry, manifest

_KIND = Kind(config="application/vnd.a.config", layer="application/vnd.a.layer", title="data.tar.gz")


def _files(folder: Path) -> list[Path]:
    folder.mkdir()
    files = [folder / "b.db", folder / "a.json"]
    for file in files:
        file.write_text(f"content of {file.name}\n")
    return files


def test_an_artifact_has_a_manifest_and_one_layer(tmp_path: Path) -> None:
    digest = write_artifact(tmp_path / "layout", "2", _files(tmp_path / "files"), _KIND, {"note": "x"})
    entry, content = index_entry(tmp_path / "layout"), manifest(tmp_path / "layout")
    assert (entry["digest"], entry["annotations"]) == (digest, {registry.TAG: "2"})
    assert content["annotations"] == {"note": "x"}
    assert content["config"]["mediaType"] == _KIND.config
    assert blob(tmp_path / "layout", content["config"]).read_text() == "{}"
    (layer,) = content["layers"]
    assert layer["mediaType"] == _KIND.layer
    assert layer["annotations"] == {"org.opencontainers.image.title": "data.tar.gz"}
    with tarfile.open(blob(tmp_path / "layout", layer)) as archive:
        entries = archive.getmembers()
        first = archive.extractfile("b.db")
        assert first
        assert first.read() == b"content of b.db\n"
    assert [entry.name for entry in entries] == ["b.db", "a.json"]
    assert {(entry.uid, entry.gid, entry.uname, entry.mode) for entry in entries} == {(0, 0, "", 0o644)}
    assert registry.place("team/data", "2", tmp_path / "layout", tmp_path / "store")
    assert manifest(tmp_path / "store/team/data") == content


def test_the_same_content_gives_the_same_bytes(tmp_path: Path) -> None:
    digests: list[str] = []
    for name, mode, time in (("one", 0o600, 1), ("two", 0o755, 2)):
        files = _files(tmp_path / name)
        for file in files:
            file.chmod(mode)
            os.utime(file, (time, time))
        digests.append(write_artifact(tmp_path / f"layout-{name}", "2", files, _KIND, {}))
    assert digests[0] == digests[1]


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_artifact(tmp_path, "2", [tmp_path / "none"], _KIND, {})
