"""What the environment's variables must hold, and what is said where they do not."""

import pytest

from scripts.environment import InvalidVariableError, MissingVariablesError, PostgresSettings, require

POSTGRES = {
    "POSTGRES_HOST": "db",
    "POSTGRES_DATABASE": "warehouse",
    "POSTGRES_USER": "loader",
    "POSTGRES_PASSWORD": "s3cret",
}


def test_all_missing_variables_are_named_in_one_error() -> None:
    with pytest.raises(MissingVariablesError) as error:
        require(["A", "B", "C", "D"], {"A": "x", "B": "", "C": "  "})
    assert "missing environment variables: B, C, D." in str(error.value)


def test_nothing_is_said_where_nothing_is_missing() -> None:
    require(["A"], {"A": "x"})
    assert require([], {}) is None


def test_the_port_has_a_default() -> None:
    assert PostgresSettings.from_environment(POSTGRES).port == 5432
    assert PostgresSettings.from_environment(POSTGRES | {"POSTGRES_PORT": ""}).port == 5432


@pytest.mark.parametrize("port", ["0", "65536", "-1", "5432.0", "tcp://10.0.0.1:5432", "٣"])
def test_a_port_that_is_none_is_refused_with_its_value(port: str) -> None:
    with pytest.raises(InvalidVariableError) as error:
        PostgresSettings.from_environment(POSTGRES | {"POSTGRES_PORT": port})
    assert repr(port) in str(error.value)


def test_the_password_is_not_in_the_settings_text() -> None:
    assert "s3cret" not in repr(PostgresSettings.from_environment(POSTGRES))
