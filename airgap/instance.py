"""One engine with its registry: names, addresses and folders. A second one beside it needs only another name.

AIRGAP_INSTANCE=name chooses; AIRGAP_PORT and AIRGAP_NETWORK help where the defaults are taken.
"""

import hashlib
import ipaddress
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from airgap.errors import AirgapError
from airgap.folders import cache_folder

RUN = Path("/run/airflow-images")
_SECOND_BYTE = 213  # the default network is 10.213.0.0/16; others take 214 to 253


@dataclass(frozen=True, kw_only=True)
class Instance:
    """The settings of one engine and its registry."""

    name: str
    network: ipaddress.IPv4Network
    """The containers' network; its first address is the bridge, and the registry listens there too."""
    port: int
    """The registry's port, on 127.0.0.1 and on the bridge."""
    network_name: str
    """What the engine calls its network; the bridge is this with a 0 after it."""
    run: Path
    """Socket and process records: gone after a reboot."""
    state: Path
    """The engine's cache and the registry's images: survives `down`."""

    @property
    def bridge(self) -> str:
        """The network interface of the containers' network."""
        return f"{self.network_name}0"

    @property
    def bridge_address(self) -> str:
        """The bridge's own address, with which host, engine and containers alike reach the registry."""
        return str(self.network[1])

    @property
    def registry_addresses(self) -> tuple[str, str]:
        """Where the registry listens, as host:port."""
        return f"127.0.0.1:{self.port}", f"{self.bridge_address}:{self.port}"

    @property
    def socket(self) -> Path:
        """The engine's socket."""
        return self.run / "socket" / "engine.sock"

    @property
    def recipe(self) -> Path:
        """The file that says to the registry which images can be made, and how."""
        return self.run / "recipe.json"

    @property
    def runner_host(self) -> str:
        """What clients need in _EXPERIMENTAL_DAGGER_RUNNER_HOST."""
        return f"unix://{self.socket}"


def instance(environ: Mapping[str, str] = os.environ) -> Instance:
    """Return the instance that the environment asks for; AirgapError for a value that can't be used."""
    name = environ.get("AIRGAP_INSTANCE") or "default"
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,19}", name):
        raise AirgapError(
            f"AIRGAP_INSTANCE={name!r}: expected a short name of a-z, 0-9 and dashes, as in `second`"
        )
    number = 0 if name == "default" else 1 + int(hashlib.sha256(name.encode()).hexdigest(), 16) % 40
    return Instance(
        name=name,
        network=_network(environ.get("AIRGAP_NETWORK") or f"10.{_SECOND_BYTE + number}.0.0/16"),
        port=_port(environ.get("AIRGAP_PORT") or str(5000 + (100 + number if number else 0))),
        network_name=f"airgap{number}i" if number else "airgap",
        run=RUN / name,
        state=cache_folder() / "state" / name,
    )


def _network(text: str) -> ipaddress.IPv4Network:
    try:
        network = ipaddress.IPv4Network(text)
    except ValueError as error:
        raise AirgapError(
            f"AIRGAP_NETWORK={text!r}: expected a private network such as 10.213.0.0/16 ({error})"
        ) from error
    if network.prefixlen > 24 or not network.is_private:
        raise AirgapError(
            f"AIRGAP_NETWORK={text!r}: expected a private network of /24 or larger, such as 10.213.0.0/16"
        )
    return network


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise AirgapError(f"AIRGAP_PORT={text!r}: expected a port between 1 and 65535, such as 5000")
    return int(text)
