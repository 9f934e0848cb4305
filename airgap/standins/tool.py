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


@dataclass(frozen=True)
class User:
    """The user beside root of an image that holds nothing but a program; the home is /home/<name>."""

    name: str
    number: int
    home_mode: int
    folders: tuple[str, ...] = ()
    """Folders in the home, for settings that are mounted there."""


@dataclass(frozen=True)
class Place:
    """Where an official image has its program, and how that starts."""

    program: str
    """Path of the program; its last part is the tool's name."""
    config: Config
    user: User | None = None
    """The user that a bare image has; None where there is an operating system around the program."""


TRIVY = Place("/usr/local/bin/trivy", Config(env={"PATH": PATH}, entrypoint=("trivy",)))
COSIGN = Place(
    "/ko-app/cosign",
    Config(
        env={"PATH": f"{PATH}:/ko-app", "SSL_CERT_FILE": f"/{_CERTIFICATES}"},
        entrypoint=("/ko-app/cosign",),
        user="65532",
        working_dir="/home/nonroot",
    ),
    User("nonroot", 65532, 0o700),
)
REGCTL = Place(
    "/regctl",
    Config(env={"PATH": PATH}, entrypoint=("/regctl",), user="appuser"),
    User("appuser", 1000, 0o2755, (".docker", ".regctl")),
)
# The official image has Alpine around it, with shellcheck; here is nothing but the program.
ACTIONLINT = Place(
    "/usr/local/bin/actionlint",
    Config(env={"PATH": PATH}, entrypoint=("/usr/local/bin/actionlint",), user="guest"),
    User("guest", 405, 0o755),
)


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
        if place.user:
            _add_bare_system(root, root_of(base), place.user)
        own = write_layer(folder, files_of(root), made_by=f"airgap: {name} {image.tag}")
    layers = [own] if place.user else [share_base(base, folder), own]
    write_layout(folder, image.tag, layers, place.config, architecture=architecture())


def _add_bare_system(root: Path, debian: Path, user: User) -> None:
    """Add what a statically linked program wants: certificates, its user's name, a home, a /tmp."""
    certificates = root / _CERTIFICATES
    certificates.parent.mkdir(parents=True)
    shutil.copyfile(debian / _CERTIFICATES, certificates)
    (root / "etc/passwd").write_text(
        "root:x:0:0:root:/root:/sbin/nologin\n"
        f"{user.name}:x:{user.number}:{user.number}:{user.name}:/home/{user.name}:/sbin/nologin\n"
    )
    (root / "etc/group").write_text(f"root:x:0:\n{user.name}:x:{user.number}:\n")
    home, temporary = root / "home" / user.name, root / "tmp"
    home.mkdir(parents=True)
    for folder in (home, *(home / name for name in user.folders)):
        folder.mkdir(exist_ok=True)
        os.chown(folder, user.number, user.number)
        folder.chmod(user.home_mode)
    temporary.mkdir()
    temporary.chmod(0o1777)
