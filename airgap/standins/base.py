"""Debian trixie with its Python: the layer that every image with an operating system starts from."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TextIO

from airgap import chroot, debian, debian_mirror
from airgap.layer import files_of
from airgap.oci import RECIPE, Layer, share_layer, write_layer
from airgap.steps import Step, digest_of

PATH = "/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin"
PACKAGES = ("ca-certificates", "netbase", "python3", "python3-venv", "tzdata")
_RECIPE = (
    *RECIPE,
    *(Path(str(module.__file__)) for module in (chroot, debian, debian_mirror)),
    Path(__file__),
)
# A container is nobody else's system: pip and uv may install into it.
HOOKS = ('rm "$1"/usr/lib/python3.*/EXTERNALLY-MANAGED',)


def base_step() -> Step:
    """Return the step that makes the root file system (`root/`) and its layer (`blobs/`, `layer.json`)."""
    return Step(name="standin-base", inputs=digest_of(debian.architecture(), *_RECIPE), build=_build)


def root_of(base: Step) -> Path:
    """Return the folder with the root file system that the base layer holds."""
    return base.result / "root"


def share_base(base: Step, layout: Path) -> Layer:
    """Put the base layer into a layout and return it."""
    found = Layer(**json.loads((base.result / "layer.json").read_text()))
    return share_layer(base.result, found, layout)


def python_version(root: Path, log: TextIO) -> str:
    """Return the full version of the root file system's python3, as in 3.13.5."""
    answer = root / "tmp" / "version"
    chroot.run_in(
        root,
        ["sh", "-c", "python3 -c 'import platform; print(platform.python_version())' > /tmp/version"],
        log=log,
    )
    version = answer.read_text().strip()
    answer.unlink()
    return version


def _build(folder: Path, log: TextIO) -> None:
    root = folder / "root"
    debian.bootstrap(root, PACKAGES, log=log, hooks=HOOKS)
    made = write_layer(folder, files_of(root), made_by="airgap: Debian trixie with Python")
    (folder / "layer.json").write_text(json.dumps(asdict(made)))
