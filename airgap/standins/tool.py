"""Stand-ins for the images of single Go tools: a program at the official image's path."""

import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from airgap.debian import architecture
from airgap.layer import files_of
from airgap.oci import Config, write_layer, write_layout
from airgap.pins import Image
from airgap.standins.base import PATH, root_of, share_base
from airgap.steps import Step, digest_of

_CERTIFICATES = "etc/ssl/certs/ca-certificates.crt"
_NOBODY = 65532  # "nonroot" in images made from nothing but a program


@dataclass(frozen=True)
class Place:
    """Where an official image has its program, and how that starts."""

    program: str
    """Path of the program; its last part is the tool's name."""
    entrypoint: str
    with_shell: bool = False
    """Whether there is an operating system around it; without one the program runs as user 65532."""


TRIVY = Place("/usr/local/bin/trivy", "trivy", with_shell=True)
COSIGN = Place("/ko-app/cosign", "/ko-app/cosign")
CRANE = Place("/ko-app/crane", "/ko-app/crane")


def tool_image_step(image: Image, base: Step, tool: Step, place: Place) -> Step:
    """Return the step that makes the layout of a tool's image; `tool` is the step that makes `bin/<tool>`."""
    return Step(
        name=f"standin-{Path(place.program).name}",
        inputs=digest_of(base.inputs, tool.inputs, image.tag, Path(__file__)),
        build=lambda folder, _: _build(image, base, tool, place, folder),
        needs=(base, tool),
    )


def _build(image: Image, base: Step, tool: Step, place: Place, folder: Path) -> None:
    name = Path(place.program).name
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        root = Path(scratch) / "root"
        program = root / place.program[1:]
        program.parent.mkdir(parents=True)
        shutil.copy2(tool.result / "bin" / name, program)
        if not place.with_shell:
            _add_bare_system(root, root_of(base))
        own = write_layer(folder, files_of(root), made_by=f"airgap: {name} {image.tag}")
    layers = [share_base(base, folder), own] if place.with_shell else [own]
    write_layout(folder, image.tag, layers, _config(place), architecture=architecture())


def _config(place: Place) -> Config:
    if place.with_shell:
        return Config(env={"PATH": PATH}, entrypoint=(place.entrypoint,))
    env = {"PATH": f"{PATH}:{Path(place.program).parent}", "SSL_CERT_FILE": f"/{_CERTIFICATES}"}
    return Config(env=env, entrypoint=(place.entrypoint,), user=str(_NOBODY), working_dir="/home/nonroot")


def _add_bare_system(root: Path, debian: Path) -> None:
    """Add what a statically linked program wants: certificates, its user's name, a home, a /tmp."""
    certificates = root / _CERTIFICATES
    certificates.parent.mkdir(parents=True)
    shutil.copyfile(debian / _CERTIFICATES, certificates)
    (root / "etc/passwd").write_text(
        f"root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:{_NOBODY}:{_NOBODY}:nonroot:/home/nonroot:/sbin/nologin\n"
    )
    (root / "etc/group").write_text(f"root:x:0:\nnonroot:x:{_NOBODY}:\n")
    home, temporary = root / "home/nonroot", root / "tmp"
    home.mkdir(parents=True)
    os.chown(home, _NOBODY, _NOBODY)
    home.chmod(0o700)
    temporary.mkdir()
    temporary.chmod(0o1777)
