"""The stand-in for docker.io/library/python: Debian's Python under the official image's paths."""

import tempfile
from pathlib import Path
from typing import TextIO

from airgap import commands
from airgap.chroot import run_in
from airgap.debian import architecture
from airgap.errors import AirgapError
from airgap.layer import files_of
from airgap.oci import Config, write_layer, write_layout
from airgap.pins import Image
from airgap.standins.base import PATH, python_version, root_of, share_base
from airgap.steps import Step, digest_of


def python_step(image: Image, base: Step) -> Step:
    """Return the step that makes the layout of the Python image."""
    return Step(
        name="standin-python",
        inputs=digest_of(base.inputs, image.tag, Path(__file__)),
        build=lambda folder, log: _build(image, base, folder, log),
        needs=(base,),
    )


def _build(image: Image, base: Step, folder: Path, log: TextIO) -> None:
    below = root_of(base)
    version = python_version(below, log)
    if not f"{image.tag}-".startswith(f"{version.rpartition('.')[0]}-"):
        raise AirgapError(
            f"{image} can't be stood in for: Debian trixie has Python {version}; name that in ci/pins.toml"
        )
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        root = Path(scratch) / "root"
        # Hard links are enough: what follows adds files and changes none.
        commands.run(["cp", "-al", below, root], log=log)
        for name in ("python", "python3", f"python{version.rpartition('.')[0]}"):
            (root / "usr/local/bin" / name).symlink_to("/usr/bin/python3")
        _install_pip(root, log)
        layer = write_layer(
            folder, files_of(root, below=below), made_by="airgap: pip, and Python's names in /usr/local"
        )
    config = Config(env={"PATH": PATH, "LANG": "C.UTF-8", "PYTHON_VERSION": version}, cmd=("python3",))
    write_layout(folder, image.tag, [share_base(base, folder), layer], config, architecture=architecture())


def _install_pip(root: Path, log: TextIO) -> None:
    """Install pip from the wheel that Debian's venv carries; a wheel can run from where it lies."""
    wheel = next((root / "usr/share/python-wheels").glob("pip-*.whl"))
    inside = f"/{wheel.relative_to(root)}"
    options = ["--no-index", "--no-compile", "--no-deps", "--no-cache-dir", "--root-user-action=ignore"]
    run_in(root, ["/usr/local/bin/python3", f"{inside}/pip", "install", *options, inside], log=log)
