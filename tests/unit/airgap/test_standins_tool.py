"""Stand-ins for single tools: the program, its user and how it starts, as in the official image."""

import os
import tarfile
from pathlib import Path
from typing import Any, TextIO

import pytest

from airgap.folders import digest_of
from airgap.pins import Image
from airgap.standins.tool import ACTIONLINT, COSIGN, REGCTL, Place, tool_image_step
from airgap.step import Step, make

from .layouts import blob, image_config, manifest

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


def _read(layout: Path) -> tuple[dict[str, Any], dict[str, tarfile.TarInfo]]:
    """Return the config of a layout's one image, and what its one layer holds."""
    (layer,) = manifest(layout)["layers"]
    with tarfile.open(blob(layout, layer)) as archive:
        files = {entry.name: entry for entry in archive}
    return image_config(layout)["config"], files


@pytest.mark.parametrize(
    ("place", "program", "user", "owned"),
    [
        (REGCTL, "/regctl", "appuser", {"appuser": 1000, ".docker": 1000, ".regctl": 1000}),
        (COSIGN, "/ko-app/cosign", "65532", {"nonroot": 65532}),
        (ACTIONLINT, "/usr/local/bin/actionlint", "guest", {"guest": 405}),
    ],
)
def test_a_tool_is_where_the_official_image_has_it(
    owners: dict[str, int], place: Place, program: str, user: str, owned: dict[str, int]
) -> None:
    config, files = _read(_layout(place))
    assert (config["Entrypoint"], config["User"]) == ([program], user)
    assert files[program[1:]].isreg()
    assert owners == owned
    assert files["etc/ssl/certs/ca-certificates.crt"].size > 0
    if place is REGCTL:
        assert "WorkingDir" not in config
        assert files["tmp"].mode == 0o1777
        assert files["home/appuser/.regctl"].isdir()
    if place is COSIGN:
        assert config["WorkingDir"] == "/home/nonroot"
        assert files["home/nonroot"].mode == 0o700
