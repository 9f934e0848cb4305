"""What an image is without its DAGs: the same for every version of them."""

import json
from collections.abc import Mapping

from ci.image import oci
from ci.image.foundation import has_dags, without_dags
from ci.image.oci import Base, Json

BASE = Base(
    reference="docker.io/base@sha256:0",
    manifest={"config": {}, "layers": [{"mediaType": oci.LAYER, "digest": "sha256:base", "size": 100}]},
    config={"config": {"Env": ["A=1"], "Labels": {"old": "x"}}, "rootfs": {"diff_ids": ["sha256:below"]}},
)


def layer(title: str, seed: str = "") -> oci.Layer:
    made: Json = {
        "digest": f"sha256:{seed}{title}",
        "diff_id": f"sha256:un{seed}{title}",
        "size": 5,
        "files": 1,
        "unpacked": 9,
    }
    return oci.Layer.parse(title, json.dumps(made))


def image(*titles: str, seed: str = "") -> oci.Assembly:
    layers = [layer(title, seed if title == "dags" else "") for title in titles]
    return oci.assemble(BASE, layers, {"B": "2"}, "50000")


def published(made: oci.Assembly) -> oci.Assembly:
    def kept(labels: Mapping[str, str]) -> dict[str, str]:
        return dict(labels)

    return oci.described(made, {"revision": "abc"}, "2026-01-01T00:00:00Z", kept)


def test_the_last_layer_is_gone_from_configuration_and_manifest() -> None:
    found = without_dags(image("scripts", "dags"))
    config = json.loads(found.config.text)
    assert config["rootfs"]["diff_ids"] == ["sha256:below", "sha256:unscripts"]
    assert [entry["created_by"].split()[-1] for entry in config["history"]] == ["sha256:base", "scripts"]
    manifest = json.loads(found.manifest.text)
    assert [each["digest"] for each in manifest["layers"]] == ["sha256:base", "sha256:scripts"]
    assert manifest["config"]["digest"] == found.config.digest
    assert found.size == 105


def test_environment_and_user_stay() -> None:
    config = json.loads(without_dags(image("dags")).config.text)["config"]
    assert (config["Env"], config["User"]) == (["A=1", "B=2"], "50000")


def test_it_is_the_same_for_other_dags_and_after_a_publish() -> None:
    one = without_dags(image("scripts", "dags"))
    assert one == without_dags(image("scripts", "dags", seed="other"))
    assert one == without_dags(published(image("scripts", "dags")))
    assert one != without_dags(image("dags"))


def test_an_image_without_a_layer_of_dags_keeps_all_that_it_has() -> None:
    assert [has_dags(image(*titles)) for titles in (("scripts", "dags"), ("scripts",), ())] == [
        True,
        False,
        False,
    ]
    found = without_dags(image("scripts"))
    assert found == without_dags(image("scripts", "dags"))
    assert found.size == 105
