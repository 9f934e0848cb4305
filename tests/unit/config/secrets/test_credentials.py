"""Credentials that are written as values of variables, and values that only look like some."""

import json

import pytest

from ci.config.secrets.credentials import kind

KEY = "-----BEGIN PRIVATE KEY-----\n" + "A" * 64 + "\n-----END PRIVATE KEY-----"
MIXED = "aB3" * 12

BY_NAME = (
    *("DB_PASSWORD", "PGPASSWORD", "SMTP_PASSWD", "FTP_PASS", "DB_PWD", "dbPassword", "DB_PASSWORD_PROD"),
    *(
        "CLIENT_SECRET",
        "API_TOKEN",
        "GITHUB_TOKEN",
        "SF_SECURITY_TOKEN",
        "authToken",
        "OPENAI_API_KEY",
        "APIKEY",
    ),
    *(
        "AWS_SECRET_ACCESS_KEY",
        "SSH_PRIVATE_KEY",
        "GOOGLE_CREDENTIALS",
        "API_KEY_2",
        "AIRFLOW__CORE__FERNET_KEY",
    ),
    *("AIRFLOW__API__SECRET_KEY", "AIRFLOW__CORE__FERNET_KEY", "AIRFLOW__API_AUTH__JWT_SECRET"),
    *("AIRFLOW_VAR_API_KEY", "TOKEN", "SNOWFLAKE_PAT", "TWITTER_ACCESS_TOKEN_SECRET", "APIKEY"),
)
CREDENTIALS = (
    *((name, "hunter2") for name in BY_NAME),
    *(
        ("DB_PASSWORD", value)
        for value in ("12345678", "a$b", "hunter*", "p w", "db-credentials", "changeme")
    ),
    ("AIRFLOW_CONN_DB", "postgresql://user:hunter2@db/x"),
    ("AIRFLOW_CONN_DB", json.dumps({"conn_type": "postgres", "login": "u", "password": "hunter2"})),
    ("AIRFLOW_CONN_DB", json.dumps({"conn_type": "aws", "extra": {"aws_secret_access_key": "hunter2"}})),
    ("AIRFLOW_CONN_DB", json.dumps({"conn_type": "aws", "extra": json.dumps({"token": "hunter2"})})),
    ("AIRFLOW_CONN_AWS", "aws://?aws_secret_access_key=hunter2"),
    ("AIRFLOW_CONN_HTTP", "http://?__extra__=%7B%22token%22%3A+%22hunter2%22%7D"),
    ("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "postgresql+psycopg2://airflow:hunter2@db/airflow"),
    ("AIRFLOW__CELERY__BROKER_URL", "redis://:hunter2@redis:6379/0"),
    ("AIRFLOW__SECRETS__BACKEND_KWARGS", "{'token': 'hunter2'}"),
    ("JAVA_OPTS", "-Xmx1g -Djavax.net.ssl.keyStorePassword=hunter2"),
    ("STORAGE", "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=hunter2==;EndpointSuffix=x"),
    ("DSN", "host=db user=u password=hunter2"),
    *(
        ("X", value)
        for value in ("ghp_" + MIXED, "glpat-" + MIXED, "xoxb-1234567890-abcdef", "AKIA" + "A1" * 8)
    ),
    *(
        ("X", value)
        for value in ("sk-proj-" + MIXED, "sk_live_" + MIXED, "AIza" + MIXED[:35], "npm_" + MIXED)
    ),
    *(("X", value) for value in ("https://hooks.slack.com/services/T0/B0/" + MIXED, f"Bearer {MIXED}", KEY)),
    *(("X", value) for value in ("npm_" + MIXED, "AKIA" + "A1" * 8)),
    ("X", f"eyJ{MIXED}.eyJ{MIXED}.{MIXED}"),
    ("X", KEY.replace("\n", "\\n")),
    ("API_KEY_OF_SALESFORCE", MIXED),
)
HARMLESS = (
    *(
        ("DB_PASSWORD", value)
        for value in ("", " ", "${DB_PASSWORD}", "$PW", "{{ var.value.pw }}", "<password>")
    ),
    *(
        ("DB_PASSWORD", value)
        for value in ("/run/secrets/db", "true", "***", "<password>", "arn:aws:ssm:x:1:y")
    ),
    ("DB_PASSWORD_FILE", "/run/secrets/db_password"),
    ("AIRFLOW__CORE__FERNET_KEY_CMD", "cat /run/key"),
    ("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_SECRET", "sql_alchemy_conn"),
    ("AIRFLOW__API_AUTH__JWT_SECRET_SECRET", "jwt"),
    ("AIRFLOW__CORE__FERNET_KEY_SECRET", "fernet"),
    ("DB_PASSWORD_SECRET", "db-credentials"),
    ("DB_SECRET", "airflow-db-credentials"),
    ("IMAGE_PULL_SECRET", "registry-login"),
    ("SECRET_NAME", "db-credentials"),
    ("GOOGLE_APPLICATION_CREDENTIALS", "/opt/airflow/keys/sa.json"),
    *(("TOKEN_TTL", "60"), ("MAX_TOKENS", "4096"), ("MAX_TOKENS", "4k"), ("TOKENIZERS_PARALLELISM", "false")),
    *(
        ("USE_TOKEN", "1"),
        ("SORT_KEY", "id"),
        ("MONKEY", "a"),
        ("COMPASS", "n"),
        ("FORMAT", "csv"),
        ("KEY", "x"),
    ),
    ("TOKEN_URL", "https://login.example.com/oauth2/token?grant_type=client_credentials"),
    ("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "postgresql://airflow@db/airflow"),
    ("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "postgresql://airflow:${PW}@db/airflow"),
    ("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "sqlite:////opt/airflow/airflow.db"),
    ("AIRFLOW_CONN_HTTP", "http://api.example.com:8080/x"),
    ("AIRFLOW_CONN_DB", json.dumps({"conn_type": "postgres", "login": "u", "password": "", "port": 5432})),
    ("AIRFLOW__SECRETS__BACKEND", "airflow.providers.hashicorp.secrets.vault.VaultBackend"),
    ("AIRFLOW__SECRETS__BACKEND_KWARGS", json.dumps({"url": "http://vault", "auth_type": "kubernetes"})),
    ("GIT_SHA", "0123456789abcdef0123456789abcdef01234567"),
    ("IMAGE", "ghcr.io/acme/x@sha256:" + "0" * 64),
    *(("X", value) for value in ("basic authentication", "sk-learn-pipelines-in-production", "a=b c=d")),
)


@pytest.mark.parametrize(("name", "value"), CREDENTIALS)
def test_a_credential_is_known_by_its_name_or_value_and_never_shown(name: str, value: str) -> None:
    found = kind(name, value)
    assert found
    assert value not in found
    assert "hunter2" not in found


def test_what_only_looks_like_a_credential_is_none() -> None:
    assert {pair: found for pair in HARMLESS if (found := kind(*pair))} == {}
