"""Images placed in the registry's folder, and what else it holds."""

import json
from pathlib import Path
from typing import Any

import pytest

from airgap.errors import AirgapError
from airgap.registry import TAG, answers, has, place, withdraw

MANIFEST = "application/vnd.oci.image.manifest.v1+json"


def descriptor(letter: str) -> dict[str, Any]:
    return {"mediaType": MANIFEST, "digest": f"sha256:{letter * 64}", "size": 10}


def layout(folder: Path, letter: str, images: int = 1) -> Path:
    blobs = folder / "blobs" / "sha256"
    blobs.mkdir(parents=True)
    (blobs / (letter * 64)).write_text(f"manifest {letter}")
    entry = descriptor(letter) | {"annotations": {TAG: "made"}}
    (folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [entry] * images}))
    return folder


def manifests(repository: Path) -> list[dict[str, Any]]:
    return json.loads((repository / "index.json").read_text())["manifests"]


def tags(repository: Path) -> dict[str, str | None]:
    """Return the tags by the letter of the image."""
    return {entry["digest"][7]: entry.get("annotations", {}).get(TAG) for entry in manifests(repository)}


def test_an_image_gets_its_name_and_blobs_once(tmp_path: Path) -> None:
    source, repository = layout(tmp_path / "a", "a"), tmp_path / "store/docker.io/library/python"
    assert place("docker.io/library/python", "3.13", source, tmp_path / "store")
    assert manifests(repository) == [descriptor("a") | {"annotations": {TAG: "3.13"}}]
    assert (repository / "blobs/sha256" / ("a" * 64)).read_text() == "manifest a"
    assert json.loads((repository / "oci-layout").read_text()) == {"imageLayoutVersion": "1.0.0"}
    before = (repository / "index.json").stat().st_mtime_ns
    assert not place("docker.io/library/python", "3.13", source, tmp_path / "store")
    assert (repository / "index.json").stat().st_mtime_ns == before


def test_a_tag_moves_and_pushed_images_signatures_and_the_old_image_stay(tmp_path: Path) -> None:
    store = tmp_path / "store"
    place("docker.io/a", "1", layout(tmp_path / "a", "a"), store)
    index = store / "docker.io/a/index.json"
    pushed = [descriptor("c") | {"annotations": {TAG: "mine"}}, descriptor("d")]
    content = json.loads(index.read_text())
    content |= {"manifests": content["manifests"] + pushed, "annotations": {"converted": "true"}}
    index.write_text(json.dumps(content))
    place("docker.io/a", "1", layout(tmp_path / "b", "b"), store)
    assert all(entry in manifests(store / "docker.io/a") for entry in pushed)
    assert json.loads(index.read_text())["annotations"] == {"converted": "true"}
    assert tags(store / "docker.io/a") == {"a": None, "b": "1", "c": "mine", "d": None}


def test_a_tag_that_is_taken_away_leaves_the_image_and_other_tags(tmp_path: Path) -> None:
    store = tmp_path / "store"
    for tag, letter in (("1", "a"), ("2", "b")):
        place("docker.io/a", tag, layout(tmp_path / letter, letter), store)
    withdraw("docker.io/a", "1", store)
    withdraw("docker.io/none", "1", store)
    assert (has("docker.io/a", "1", store), has("docker.io/a", "2", store)) == (False, True)
    assert tags(store / "docker.io/a").keys() == {"a", "b"}


def test_a_layout_of_several_images_is_refused_and_nothing_answers_where_nothing_listens(
    tmp_path: Path,
) -> None:
    with pytest.raises(AirgapError, match="holds 2 images; expected exactly one"):
        place("docker.io/a", "1", layout(tmp_path / "a", "a", images=2), tmp_path / "store")
    assert not answers("127.0.0.1:1")
