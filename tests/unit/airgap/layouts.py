"""OCI layouts as the tests of airgap read them: every blob must fit its descriptor."""

import hashlib
import json
from pathlib import Path
from typing import Any


def index_entry(layout: Path) -> dict[str, Any]:
    """Return the entry of a layout's one image or artifact."""
    (entry,) = json.loads((layout / "index.json").read_text())["manifests"]
    return entry


def blob(layout: Path, descriptor: dict[str, Any]) -> Path:
    """Return the file of a blob after checking it against its descriptor."""
    path = layout / "blobs" / descriptor["digest"].replace(":", "/")
    data = path.read_bytes()
    assert descriptor["digest"] == f"sha256:{hashlib.sha256(data).hexdigest()}"
    assert descriptor["size"] == len(data)
    return path


def manifest(layout: Path) -> dict[str, Any]:
    """Return the manifest of a layout's one image or artifact."""
    return json.loads(blob(layout, index_entry(layout)).read_text())


def image_config(layout: Path) -> dict[str, Any]:
    """Return the whole configuration of a layout's one image."""
    return json.loads(blob(layout, manifest(layout)["config"]).read_text())
