"""The bridge between host, registry and containers, and the firewall rules that the engine adds for it.

The machine needs no `ip` or `iptables` of its own: those of the engine's root file system are used.
"""

import ipaddress
import re
import socket
import subprocess
from pathlib import Path

from airgap.errors import AirgapError, CommandError
from airgap.instance import Instance

_SHARED = ("CNI-FORWARD", "CNI-ADMIN")  # of all networks that such plugins make


def ensure_bridge(instance: Instance, tools: Path) -> None:
    """Make the bridge with its address, as far as it isn't there; `tools` is a root file system with `ip`.

    Raises AirgapError where another interface already uses a part of the network.
    """
    other = overlapping_route(instance, Path("/proc/net/route").read_text())
    if other:
        raise AirgapError(
            f"network {instance.network} is taken by interface {other}: "
            "set AIRGAP_NETWORK to a free private network, such as 10.200.0.0/16"
        )
    if not exists(instance.bridge):
        _tool(tools, "ip", "link", "add", instance.bridge, "type", "bridge")
    address = f"{instance.bridge_address}/{instance.network.prefixlen}"
    if f" {address} " not in _tool(tools, "ip", "-o", "-4", "address", "show", "dev", instance.bridge):
        _tool(tools, "ip", "-4", "address", "flush", "dev", instance.bridge)
        _tool(tools, "ip", "address", "add", address, "dev", instance.bridge)
    _tool(tools, "ip", "link", "set", instance.bridge, "up")


def refuse_other_name_server(instance: Instance) -> None:
    """Raise AirgapError where something has port 53 on every address: the engine's own then can't start."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((instance.bridge_address, 53))
        except OSError as error:
            raise AirgapError(
                f"port 53 of {instance.bridge_address} can't be had ({error.strerror}): a name server on "
                "this machine listens on all addresses. Let it listen on its own ones only, or stop it"
            ) from error


def overlapping_route(instance: Instance, table: str) -> str | None:
    """Return an interface, not the bridge, that routes part of the network (`table`: as /proc/net/route)."""
    for line in table.splitlines()[1:]:
        name, destination, _, _, _, _, _, mask = line.split()[:8]
        network = ipaddress.IPv4Network((_address(destination), str(_address(mask))))
        # Wider than any private network: a default route, or its halves, as a VPN adds them.
        if network.prefixlen >= 8 and name != instance.bridge and network.overlaps(instance.network):
            return name
    return None


def _address(hexadecimal: str) -> ipaddress.IPv4Address:
    """Read an address as the kernel prints it: bytes in network order, read as a little-endian number."""
    return ipaddress.IPv4Address(bytes.fromhex(hexadecimal)[::-1])


def remove_bridge(instance: Instance, tools: Path) -> None:
    """Remove the bridge, if it is there."""
    if exists(instance.bridge):
        _tool(tools, "ip", "link", "delete", instance.bridge)


def remove_rules(instance: Instance, tools: Path) -> None:
    """Remove the firewall rules for the network's containers, which a killed engine leaves behind."""
    commands = removal(_tool(tools, "iptables-save"), instance.network)
    if commands:
        _tool(tools, "iptables-restore", "--noflush", text=commands)


def removal(saved: str, network: ipaddress.IPv4Network) -> str:
    """Return what `iptables-restore --noflush` must read to remove the network's rules; empty for none.

    `saved` is the output of iptables-save. A rule is the network's own when its source or destination lies in
    it, a chain when such a rule leads there; the shared chains go with their last rule.
    """
    tables: list[str] = []
    for table in re.split(r"^(?=\*)", saved, flags=re.MULTILINE):
        rules = re.findall(r"^-A (.*)$", table, re.MULTILINE)
        own = [rule for rule in rules if _within(rule, network)]
        chains = sorted({match[1] for rule in own if (match := re.search(r"-j (CNI-[0-9a-f]{24})$", rule))})
        deleted = [rule for rule in own if rule.split()[0] not in chains]
        left = [rule for rule in rules if rule not in own and rule.split()[0] == "CNI-FORWARD"]
        lines = [f"-D {rule}" for rule in deleted]
        if own and ":CNI-FORWARD " in table and all(rule.endswith("-j CNI-ADMIN") for rule in left):
            lines += [
                f"-D {rule}"
                for rule in rules
                if rule.startswith("FORWARD ") and rule.endswith("-j CNI-FORWARD")
            ]
            chains += _SHARED
        lines += [f"-F {chain}" for chain in chains] + [f"-X {chain}" for chain in chains]
        if lines:
            tables.append("\n".join([table.split()[0], *lines, "COMMIT\n"]))
    return "".join(tables)


def _within(rule: str, network: ipaddress.IPv4Network) -> bool:
    places = re.findall(r"(?:^| )-[sd] (\d+\.\d+\.\d+\.\d+/\d+)", rule)
    return any(ipaddress.IPv4Network(place).subnet_of(network) for place in places)


def exists(interface: str) -> bool:
    """Whether this machine has the network interface."""
    names = (line.partition(":")[0].strip() for line in Path("/proc/net/dev").read_text().splitlines())
    return interface in names


def _tool(root: Path, *command: str, text: str = "") -> str:
    done = subprocess.run(
        ["chroot", str(root), *command], input=text, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise CommandError(" ".join(command), f"failed: {done.stderr.strip()}")
    return done.stdout
