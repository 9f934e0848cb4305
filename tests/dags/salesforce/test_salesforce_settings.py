"""How the SALESFORCE_* variables are read."""

import pytest

from scripts.environment import InvalidVariableError, MissingVariablesError
from scripts.salesforce.settings import SalesforceSettings

COMPLETE = {
    "SALESFORCE_USERNAME": "loader@example.com",
    "SALESFORCE_PASSWORD": "s3cret",
    "SALESFORCE_SECURITY_TOKEN": "t0ken",
}


def test_defaults() -> None:
    settings = SalesforceSettings.from_environment(COMPLETE | {"SALESFORCE_DOMAIN": ""})
    assert (settings.domain, settings.gateway) == ("login", None)


def test_secrets_are_not_in_the_settings_text() -> None:
    shown = repr(SalesforceSettings.from_environment(COMPLETE))
    assert "loader@example.com" in shown
    assert "s3cret" not in shown
    assert "t0ken" not in shown


def test_missing_variables_are_named() -> None:
    with pytest.raises(MissingVariablesError, match="SALESFORCE_PASSWORD, SALESFORCE_SECURITY_TOKEN"):
        SalesforceSettings.from_environment({"SALESFORCE_USERNAME": "loader@example.com"})


@pytest.mark.parametrize("domain", ["login", "test", "acme.my", "acme--dev.sandbox.my"])
def test_domains(domain: str) -> None:
    assert SalesforceSettings.from_environment(COMPLETE | {"SALESFORCE_DOMAIN": domain}).domain == domain


@pytest.mark.parametrize(
    ("domain", "proposal"),
    [
        ("acme.my.salesforce.com", "acme.my"),
        ("https://acme.my.salesforce.com", "login"),
        ("evil.example/", "login"),
        ("user@evil", "login"),
        ("a b", "login"),
    ],
)
def test_a_domain_that_would_lead_elsewhere_is_refused(domain: str, proposal: str) -> None:
    with pytest.raises(InvalidVariableError) as error:
        SalesforceSettings.from_environment(COMPLETE | {"SALESFORCE_DOMAIN": domain})
    assert repr(domain) in str(error.value)
    assert f"Try {proposal!r}" in str(error.value)


@pytest.mark.parametrize(
    ("url", "origin"),
    [("http://salesforce:8080/", "http://salesforce:8080"), ("https://gw.example", "https://gw.example")],
)
def test_gateways(url: str, origin: str) -> None:
    assert SalesforceSettings.from_environment(COMPLETE | {"SALESFORCE_GATEWAY_URL": url}).gateway == origin


@pytest.mark.parametrize(
    "url", ["salesforce:8080", "ftp://x", "https://", "https://x/path", "https://u:hidden@x", "https://x?q=1"]
)
def test_a_gateway_that_is_no_origin_is_refused_unshown(url: str) -> None:
    with pytest.raises(InvalidVariableError, match="expected scheme, host and port only") as error:
        SalesforceSettings.from_environment(COMPLETE | {"SALESFORCE_GATEWAY_URL": url})
    assert "hidden" not in str(error.value)
