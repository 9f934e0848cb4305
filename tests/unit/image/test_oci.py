"""An image's own JSON: assembled from a base and layers, always the same bytes."""

import copy
import dataclasses
import hashlib
import json
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci.errors import StepError
from ci.image import published
from ci.image.oci import (
    CONFIG,
    INDEX,
    LAYER,
    MANIFEST,
    Assembly,
    Base,
    Blob,
    Json,
    Layer,
    assemble,
    canonical,
    rewritten,
)

DIGEST = "sha256:" + "0" * 64
CONFIGURATION: Json = {
    "created": "2025-12-17T00:00:00Z",
    "architecture": "amd64",
    "os": "linux",
    "config": {
        "User": "50000",
        "Env": ["PATH=/bin", "LANG=C.UTF-8", "EMPTY=", "OPTIONS=a=b"],
        "Entrypoint": ["/usr/bin/dumb-init", "--", "/entrypoint"],
        "Cmd": [],
        "Labels": {"b": "2", "a": "1"},
    },
    "rootfs": {"type": "layers", "diff_ids": ["sha256:base"]},
    "history": [{"created": "2025-12-17T00:00:00Z", "created_by": "FROM"}],
}
BASE_LAYER: Json = {"mediaType": LAYER, "digest": "sha256:below", "size": 1000}
NAMES = st.from_regex(r"[A-Z_]{1,6}", fullmatch=True)
VALUES = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | VALUES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(VALUES, inner, max_size=3),
    max_leaves=8,
)


def base(**changes: object) -> Base:
    return Base(
        reference=f"airflow@{DIGEST}",
        manifest={"schemaVersion": 2, "layers": [BASE_LAYER], "annotations": {"a": "b"}},
        config={**copy.deepcopy(CONFIGURATION), **changes},
    )


def layer(title: str = "dags", size: int = 10) -> Layer:
    text = {"digest": f"sha256:{title}", "diff_id": f"sha256:plain-{title}", "size": size}
    return Layer.parse(title, json.dumps({**text, "unpacked": 99, "files": 1}))


def config_of(assembly: Assembly) -> Json:
    return json.loads(assembly.config.text)


def test_a_layer_is_read_from_what_the_packer_writes() -> None:
    text = '{"diff_id": "sha256:b", "digest": "sha256:a", "files": 2, "size": 3, "unpacked": 4}'
    expected = Layer(title="delta", digest="sha256:a", size=3, diff_id="sha256:b", unpacked=4, files=2)
    assert Layer.parse("delta", text) == expected


@given(st.dictionaries(VALUES, JSON, max_size=4), st.randoms(use_true_random=False))
def test_canonical_json_is_one_text_for_one_value(value: Json, order: random.Random) -> None:
    items = list(value.items())
    order.shuffle(items)
    assert canonical(dict(items)) == canonical(value)
    assert json.loads(canonical(value)) == value
    assert canonical({"b": [1, {"z": None, "a": "ä"}], "a": True}) == '{"a":true,"b":[1,{"a":"ä","z":null}]}'


@given(VALUES)
def test_a_blob_is_described_by_its_own_bytes(text: str) -> None:
    blob = Blob(text=text)
    digest = hashlib.sha256(text.encode()).hexdigest()
    assert blob.digest == f"sha256:{digest}"
    assert blob.path == f"blobs/sha256/{digest}"
    assert blob.descriptor(CONFIG) == {
        "mediaType": CONFIG,
        "digest": f"sha256:{digest}",
        "size": len(text.encode()),
    }


def test_index_manifest_and_configuration_point_to_one_another() -> None:
    made = assemble(base(), [layer()], {}, "50000")
    assert json.loads(made.index.text) == {
        "schemaVersion": 2,
        "mediaType": INDEX,
        "manifests": [made.manifest.descriptor(MANIFEST)],
    }
    assert json.loads(made.manifest.text) == {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": made.config.descriptor(CONFIG),
        "layers": [BASE_LAYER, {"mediaType": LAYER, "digest": "sha256:dags", "size": 10}],
    }


