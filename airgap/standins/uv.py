"""The stand-in for ghcr.io/astral-sh/uv: an image that holds /uv and /uvx and nothing else."""

import platform
import tempfile
from pathlib import Path
from typing import TextIO

from airgap.debian import architecture
from airgap.layer import files_of
from airgap.oci import RECIPE, Config, write_layer, write_layout
from airgap.pins import Image
from airgap.pypi import unpack_wheels
from airgap.standins.base import PATH
from airgap.steps import Step, digest_of


def uv_image_step(image: Image) -> Step:
    """Return the step that makes the layout of the uv image, of the very version that the tag names."""
    return Step(
        name="standin-uv",
        inputs=digest_of(architecture(), image.tag, Path(__file__), *RECIPE),
        build=lambda folder, log: _build(image, folder, log),
    )


def _build(image: Image, folder: Path, log: TextIO) -> None:
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        unpacked, root = Path(scratch) / "wheel", Path(scratch) / "root"
        unpacked.mkdir()
        root.mkdir()
        # The wheel for musl is linked statically: it runs in any image that /uv is copied to.
        which = ["--platform", f"musllinux_1_1_{platform.machine()}", f"uv=={image.tag}"]
        unpack_wheels(which, unpacked, log=log)
        for name in ("uv", "uvx"):
            (unpacked / "bin" / name).rename(root / name)
        layer = write_layer(folder, files_of(root), made_by=f"airgap: uv {image.tag}")
    config = Config(env={"PATH": PATH}, entrypoint=("/uv",), working_dir="/io")
    write_layout(folder, image.tag, [layer], config, architecture=architecture())
