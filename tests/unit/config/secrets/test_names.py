"""Names of secrets, and texts that may hold one."""

from ci.config.secrets.names import is_secret_name, may_hold_secret

SECRET_NAMES = (
    *("DB_PASSWORD", "db-passwd", "API_TOKEN", "authToken", "CLIENT_SECRET", "SSH_KEY", "apikey", "JWT"),
    *("AIRFLOW_CONN_DB", "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "AIRFLOW__CORE__FERNET_KEY", "FTP_PASS"),
)
PLAIN_NAMES = ("MONKEY", "AUTHOR", "PAGE_SIZE", "COMPASS", "CONNECTIONS", "PATH", "SECRETARY")
SECRET_TEXTS = (
    *("RUN pip install git+https://u:hunter2@example.com/x", "RUN curl -u me:hunter2 https://example.com"),
    *("RUN curl -H 'Authorization: Bearer x' https://example.com", "RUN x 0123456789abcdef0123456789abcdef"),
    "RUN x ghp_16C7e42F292c6912E7710c838347Ae178B4a",
    "LABEL a=-----BEGIN PRIVATE KEY----- " + "A" * 64 + " -----END",
)
PLAIN_TEXTS = (
    *("", "RUN make && ./configure --prefix=/opt", "FROM apache/airflow@sha256:" + "0" * 64),
    *("RUN pip install simple-salesforce==1.12.9 tokenizers==0.22.1", "COPY plugins/ /opt/airflow/plugins"),
)


def test_names_of_secrets_are_known() -> None:
    assert tuple(filter(is_secret_name, (*SECRET_NAMES, *PLAIN_NAMES))) == SECRET_NAMES


def test_texts_that_may_hold_a_secret_are_known() -> None:
    texts = (*(f"ENV {name}=x" for name in SECRET_NAMES), *SECRET_TEXTS)
    assert tuple(filter(may_hold_secret, (*texts, *PLAIN_TEXTS))) == texts