def test_the_added_layers_are_read_from_the_image_alone() -> None:
    layers = (
        dataclasses.replace(layer("lxml", 20), compression="zstd"),
        layer("delta", 20),
        layer("dags", 30),
    )
    made = assemble(base(), layers, {}, "50000")
    assert published.added_layers(made.manifest.text, made.config.text) == layers


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"layers": [], "history": null}', '{"history": [1]}'])
def test_what_is_no_image_has_no_layers_to_read(text: str) -> None:
    made = assemble(base(), [layer()], {}, "50000")
    for manifest, config in ((made.manifest.text, text), (text, made.config.text)):
        with pytest.raises(StepError, match="not a container image"):
            published.added_layers(manifest, config)


def test_layers_lie_above_the_base_in_the_order_given() -> None:
    made = assemble(base(), [layer("delta", 20), layer("dags", 30)], {}, "50000")
    digests = [one["digest"] for one in json.loads(made.manifest.text)["layers"]]
    assert digests == ["sha256:below", "sha256:delta", "sha256:dags"]
    diff_ids = config_of(made)["rootfs"]["diff_ids"]
    assert diff_ids == ["sha256:base", "sha256:plain-delta", "sha256:plain-dags"]
    assert made.size == 1000 + 20 + 30


def test_what_the_base_says_of_its_containers_stays_but_not_when_it_was_made() -> None:
    below = base()
    made = config_of(assemble(below, [layer()], {}, "airflow"))
    assert made["config"] == {**below.config["config"], "User": "airflow"}
    assert (made["architecture"], made["os"], made.get("created")) == ("amd64", "linux", None)
    assert below == base()
    late = assemble(base(created="2026-01-01T00:00:00Z"), [layer()], {}, "airflow")
    assert config_of(late) == made


def test_history_tells_of_each_layer_without_a_time() -> None:
    made = config_of(assemble(base(), [layer("delta"), layer("dags")], {}, "50000"))
    assert made["history"] == [
        {"created_by": f"airflow@{DIGEST}: {BASE_LAYER['digest']}"},
        {"created_by": "airflow-images: delta", "comment": "1 files, 99 bytes unpacked"},
        {"created_by": "airflow-images: dags", "comment": "1 files, 99 bytes unpacked"},
    ]


@pytest.mark.parametrize(
    ("history", "anew"),
    [
        ([{"created_by": f"import image layer {BASE_LAYER['digest']}"}], []),
        ([{"created_by": "rehydrated persisted snapshot"}], [BASE_LAYER["digest"]]),
        *((without_notes, []) for without_notes in (None, [], [{"created_by": "RUN apt-get install"}])),
    ],
)
def test_layers_that_the_engine_packed_anew_are_reported(history: object, anew: list[str]) -> None:
    assert rewritten(base(history=history)) == anew


def test_variables_replace_those_of_the_base_in_place_and_new_ones_follow() -> None:
    made = config_of(assemble(base(), [], {"ZONE": "eu", "LANG": "C", "AREA": "x=y"}, "50000"))
    expected = ["PATH=/bin", "LANG=C", "EMPTY=", "OPTIONS=a=b", "AREA=x=y", "ZONE=eu"]
    assert made["config"]["Env"] == expected


@pytest.mark.parametrize("settings", [None, {}, {"Env": None}, {"Env": []}])
def test_a_base_without_variables_gets_ours(settings: Json | None) -> None:
    made = config_of(assemble(base(config=settings), [], {"A": "1"}, "50000"))
    assert made["config"] == {"Env": ["A=1"], "User": "50000"}


@given(below=st.dictionaries(NAMES, VALUES, max_size=4), env=st.dictionaries(NAMES, VALUES, max_size=4))
def test_variables_are_the_bases_with_ours_on_top(below: dict[str, str], env: dict[str, str]) -> None:
    settings = {"Env": [f"{name}={value}" for name, value in below.items()]}
    made = config_of(assemble(base(config=settings), [], env, "50000"))["config"]["Env"]
    assert dict(item.split("=", 1) for item in made) == {**below, **env}
    assert [item.split("=", 1)[0] for item in made][: len(below)] == list(below)
