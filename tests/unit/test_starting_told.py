"""What is shown of old files holds no secret and fits on a line."""

import pytest

from ci.starting.told import is_secret, shown


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("API_TOKEN", "", True),
        ("DB_PASSWORD", "", True),
        ("AIRFLOW__CORE__FERNET_KEY", "", True),
        ("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "", True),
        ("AIRFLOW_CONN_DB", "", True),
        ("AWS_SECRET_ACCESS_KEY", "", True),
        ("SENTRY_DSN", "", True),
        ("DB", "postgresql://u:p@db/x", True),
        ("DB", "postgresql://db/x", False),
        ("PAGE_SIZE", "200", False),
        ("GITHUB_PAT", "", True),
        ("DB_PW", "", True),
        ("SLACK_WEBHOOK_URL", "", True),
        ("STORAGE_CONNECTION_STRING", "", True),
        ("ConnectionString", "", True),
        ("SIGNINGKEY", "", True),
        ("KEYBOARD", "", False),
        ("DATA_PATH", "", False),
    ],
)
def test_a_secret_is_known_by_name_or_by_a_login(name: str, value: str, expected: bool) -> None:  # noqa: FBT001
    assert is_secret(name, value) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a  \n b", "a b"),
        ("`a`", "'a'"),
        ("TOKEN=x y", "TOKEN=*** y"),
        ("TOKEN='x y' z", "TOKEN=*** z"),
        ("a --token x b", "a --token *** b"),
        ("a --api-key=x b", "a --api-key=*** b"),
        ("https://u:p@h/x", "https://***@h/x"),
        ("x" * 200, "x" * 120 + "…"),
    ],
)
def test_a_text_is_shown_without_secrets_on_one_line(text: str, expected: str) -> None:
    assert shown(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "curl -u user:hunter2 https://h/x",
        "curl -fsSLu 'user:hunter2 and more' https://h/x",
        "curl --user=user:hunter2 https://h/x",
        "curl -uuser:hunter2 https://h/x",
        'echo "machine h login u password hunter2" > ~/.netrc',
        "printf 'machine h\\nlogin u\\npassword hunter2'",
        'curl -H "X-Api-Key: hunter2" https://h/x',
        'curl -sSH "PRIVATE-TOKEN: hunter2" https://h/x',
        "curl -H 'X-Session:hunter2' https://h/x",
        "wget --header='PRIVATE-TOKEN: hunter2' https://h/x",
        "curl -H 'Authorization: Bearer hunter2' https://h/x",
        "curl -H 'Authorization: hunter2' https://h/x",
        "aws configure set aws_secret_access_key hunter2",
        "git config --global gitlab.token hunter2",
        "pip config set global.password 'a hunter2'",
        "login --password 'a hunter2'",
        'echo \'{"password": "hunter2"}\'',
        "x AccountKey=hunter2",
    ],
)
def test_a_secret_of_a_command_is_not_shown(text: str) -> None:
    assert "hunter2" not in shown(text)
    assert shown(text).startswith(text.partition(" ")[0])
