"""What machine and instance add to the engine's root file system."""

import json
from pathlib import Path

import pytest

from airgap import engine_config
from airgap.engine_config import custom_certificates, engine_json, write_config
from airgap.errors import AirgapError
from airgap.instance import instance

GIB = 2**30


def certificate(body: str) -> str:
    return f"-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----"


@pytest.fixture(autouse=True)
def debian(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Give the folder of Debian's own certificates, which is empty."""
    folder = tmp_path / "debian"
    folder.mkdir()
    monkeypatch.setattr(engine_config, "_DEBIAN", folder)
    return folder


@pytest.mark.parametrize(("disk", "most"), [(20 * GIB, 10 * GIB), (1000 * GIB, 60 * GIB)])
def test_every_registry_is_mirrored_and_the_cache_takes_half_of_a_disk_at_most(disk: int, most: int) -> None:
    config = json.loads(engine_json(instance({}), ["docker.io", "ghcr.io"], disk))
    assert config["registries"] == {
        "docker.io": {"mirrors": ["127.0.0.1:5000/docker.io"]},
        "ghcr.io": {"mirrors": ["127.0.0.1:5000/ghcr.io"]},
        "127.0.0.1:5000": {"http": True},
        "10.213.0.1:5000": {"http": True},
    }
    space = {name: int(size) for name, size in config["gc"].items() if str(size).isdigit()}
    assert (space["maxUsedSpace"], space["minFreeSpace"]) == (most, disk // 20)
    assert space["reservedSpace"] < most


def test_the_certificates_are_the_machines_own_and_those_of_a_bundle_alone(
    tmp_path: Path, debian: Path
) -> None:
    (debian / "public.crt").write_text(certificate("public"))
    (tmp_path / "local" / "corp").mkdir(parents=True)
    (tmp_path / "local" / "one.crt").write_text(certificate("one"))
    (tmp_path / "local" / "corp" / "two.crt").write_text(certificate("two") + "\n" + certificate("three"))
    (tmp_path / "local" / "notes.txt").write_text("no certificate")
    own = {
        "one.crt": certificate("one") + "\n",
        "corp-two-0.crt": certificate("two") + "\n",
        "corp-two-1.crt": certificate("three") + "\n",
    }
    assert custom_certificates({}, tmp_path / "local") == own
    bundle = tmp_path / "bundle.pem"
    bundle.write_text("\n".join(certificate(body) for body in ("public", "one", "extra")))
    certificates = custom_certificates({"SSL_CERT_FILE": str(bundle)}, tmp_path / "local")
    assert certificates == {**own, "ssl-cert-file.crt": certificate("extra") + "\n"}
    with pytest.raises(AirgapError, match=r"SSL_CERT_FILE=.*/none: No such file"):
        custom_certificates({"SSL_CERT_FILE": str(tmp_path / "none")}, tmp_path)


def test_the_layer_holds_name_servers_hosts_and_configuration(tmp_path: Path) -> None:
    one = instance({})
    one.state.mkdir(parents=True)
    layer = tmp_path / "layer"
    (layer / "old").mkdir(parents=True)
    write_config(one, ["docker.io"], layer)
    assert "docker.io" in json.loads((layer / "etc/dagger/engine.json").read_text())["registries"]
    assert (layer / "etc/resolv.conf").read_bytes() == Path("/etc/resolv.conf").read_bytes()
    assert (layer / "etc/hosts").exists()
    assert not (layer / "old").exists()
