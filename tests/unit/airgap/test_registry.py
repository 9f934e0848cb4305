"""Images placed in the registry's folder, and what else it holds."""

import json
from pathlib import Path
from typing import Any

import pytest

from airgap.errors import AirgapError
from airgap.registry import TAG, answers, has, place, withdraw

MANIFEST = "application/vnd.oci.image.manifest.v1+json"


def layout(folder: Path, letter: str, images: int = 1) -> Path:
    blobs = folder / "blobs" / "sha256"
    blobs.mkdir(parents=True)
    (blobs / (letter * 64)).write_text(f"manifest {letter}")
    entry = {
        "mediaType": MANIFEST,
        "digest": f"sha256:{letter * 64}",
        "size": 10,
        "annotations": {TAG: "made"},
    }
    (folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [entry] * images}))
    return folder


def manifests(repository: Path) -> list[dict[str, Any]]:
    return json.loads((repository / "index.json").read_text())["manifests"]


def test_an_image_gets_its_name_and_blobs(tmp_path: Path) -> None:
    store = tmp_path / "store"
    assert place("docker.io/library/python", "3.13", layout(tmp_path / "a", "a"), store)
    repository = store / "docker.io/library/python"
    assert [(entry["digest"], entry["annotations"]) for entry in manifests(repository)] == [
        (f"sha256:{'a' * 64}", {TAG: "3.13"})
    ]
    assert (repository / "blobs/sha256" / ("a" * 64)).read_text() == "manifest a"
    assert json.loads((repository / "oci-layout").read_text()) == {"imageLayoutVersion": "1.0.0"}


def test_placing_the_same_image_again_changes_nothing(tmp_path: Path) -> None:
    source = layout(tmp_path / "a", "a")
    place("docker.io/a", "1", source, tmp_path / "store")
    before = (tmp_path / "store/docker.io/a/index.json").stat().st_mtime_ns
    assert not place("docker.io/a", "1", source, tmp_path / "store")
    assert (tmp_path / "store/docker.io/a/index.json").stat().st_mtime_ns == before


def test_pushed_images_and_signatures_stay(tmp_path: Path) -> None:
    store = tmp_path / "store"
    place("docker.io/a", "1", layout(tmp_path / "a", "a"), store)
    index = store / "docker.io/a/index.json"
    pushed = [
        {"mediaType": MANIFEST, "digest": f"sha256:{'c' * 64}", "size": 1, "annotations": {TAG: "mine"}},
        {"mediaType": MANIFEST, "digest": f"sha256:{'d' * 64}", "size": 1},
    ]
    content = json.loads(index.read_text())
    index.write_text(
        json.dumps(
            content | {"manifests": content["manifests"] + pushed, "annotations": {"converted": "true"}}
        )
    )
    place("docker.io/a", "1", layout(tmp_path / "b", "b"), store)
    entries = manifests(store / "docker.io/a")
    assert all(entry in entries for entry in pushed)
    assert json.loads(index.read_text())["annotations"] == {"converted": "true"}


def test_a_tag_moves_and_the_old_image_stays_by_digest(tmp_path: Path) -> None:
    store = tmp_path / "store"
    place("docker.io/a", "1", layout(tmp_path / "a", "a"), store)
    place("docker.io/a", "1", layout(tmp_path / "b", "b"), store)
    tags = {
        entry["digest"][7]: entry.get("annotations", {}).get(TAG)
        for entry in manifests(store / "docker.io/a")
    }
    assert tags == {"a": None, "b": "1"}


def test_a_tag_that_is_taken_away_leaves_the_image_and_other_tags(tmp_path: Path) -> None:
    store = tmp_path / "store"
    for tag, letter in (("1", "a"), ("2", "b")):
        place("docker.io/a", tag, layout(tmp_path / letter, letter), store)
    withdraw("docker.io/a", "1", store)
    withdraw("docker.io/none", "1", store)
    assert (has("docker.io/a", "1", store), has("docker.io/a", "2", store)) == (False, True)
    assert {entry["digest"][7] for entry in manifests(store / "docker.io/a")} == {"a", "b"}


def test_a_layout_of_several_images_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AirgapError, match="holds 2 images; expected exactly one"):
        place("docker.io/a", "1", layout(tmp_path / "a", "a", images=2), tmp_path / "store")


def test_nothing_answers_where_nothing_listens() -> None:
    assert not answers("127.0.0.1:1")
