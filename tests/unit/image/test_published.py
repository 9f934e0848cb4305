"""The base that a published image is built on, and texts that aren't an image."""

import json
from types import SimpleNamespace
from typing import Any, cast

import pytest

from ci.errors import StepError
from ci.image import published
from ci.image.base import BaseImage

Layer = tuple[str, str]  # unpacked, packed
SYSTEM, EMPTY, AIRFLOW = ("system", "p-system"), ("empty", "p-empty"), ("airflow", "p-airflow")
OURS, MORE = ("dags", "p-dags"), ("lock", "p-lock")


def texts(*layers: Layer) -> tuple[str, str]:
    """Write the manifest and the configuration of an image."""
    packed = [{"digest": one} for _, one in layers]
    return json.dumps({"layers": packed}), json.dumps({"rootfs": {"diff_ids": [one for one, _ in layers]}})


def base(*layers: Layer) -> BaseImage:
    """Make a base, as far as its layers are looked at."""
    manifest, config = map(json.loads, texts(*layers))
    return cast("BaseImage", SimpleNamespace(image=SimpleNamespace(manifest=manifest, config=config)))


BASE = (SYSTEM, EMPTY, AIRFLOW, EMPTY)  # as BuildKit makes it of two WORKDIRs

# What it shows, the base's layers, the image's, and whether the one stands on the other.
ROWS: list[tuple[str, tuple[Layer, ...], tuple[Layer, ...], bool]] = [
    ("itself", BASE, BASE, True),
    ("one-above", BASE, (*BASE, OURS), True),
    ("empty-above", BASE, (*BASE, EMPTY, OURS, EMPTY), True),
    ("ours-twice", BASE, (*BASE, OURS, OURS), True),
    ("no-layer-twice", (SYSTEM, AIRFLOW), (SYSTEM, AIRFLOW, OURS, MORE), True),
    ("one-below-lacks", BASE, (SYSTEM, EMPTY, AIRFLOW, OURS), False),
    ("other-order", BASE, (EMPTY, SYSTEM, AIRFLOW, EMPTY, OURS), False),
    ("packed-otherwise", BASE, (("system", "p-other"), *BASE[1:], OURS), False),
    ("unpacked-otherwise", BASE, (("other", "p-system"), *BASE[1:], OURS), False),
    ("above-claims-to-be-below", BASE, (*BASE, ("system", "p-evil")), False),
    ("above-claims-to-be-empty", BASE, (*BASE, ("empty", "p-evil"), OURS), False),
    ("two-above-claim-to-be-one", BASE, (*BASE, OURS, ("dags", "p-evil")), False),
]


@pytest.mark.parametrize(
    ("below", "layers", "stands"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS]
)
def test_an_image_stands_on_a_base_whose_layers_are_its_lowest(
    below: tuple[Layer, ...],
    layers: tuple[Layer, ...],
    stands: bool,  # noqa: FBT001 - a column
) -> None:
    assert published.is_built_on(base(*below), *texts(*layers)) is stands


def test_a_layer_that_is_reported_in_one_of_two_places_is_none() -> None:
    manifest, config = texts(*BASE, OURS)
    shorter_manifest, shorter_config = texts(*BASE)
    assert not published.is_built_on(base(*BASE), manifest, shorter_config)
    assert not published.is_built_on(base(*BASE), shorter_manifest, config)


STRANGE = (
    *("[]", "null", "7", '""', "{}", "no JSON"),
    *('{"layers":[7],"rootfs":[]}', '{"layers":7}', '{"config":[1]}'),
)


@pytest.mark.parametrize("strange", STRANGE)
def test_what_is_no_image_stands_on_nothing_and_is_reported(strange: str) -> None:
    manifest, config = texts(*BASE)
    for one in ((strange, config), (manifest, strange)):
        with pytest.raises(StepError, match="not a container image: expected"):
            published.is_built_on(base(*BASE), *one)


def test_the_platform_is_the_configurations() -> None:
    assert published.platform('{"os":"linux","architecture":"arm64"}') == "linux/arm64"
    for strange in ("[]", '"x"', "no JSON"):
        with pytest.raises(StepError, match="not a container image"):
            published.platform(strange)


def test_an_index_has_entries() -> None:
    index: dict[str, Any] = {"manifests": [{"digest": "sha256:a"}, {"digest": "sha256:b"}]}
    assert published.entries(json.dumps(index)) == ["sha256:a", "sha256:b"]
    for strange in ("{}", "[]", '{"manifests":[{}]}'):
        with pytest.raises(StepError, match="not a container image"):
            published.entries(strange)


def index(**digests: str) -> str:
    """Write the index of images by architecture."""
    platforms = [
        {"digest": one, "platform": {"os": "linux", "architecture": name}} for name, one in digests.items()
    ]
    return json.dumps({"manifests": platforms})


def test_an_index_has_an_image_for_each_of_its_platforms_and_an_image_is_its_own() -> None:
    both = index(amd64="one", arm64="two")
    chosen = [published.of_platform("top", both, f"linux/{name}") for name in ("amd64", "arm64", "s390x")]
    assert chosen == ["one", "two", ""]
    assert published.of_platform("top", texts(OURS)[0], "linux/arm64") == "top"
    for strange in ("no JSON", '{"manifests": [{}]}', '{"manifests": 1}'):
        with pytest.raises(StepError, match="not a container image"):
            published.of_platform("top", strange, "linux/amd64")
