"""Names of secrets, and texts that may hold one."""

import pytest

from ci.config.secrets.names import is_secret_name, may_hold_secret


@pytest.mark.parametrize(
    "name",
    [
        *("DB_PASSWORD", "db-passwd", "API_TOKEN", "authToken", "CLIENT_SECRET", "SSH_KEY", "apikey", "JWT"),
        *("AIRFLOW_CONN_DB", "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "AIRFLOW__CORE__FERNET_KEY", "FTP_PASS"),
    ],
)
def test_names_of_secrets(name: str) -> None:
    assert is_secret_name(name)
    assert may_hold_secret(f"ENV {name}=x")


@pytest.mark.parametrize(
    "name", ["MONKEY", "AUTHOR", "PAGE_SIZE", "COMPASS", "CONNECTIONS", "PATH", "SECRETARY"]
)
def test_other_names(name: str) -> None:
    assert not is_secret_name(name)


@pytest.mark.parametrize(
    "text",
    [
        "RUN pip install git+https://u:hunter2@example.com/x",
        "RUN curl -u me:hunter2 https://example.com",
        "RUN curl -H 'Authorization: Bearer x' https://example.com",
        "RUN x ghp_16C7e42F292c6912E7710c838347Ae178B4a",
        "RUN x 0123456789abcdef0123456789abcdef",
        "LABEL a=-----BEGIN PRIVATE KEY----- " + "A" * 64 + " -----END",
    ],
)
def test_texts_that_may_hold_one(text: str) -> None:
    assert may_hold_secret(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "RUN make && ./configure --prefix=/opt",
        "FROM apache/airflow@sha256:" + "0" * 64,
        "RUN pip install simple-salesforce==1.12.9 tokenizers==0.22.1",
        "COPY plugins/ /opt/airflow/plugins",
    ],
)
def test_plain_texts(text: str) -> None:
    assert not may_hold_secret(text)
