"""An image with labels, and the index over images of several platforms."""

import copy
import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci.image.oci import (
    CONFIG,
    INDEX,
    LAYER,
    MANIFEST,
    Assembly,
    Base,
    Json,
    Layer,
    assemble,
    canonical,
    described,
    index,
)

DIGEST = "sha256:" + "0" * 64
CREATED = "2023-11-14T22:13:20Z"
CONFIGURATION: Json = {
    "architecture": "amd64",
    "os": "linux",
    "config": {
        "Env": ["PATH=/bin"],
        "Entrypoint": ["/entrypoint"],
        "Cmd": ["bash"],
        "Labels": {"stays": "1", "goes": "2"},
    },
    "rootfs": {"type": "layers", "diff_ids": ["sha256:base"]},
    "history": [{"created_by": "FROM"}],
}
NO_LABELS: tuple[Json | None, ...] = (None, {}, {"Labels": None}, {"Labels": {}})
WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
LABELS = st.dictionaries(WORDS, WORDS, max_size=5)


def image(title: str = "dags", **changes: object) -> Assembly:
    below = Base(
        reference=f"airflow@{DIGEST}",
        manifest={"layers": [{"mediaType": LAYER, "digest": "sha256:below", "size": 1000}]},
        config={**copy.deepcopy(CONFIGURATION), **changes},
    )
    above = Layer(title=title, digest=f"sha256:{title}", size=10, diff_id="sha256:x", unpacked=9, files=1)
    return assemble(below, [above], {"ZONE": "eu"}, "50000")


def with_labels(labels: dict[str, str], made: Assembly | None = None) -> Assembly:
    return described(made or image(), labels, CREATED, lambda result: {"stays": result.get("stays", "")})


@pytest.mark.parametrize(
    ("settings", "ours", "labels"),
    [
        (CONFIGURATION["config"], {"a": "1", "ä": "ü"}, {"stays": "1", "a": "1", "ä": "ü"}),
        (CONFIGURATION["config"], {"stays": "ours"}, {"stays": "ours"}),
        *((none, {"a": "1"}, {"stays": "", "a": "1"}) for none in NO_LABELS),
    ],
)
def test_labels_are_set_in_the_place_of_those_that_were_inherited(
    settings: Json | None, ours: dict[str, str], labels: dict[str, str]
) -> None:
    made = json.loads(with_labels(ours, image(config=settings)).config.text)
    assert made["config"]["Labels"] == labels
    assert made["created"] == CREATED


def test_an_image_that_is_described_twice_is_as_if_once() -> None:
    assert with_labels({"a": "2"}, with_labels({"a": "1", "b": "1"})) == with_labels({"a": "2"})


@given(LABELS)
def test_what_runs_stays_the_same(labels: dict[str, str]) -> None:
    plain = image()
    made = with_labels(labels, plain)
    before, after = json.loads(plain.config.text), json.loads(made.config.text)
    del before["config"]["Labels"], after["config"]["Labels"], after["created"]
    assert after == before
    old, new = json.loads(plain.manifest.text), json.loads(made.manifest.text)
    assert new.pop("annotations") == labels
    del old["config"], new["config"]
    assert new == old
    assert made.size == plain.size
    assert plain == image()
    assert json.loads(made.manifest.text)["config"] == made.config.descriptor(CONFIG)
    assert json.loads(made.index.text)["manifests"] == [made.manifest.descriptor(MANIFEST)]


@given(LABELS, st.randoms(use_true_random=False))
def test_equal_labels_give_the_same_bytes(labels: dict[str, str], order: random.Random) -> None:
    items = list(labels.items())
    order.shuffle(items)
    made = with_labels(dict(items))
    assert made == with_labels(labels)
    for blob in (made.config, made.manifest, made.index):
        assert blob.text == canonical(json.loads(blob.text))


PLATFORMS: Json = {
    "linux/amd64": {"os": "linux", "architecture": "amd64"},
    "linux/arm/v7": {"os": "linux", "architecture": "arm", "variant": "v7"},
    "linux/arm64": {"os": "linux", "architecture": "arm64"},
}


@pytest.mark.parametrize("names", [list(PLATFORMS), list(PLATFORMS)[::-1]])
def test_an_index_names_its_images_by_platform_in_order(names: list[str]) -> None:
    images = {name: with_labels({"on": name}, image(name.replace("/", "-"))) for name in names}
    blob = index(images, {"ö": "ß", "a": "1"})
    made = json.loads(blob.text)
    assert blob.text == canonical(made)
    assert made == {
        "schemaVersion": 2,
        "mediaType": INDEX,
        "annotations": {"ö": "ß", "a": "1"},
        "manifests": [
            {**images[name].manifest.descriptor(MANIFEST), "platform": platform}
            for name, platform in PLATFORMS.items()
        ],
    }
