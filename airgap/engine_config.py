"""What machine and instance add to the engine's root file system: engine.json, resolv.conf, certificates."""

import json
import os
import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from airgap.errors import AirgapError
from airgap.instance import Instance

_CERTIFICATES = Path("/usr/local/share/ca-certificates")
_DEBIAN = Path("/usr/share/ca-certificates")
_PEM = re.compile(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)
_GIB = 2**30


def engine_json(instance: Instance, registries: Sequence[str], disk: int) -> str:
    """Return the engine's configuration as JSON text.

    Names of the registries are looked for in the local one first. `disk` is the size in bytes of the disk
    that holds the engine's cache: of it the cache may take half, at most 60 GiB, and gives way where less
    than 5 % are free.
    """
    local, bridge = instance.registry_addresses
    mirrors = {name: {"mirrors": [f"{local}/{name}"]} for name in registries}
    plain = {address: {"http": True} for address in (local, bridge)}
    most = min(disk // 2, 60 * _GIB)
    space = {"reservedSpace": str(most // 4), "maxUsedSpace": str(most), "minFreeSpace": str(disk // 20)}
    return json.dumps({"logLevel": "warn", "registries": {**mirrors, **plain}, "gc": space}, indent=2)


def write_config(instance: Instance, registries: Sequence[str], folder: Path) -> None:
    """Write the layer of configuration that goes over the engine's root file system."""
    shutil.rmtree(folder, ignore_errors=True)
    etc = folder / "etc"
    (etc / "dagger").mkdir(parents=True)
    disk = shutil.disk_usage(instance.state).total
    (etc / "dagger" / "engine.json").write_text(engine_json(instance, registries, disk))
    (etc / "resolv.conf").write_bytes(Path("/etc/resolv.conf").resolve().read_bytes())
    (etc / "hosts").write_bytes(Path("/etc/hosts").read_bytes())
    certificates = folder / _CERTIFICATES.relative_to("/")
    certificates.mkdir(parents=True)
    for name, text in custom_certificates(os.environ).items():
        (certificates / name).write_text(text)


def custom_certificates(environ: Mapping[str, str], folder: Path = _CERTIFICATES) -> dict[str, str]:
    """Return the machine's own certificate authorities, one each, by a file name that ends in .crt.

    They are the files under /usr/local/share/ca-certificates and those of SSL_CERT_FILE's that Debian's own
    bundle doesn't have. Raises AirgapError where SSL_CERT_FILE names a file that can't be read.
    """
    found: dict[str, str] = {}
    for path in sorted(folder.rglob("*.crt")):
        found |= _numbered(
            path.relative_to(folder).as_posix().replace("/", "-").removesuffix(".crt"), path.read_text()
        )
    bundle = environ.get("SSL_CERT_FILE")
    if bundle:
        try:
            text = Path(bundle).read_text()
        except OSError as error:
            raise AirgapError(
                f"SSL_CERT_FILE={bundle}: {error.strerror}; name a file of certificates, or unset it"
            ) from error
        known = {_body(certificate) for certificate in found.values()} | _bodies_of_debian()
        fresh = [certificate for certificate in _PEM.findall(text) if _body(certificate) not in known]
        found |= _numbered("ssl-cert-file", "\n".join(fresh))
    return found


def _numbered(name: str, text: str) -> dict[str, str]:
    certificates: list[str] = _PEM.findall(text)
    many = len(certificates) > 1
    return {
        f"{name}{f'-{n}' if many else ''}.crt": f"{certificate}\n"
        for n, certificate in enumerate(certificates)
    }


def _body(certificate: str) -> str:
    return "".join(certificate.split())


def _bodies_of_debian() -> set[str]:
    """Return the certificates that the ca-certificates package brings on this machine."""
    files = _DEBIAN.rglob("*.crt")
    return {
        _body(certificate) for path in files for certificate in _PEM.findall(path.read_text(errors="replace"))
    }
