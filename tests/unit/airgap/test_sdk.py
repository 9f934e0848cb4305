"""The engine's python SDK as OCI content."""

import gzip
import hashlib
import io
import json
import tarfile
from pathlib import Path

from airgap import pins, sdk

CONTENT = "usr/local/share/dagger/content"
VALUES = {"python": "docker.io/library/python:9", "uv": "ghcr.io/uv:9", "dagger": "v9.9.9"}


def source(folder: Path) -> Path:
    (folder / "runtime").mkdir(parents=True)
    (folder / "runtime" / "main.dang").write_text(
        'from("{{python}}") from("{{uv}}") // {{dagger}} {{python}}'
    )
    (folder / "runtime.py").write_text("print('{plain}')")
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "runtime.pyc").write_bytes(b"\0")
    return folder


def files(folder: Path) -> dict[str, str]:
    """Follow the digest file to the manifest and its one layer, checking every digest on the way."""
    blobs = folder / CONTENT / "blobs" / "sha256"

    def blob(digest: str) -> bytes:
        data = (blobs / digest.removeprefix("sha256:")).read_bytes()
        assert f"sha256:{hashlib.sha256(data).hexdigest()}" == digest
        return data

    manifest = json.loads(blob((folder / "python-sdk.digest").read_text()))
    config = json.loads(blob(manifest["config"]["digest"]))
    layer = gzip.decompress(blob(manifest["layers"][0]["digest"]))
    assert config["rootfs"]["diff_ids"] == [f"sha256:{hashlib.sha256(layer).hexdigest()}"]
    found: dict[str, str] = {}
    with tarfile.open(fileobj=io.BytesIO(layer)) as archive:
        for entry in archive:
            content = archive.extractfile(entry)
            if content is not None:
                found[entry.name] = content.read().decode()
    return found


def test_the_content_holds_the_files_with_the_pins_filled_in(tmp_path: Path) -> None:
    sdk.write_content(source(tmp_path / "source"), tmp_path / "out", VALUES)
    assert files(tmp_path / "out") == {
        "runtime.py": "print('{plain}')",
        "runtime/main.dang": (
            'from("docker.io/library/python:9") from("ghcr.io/uv:9") // v9.9.9 docker.io/library/python:9'
        ),
    }


def test_the_same_files_give_the_same_digest(tmp_path: Path) -> None:
    for name in ("one", "two"):
        sdk.write_content(source(tmp_path / "source" / name), tmp_path / name, VALUES)
    digests = {(tmp_path / name / "python-sdk.digest").read_text() for name in ("one", "two")}
    assert len(digests) == 1


def test_the_projects_sdk_has_its_module_and_no_gap_left() -> None:
    step = sdk.sdk_step()
    step.result.mkdir(parents=True)
    with (step.result / "log").open("w") as log:
        step.build(step.result, log)
    found = files(step.result)
    assert json.loads(found["runtime/dagger.json"])["engineVersion"] == pins.dagger_version()
    assert f'"{pins.images()["python"]}"' in found["runtime/main.dang"]
    assert not any("{{" in text for text in found.values())
    assert sdk.manifest_digest(step).startswith("sha256:")
