"""The settings of an instance."""

from pathlib import Path

import pytest

from airgap.errors import AirgapError
from airgap.instance import instance


def test_the_first_instance_has_the_plain_settings(cache: Path) -> None:
    one = instance({})
    assert (one.name, one.port, str(one.network)) == ("default", 5000, "10.213.0.0/16")
    assert one.bridge == "airgap0"
    assert one.registry_addresses == ("127.0.0.1:5000", "10.213.0.1:5000")
    assert one.runner_host == "unix:///run/airflow-images/default/socket/engine.sock"
    assert one.state == cache / "state" / "default"


def test_a_second_instance_shares_nothing_with_the_first() -> None:
    one, two = instance({}), instance({"AIRGAP_INSTANCE": "second"})
    assert not one.network.overlaps(two.network)
    for name in ("port", "bridge", "run", "state", "socket"):
        assert getattr(one, name) != getattr(two, name)
    for name in ("second", "a", "x" * 20, "ci-4"):
        assert len(instance({"AIRGAP_INSTANCE": name}).bridge) <= 15  # the kernel's limit


def test_port_and_network_can_be_chosen() -> None:
    one = instance({"AIRGAP_PORT": "5005", "AIRGAP_NETWORK": "172.30.0.0/20"})
    assert one.registry_addresses == ("127.0.0.1:5005", "172.30.0.1:5005")


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("AIRGAP_INSTANCE", "../etc", "expected a short name"),
        ("AIRGAP_INSTANCE", "Second", "expected a short name"),
        ("AIRGAP_PORT", "0", "expected a port between 1 and 65535"),
        ("AIRGAP_PORT", "65536", "expected a port between 1 and 65535"),
        ("AIRGAP_PORT", "http", "expected a port between 1 and 65535"),
        ("AIRGAP_NETWORK", "10.0.0.1", "expected a private network"),
        ("AIRGAP_NETWORK", "10.1.2.3/16", "expected a private network"),
        ("AIRGAP_NETWORK", "8.8.8.0/24", "expected a private network"),
        ("AIRGAP_NETWORK", "10.0.0.0/29", "expected a private network"),
    ],
)
def test_a_wrong_value_is_named_with_what_was_expected(name: str, value: str, expected: str) -> None:
    with pytest.raises(AirgapError, match=f"{name}='{value}'.*{expected}"):
        instance({name: value})
