"""Stand-ins for single tools: the program, its user and how it starts, as in the official image."""

import json
import os
import tarfile
from pathlib import Path
from typing import Any, TextIO

import pytest

from airgap.folders import digest_of
from airgap.pins import Image
from airgap.standins.tool import ACTIONLINT, COSIGN, REGCTL, Place, tool_image_step
from airgap.step import Step, make

_IMAGE = Image("registry.example", "tool", "v1")


@pytest.fixture(name="owners", autouse=True)
def record_owners(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """Record who is given what instead: only root may give files away."""
    owners: dict[str, int] = {}

    def chown(path: Path, user: int, _: int) -> None:
        owners[path.name] = user

    monkeypatch.setattr(os, "chown", chown)
    return owners


def _base(folder: Path, _: TextIO) -> None:
    certificates = folder / "root/etc/ssl/certs/ca-certificates.crt"
    certificates.parent.mkdir(parents=True)
    certificates.write_text("a certificate\n")


def _layout(place: Place) -> Path:
    name = Path(place.program).name

    def build(folder: Path, _: TextIO) -> None:
        (folder / "bin").mkdir()
        (folder / "bin" / name).write_text("the program\n")

    base = Step(name="standin-base", inputs=digest_of("base"), build=_base)
    tool = Step(name=name, inputs=digest_of("tool"), build=build)
    image = tool_image_step(_IMAGE, base, tool, place)
    for step in (base, tool, image):
        make(step)
    return image.result


def _blob(layout: Path, descriptor: dict[str, Any]) -> Path:
    return layout / "blobs" / descriptor["digest"].replace(":", "/")


def _read(layout: Path) -> tuple[dict[str, Any], dict[str, tarfile.TarInfo]]:
    """Return the config of a layout's one image, and what its one layer holds."""
    index = json.loads((layout / "index.json").read_text())
    manifest = json.loads(_blob(layout, index["manifests"][0]).read_text())
    (layer,) = manifest["layers"]
    with tarfile.open(_blob(layout, layer)) as archive:
        files = {entry.name: entry for entry in archive}
    return json.loads(_blob(layout, manifest["config"]).read_text())["config"], files


def test_regctl_is_where_the_official_image_has_it(owners: dict[str, int]) -> None:
    config, files = _read(_layout(REGCTL))
    assert (config["Entrypoint"], config["User"]) == (["/regctl"], "appuser")
    assert "WorkingDir" not in config
    assert files["regctl"].isreg()
    assert files["etc/ssl/certs/ca-certificates.crt"].size > 0
    assert files["tmp"].mode == 0o1777
    assert files["home/appuser/.regctl"].isdir()
    assert owners == {"appuser": 1000, ".docker": 1000, ".regctl": 1000}


def test_cosign_keeps_the_user_of_its_own_image(owners: dict[str, int]) -> None:
    config, files = _read(_layout(COSIGN))
    assert (config["Entrypoint"], config["User"]) == (["/ko-app/cosign"], "65532")
    assert config["WorkingDir"] == "/home/nonroot"
    assert (files["home/nonroot"].mode, owners) == (0o700, {"nonroot": 65532})


def test_actionlint_is_where_the_official_image_has_it(owners: dict[str, int]) -> None:
    config, files = _read(_layout(ACTIONLINT))
    assert (config["Entrypoint"], config["User"]) == (["/usr/local/bin/actionlint"], "guest")
    assert files["usr/local/bin/actionlint"].isreg()
    assert owners == {"guest": 405}
