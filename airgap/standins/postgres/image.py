"""The image that stands in for postgres: Debian's server on the shared base, and an entrypoint."""

import shutil
import tempfile
from pathlib import Path
from typing import TextIO

from airgap import debian
from airgap.chroot import run_in
from airgap.errors import AirgapError
from airgap.layer import files_of
from airgap.oci import Config, write_layer, write_layout
from airgap.pins import Image
from airgap.standins import base as base_image
from airgap.steps import Step, digest_of

HERE = Path(__file__).parent
_SUITE_VERSION = "17"  # what Debian trixie has
_DATA = "/var/lib/postgresql/data"
_HOOKS = (
    # 170 MB of compiler; without it the server plans queries as ever and never compiles them.
    'rm -r "$1"/usr/lib/*/libLLVM* "$1"/usr/lib/*/libz3.*',
    'cd "$1"/usr/lib/postgresql/*/lib && rm -r llvmjit* bitcode',
    # Debian makes a cluster and a certificate while it installs; here the entrypoint and the user make them.
    'rm -rf "$1"/var/lib/postgresql/* "$1"/etc/postgresql/* "$1"/var/log/postgresql/*',
    'find "$1/etc/ssl" "(" -name "ssl-cert-snakeoil.*" -o -lname "*ssl-cert-snakeoil.pem" ")" -delete',
)


def postgres_step(image: Image, base: Step) -> Step:
    """Return the step that makes the layout of the PostgreSQL image."""
    return Step(
        name="standin-postgres",
        inputs=digest_of(base.inputs, image.tag, HERE),
        build=lambda folder, log: _build(image, base, folder, log),
        needs=(base,),
    )


def _build(image: Image, base: Step, folder: Path, log: TextIO) -> None:
    if image.tag != _SUITE_VERSION:
        raise AirgapError(
            f"{image} can't be stood in for: Debian trixie has {_SUITE_VERSION}; name that in ci/pins.toml"
        )
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        root = Path(scratch) / "root"
        packages = [*base_image.PACKAGES, f"postgresql-{_SUITE_VERSION}"]
        debian.bootstrap(root, packages, log=log, hooks=[*base_image.HOOKS, *_HOOKS])
        _prepare(root, log)
        layers = [
            base_image.share_base(base, folder),
            write_layer(
                folder,
                files_of(root, below=base_image.root_of(base)),
                made_by="airgap: PostgreSQL, entrypoint",
            ),
        ]
    config = Config(
        env={
            "PATH": f"/usr/lib/postgresql/{_SUITE_VERSION}/bin:{base_image.PATH}",
            "LANG": "C.UTF-8",
            "PG_MAJOR": _SUITE_VERSION,
            "PGDATA": _DATA,
        },
        entrypoint=("docker-entrypoint.sh",),
        cmd=("postgres",),
        ports=("5432/tcp",),
        volumes=(_DATA,),
        stop_signal="SIGINT",
    )
    write_layout(folder, image.tag, layers, config, architecture=debian.architecture())


def _prepare(root: Path, log: TextIO) -> None:
    sample = root / f"usr/share/postgresql/{_SUITE_VERSION}/postgresql.conf.sample"
    text = sample.read_text()
    default = "#listen_addresses = 'localhost'"
    if default not in text:
        raise AirgapError(
            f"{sample} has no line {default!r}: see how this version's server is made to listen"
        )
    sample.write_text(text.replace(default, "listen_addresses = '*'"))
    (root / "docker-entrypoint-initdb.d").mkdir()
    entrypoint = root / "usr/local/bin/docker-entrypoint.sh"
    shutil.copyfile(HERE / "entrypoint.sh", entrypoint)
    entrypoint.chmod(0o755)
    owned = ["install", "-d", "-o", "postgres", "-g", "postgres"]
    run_in(root, [*owned, "-m", "3775", "/var/run/postgresql"], log=log)
    run_in(root, [*owned, "-m", "700", _DATA], log=log)
