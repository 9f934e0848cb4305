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


WRONG = {
    "AIRGAP_INSTANCE": ("expected a short name", ("../etc", "Second")),
    "AIRGAP_PORT": ("expected a port between 1 and 65535", ("0", "65536", "http")),
    "AIRGAP_NETWORK": (
        "expected a private network",
        ("10.0.0.1", "10.1.2.3/16", "8.8.8.0/24", "10.0.0.0/29"),
    ),
}


def test_port_and_network_can_be_chosen_and_a_wrong_value_is_named_with_what_was_expected() -> None:
    one = instance({"AIRGAP_PORT": "5005", "AIRGAP_NETWORK": "172.30.0.0/20"})
    assert one.registry_addresses == ("127.0.0.1:5005", "172.30.0.1:5005")
    for name, (expected, values) in WRONG.items():
        for value in values:
            with pytest.raises(AirgapError, match=f"{name}='{value}'.*{expected}"):
                instance({name: value})
