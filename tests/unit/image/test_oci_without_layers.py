"""An image without its last layer, that of its DAGs: the same for every version of them."""

import json
from collections.abc import Mapping

from ci.image import oci
from ci.image.oci import Base, Json, without_layers

BASE = Base(
    reference="docker.io/base@sha256:0",
    manifest={"config": {}, "layers": [{"mediaType": oci.LAYER, "digest": "sha256:base", "size": 100}]},
    config={"config": {"Env": ["A=1"], "Labels": {"old": "x"}}, "rootfs": {"diff_ids": ["sha256:below"]}},
)


def layer(title: str, seed: str = "") -> oci.Layer:
    made: Json = {"digest": f"sha256:{seed}{title}", "diff_id": f"sha256:un{seed}{title}"}
    return oci.Layer.parse(title, json.dumps({**made, "size": 5, "files": 1, "unpacked": 9}))


def image(*titles: str, seed: str = "") -> oci.Assembly:
    layers = [layer(title, seed if title == "dags" else "") for title in titles]
    return oci.assemble(BASE, layers, {"B": "2"}, "50000")


def published(made: oci.Assembly) -> oci.Assembly:
    def kept(labels: Mapping[str, str]) -> dict[str, str]:
        return dict(labels)

    return oci.described(made, {"revision": "abc"}, "2026-01-01T00:00:00Z", kept)


def test_the_last_layer_is_gone_from_configuration_and_manifest() -> None:
    result = without_layers(image("scripts", "dags"), 1)
    config = json.loads(result.config.text)
    assert config["rootfs"]["diff_ids"] == ["sha256:below", "sha256:unscripts"]
    assert [entry["created_by"].split()[-1] for entry in config["history"]] == ["sha256:base", "scripts"]
    manifest = json.loads(result.manifest.text)
    assert [item["digest"] for item in manifest["layers"]] == ["sha256:base", "sha256:scripts"]
    assert manifest["config"]["digest"] == result.config.digest
    assert result.size == 105
    assert (config["config"]["Env"], config["config"]["User"]) == (["A=1", "B=2"], "50000")
    assert result == without_layers(image("scripts"), 0)


def test_it_is_the_same_for_other_dags_and_after_a_publish() -> None:
    one = without_layers(image("scripts", "dags"), 1)
    assert one == without_layers(image("scripts", "dags", seed="other"), 1)
    assert one == without_layers(published(image("scripts", "dags")), 1)
    assert one != without_layers(image("dags"), 1)
