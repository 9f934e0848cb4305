"""Routes that get in the way, and the firewall rules to remove."""

import ipaddress

import pytest

from airgap.instance import instance
from airgap.network import exists, overlapping_route, removal

NETWORK = ipaddress.IPv4Network("10.213.0.0/16")
OURS = "CNI-" + "a" * 24
THEIRS = "CNI-" + "b" * 24
HEADER = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n"
NAT = f"""\
*nat
:POSTROUTING ACCEPT [0:0]
:{OURS} - [0:0]
:{THEIRS} - [0:0]
-A POSTROUTING -s 10.213.0.2/32 -m comment --comment "name: \\"airgap\\" id: \\"x\\"" -j {OURS}
-A POSTROUTING -s 10.99.0.2/32 -j {THEIRS}
-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE
-A {OURS} -d 10.213.0.0/16 -j ACCEPT
-A {OURS} ! -d 224.0.0.0/4 -j MASQUERADE
-A {THEIRS} -d 10.99.0.0/16 -j ACCEPT
COMMIT
"""
OWN_FILTER = """\
*filter
:FORWARD DROP [0:0]
:CNI-ADMIN - [0:0]
:CNI-FORWARD - [0:0]
-A FORWARD -m comment --comment "CNI firewall plugin rules" -j CNI-FORWARD
-A FORWARD -j DOCKER-USER
-A CNI-FORWARD -m comment --comment "CNI firewall plugin admin overrides" -j CNI-ADMIN
-A CNI-FORWARD -d 10.213.0.2/32 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A CNI-FORWARD -s 10.213.0.2/32 -j ACCEPT
COMMIT
"""


def test_only_our_nat_rules_and_chains_are_removed() -> None:
    assert removal(NAT, NETWORK) == (
        "*nat\n"
        f'-D POSTROUTING -s 10.213.0.2/32 -m comment --comment "name: \\"airgap\\" id: \\"x\\"" -j {OURS}\n'
        f"-F {OURS}\n-X {OURS}\nCOMMIT\n"
    )


def test_the_shared_chains_go_with_their_last_rule() -> None:
    commands = removal(OWN_FILTER, NETWORK).splitlines()
    assert "-D CNI-FORWARD -s 10.213.0.2/32 -j ACCEPT" in commands
    assert '-D FORWARD -m comment --comment "CNI firewall plugin rules" -j CNI-FORWARD' in commands
    assert commands[-5:] == ["-F CNI-FORWARD", "-F CNI-ADMIN", "-X CNI-FORWARD", "-X CNI-ADMIN", "COMMIT"]
    assert not any("DOCKER-USER" in command for command in commands)


def test_the_shared_chains_stay_while_others_use_them() -> None:
    shared = OWN_FILTER.replace("COMMIT", "-A CNI-FORWARD -s 10.99.0.2/32 -j ACCEPT\nCOMMIT")
    state = "-d 10.213.0.2/32 -m conntrack --ctstate RELATED,ESTABLISHED"
    rules = [f"-D CNI-FORWARD {rule} -j ACCEPT" for rule in (state, "-s 10.213.0.2/32")]
    assert removal(shared, NETWORK).splitlines() == ["*filter", *rules, "COMMIT"]


def test_without_rules_of_ours_nothing_is_done_and_interfaces_are_known_by_name() -> None:
    assert removal(NAT + OWN_FILTER, ipaddress.IPv4Network("192.168.7.0/24")) == removal("", NETWORK) == ""
    assert (exists("lo"), exists("airgap-none0")) == (True, False)


@pytest.mark.parametrize(
    ("routes", "obstacle"),
    [
        ([("eth0", "00000000", "00000000"), ("tun0", "0000D50A", "00FFFFFF")], "tun0"),
        ([("airgap0", "0000D50A", "0000FFFF"), ("docker0", "000011AC", "0000FFFF")], None),
        # A default route in halves, as a VPN has it.
        ([("tun0", "00000000", "00000080"), ("*", "00000080", "00000080")], None),
    ],
)
def test_a_route_into_our_network_is_named(routes: list[tuple[str, str, str]], obstacle: str | None) -> None:
    rows = [f"{name}\t{to}\t00000000\t0001\t0\t0\t0\t{mask}\t0\t0\t0\n" for name, to, mask in routes]
    assert overlapping_route(instance({}), "".join([HEADER, *rows])) == obstacle
