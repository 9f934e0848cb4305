"""The engine's python SDK as OCI content."""

import gzip
import hashlib
import io
import json
import tarfile
from pathlib import Path

from airgap import pins, sdk

from .layouts import blob

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
    digest = (folder / "python-sdk.digest").read_text()
    path = folder / CONTENT / "blobs" / digest.replace(":", "/")
    manifest = json.loads(path.read_text())
    assert digest == f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"
    config = json.loads(blob(folder / CONTENT, manifest["config"]).read_text())
    layer = gzip.decompress(blob(folder / CONTENT, manifest["layers"][0]).read_bytes())
    assert config["rootfs"]["diff_ids"] == [f"sha256:{hashlib.sha256(layer).hexdigest()}"]
    contents: dict[str, str] = {}
    with tarfile.open(fileobj=io.BytesIO(layer)) as archive:
        for entry in archive:
            if file := archive.extractfile(entry):
                contents[entry.name] = file.read().decode()
    return contents


def test_the_content_is_the_files_with_the_pins_filled_in_and_has_one_digest(tmp_path: Path) -> None:
    for name in ("one", "two"):
        sdk.write_content(source(tmp_path / "source" / name), tmp_path / name, VALUES)
    assert files(tmp_path / "one") == {
        "runtime.py": "print('{plain}')",
        "runtime/main.dang": (
            'from("docker.io/library/python:9") from("ghcr.io/uv:9") // v9.9.9 docker.io/library/python:9'
        ),
    }
    digests = {(tmp_path / name / "python-sdk.digest").read_text() for name in ("one", "two")}
    assert len(digests) == 1


def test_the_projects_sdk_has_its_module_and_no_gap_left() -> None:
    step = sdk.sdk_step()
    step.result.mkdir(parents=True)
    with (step.result / "log").open("w") as log:
        step.build(step.result, log)
    contents = files(step.result)
    assert json.loads(contents["runtime/dagger.json"])["engineVersion"] == pins.dagger_version()
    assert f'"{pins.images()["python"].name}"' in contents["runtime/main.dang"]
    assert not any("{{" in text for text in contents.values())
    assert sdk.manifest_digest(step).startswith("sha256:")
