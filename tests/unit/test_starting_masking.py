"""What is likely a secret is known by its name, by how it is given, or by its own shape."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci.starting.masking import is_secret, masked
from ci.starting.recipe import Facts, recipe

SECRET_NAMES = (
    *("API_KEY", "APIKEY", "ACCESS_KEY_ID", "KEY", "SSH_KEYS", "SIGNINGKEY", "STORAGE_ACCOUNTKEY", "apiKey"),
    *("PASSWORD", "DB_PASS", "PGPASSWORD", "PASSWORD_FILE", "SMTPPASS", "DB_PW", "MYSQL_PWD", "DBPWD"),
    *("TOKEN", "API_TOKEN", "GITHUBTOKEN", "TOKEN2", "API_TOKENS", "GITHUB_PAT", "trustStorePassword"),
    *("SECRET_KEY", "CLIENTSECRET", "AIRFLOW__CORE__FERNET_KEY", "MY_CREDENTIALS", "AWS_CREDS"),
    *("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "AIRFLOW_CONN_DB", "SENTRY_DSN", "SLACK_WEBHOOK_URL"),
    *("STORAGE_CONNECTION_STRING", "ConnectionString", "JWT", "BASIC_AUTH", "authorization", "x.y.apiKey"),
)
OTHER_NAMES = (
    *("MONKEY", "TURKEY", "KEYBOARD", "KEYBOARD_LAYOUT", "HOTKEYS", "TOKENIZERS_PARALLELISM", "MAX_TOKENS"),
    *(
        "PASSENGER_COUNT",
        "COMPASS",
        "BYPASS",
        "PATH",
        "DATA_PATH",
        "PATTERN",
        "AUTHOR",
        "SECRETARY",
        "DSNAME",
    ),
    *("PAGE_SIZE", "JAVA_HOME", ""),
)


@pytest.mark.parametrize("name", SECRET_NAMES)
def test_a_secret_is_known_by_a_word_of_its_name(name: str) -> None:
    assert is_secret(name)
    assert is_secret(name, "x")


@pytest.mark.parametrize("name", OTHER_NAMES)
def test_a_word_that_only_holds_another_is_no_secret(name: str) -> None:
    assert not is_secret(name, "x")


# Each as its issuer documents it; put together here, so that no scanner takes this file for a leak.
SHAPES = (
    *("ghp_" + "16C7e42F292c6912E7710c838347Ae178B4a", "gho_" + "a1" * 18, "ghu_" + "a1" * 18),
    *("ghs_" + "a1" * 18, "ghr_" + "a1" * 18, "github_pat_" + "11ABC_" + "a1" * 30),
    *("AKIA" + "IOSFODNN7EXAMPLE", "ASIA" + "IOSFODNN7EXAMPLE"),
    *("-----BEGIN " + "PRIVATE KEY-----hunter2", "-----BEGIN RSA " + "PRIVATE KEY-----\\nhunter2\\n-----END"),
    *("xoxb-" + "1234567890-abcdef", "xapp-" + "1-A0-123456789", "glpat-" + "abcdefghij0123456789"),
    *("pypi-" + "AgEIcHlwaS5vcmcCJDAwMDAw", "npm_" + "a1" * 18, "AIza" + "SyA" + "a1" * 16),
    *("eyJ" + "hbGciOiJIUzI1NiJ9" + ".eyJ" + "zdWIiOiIxIn0" + ".c2ln", "sk-" + "proj-" + "a1" * 20),
    *("sk_live_" + "a1" * 12, "dckr_pat_" + "a1" * 12, "hf_" + "a1" * 17, "hvs." + "a1" * 12),
    *("dapi" + "a1" * 16, "SG." + "a1" * 11 + "." + "a1" * 20),
    *("https://hooks.slack.com/services/T00/B00/hunter2", "Bearer hunter2", "Basic dTpodW50ZXIy"),
)


@pytest.mark.parametrize("value", SHAPES)
def test_a_secret_is_known_by_its_shape(value: str) -> None:
    assert is_secret("A", value)
    for text in (f"A={value}", f"x '{value}' y", f"x({value})"):
        assert value not in masked(text)
        assert "hunter2" not in masked(text)
        assert masked(text).startswith(text[0])


@pytest.mark.parametrize(
    "value",
    [
        "postgresql://u:hunter2@db/x",
        "Authorization: Bearer hunter2",
        "Proxy-Authorization: hunter2",
        "-Xmx1g -Djavax.net.ssl.trustStorePassword=hunter2",
        '{"client_secret": "hunter2"}',
        '{"client_secret": "my hunter2", "a": 1}',
        r"{\"client_secret\": \"hunter2\"}",
        "{'auth': hunter2}",
        "Server=x;Password=hunter2;",
        "Server=x;Pwd = my hunter2;Port=1",
        "AccountName=x;AccountKey=hunter2==;EndpointSuffix=y",
        "DefaultEndpoint=x;Shared Access Key=hunter2",
        "host=db password=hunter2",
        "password: hunter2",
        "token:hunter2",
        "pass:1234hunter2",
        "jdbc:oracle:thin:scott/hunter2@//db:1521/x",
        "Driver={SQL Server};Uid=u;Pwd={hunter2};",
        "jdbc:postgresql://db/x?user=u&password=hunter2",
    ],
)
def test_a_secret_is_known_inside_of_a_value(value: str) -> None:
    assert is_secret("A", value)
    assert "hunter2" not in masked(value)


@pytest.mark.parametrize(
    "value",
    [
        *("", "200", "a b", "/opt/airflow/dags", "postgresql://db/x", "http://auth:8080/x", "token:8080"),
        *("-Xmx2g -Dfile.encoding=UTF-8", '["a", "b"]', '{"a": "b", "use_auth": true}', "a=b;c=d", "a, b: c"),
        "arn:aws:secretsmanager:eu-west-1:1:secret:prod/db",
        "https://login.example.com/oauth2/token",
        "broker-1:9092,broker-2:9092",
        "-u 50000:0",
        "Basic authentication",
        "global-something-that-is-quite-long",
        "%(asctime)s %(levelname)s: %(message)s",
    ],
)
def test_other_values_are_no_secrets_and_stay_as_they_are(value: str) -> None:
    assert not is_secret("A", value)
    assert masked(value) == value


COMMANDS = [
    ("curl", "-u", "user:hunter2", "https://h/x"),
    ("curl", "-fsSLu", "user:hunter2 and more", "https://h/x"),
    ("curl", "--user=user:hunter2", "https://h/x"),
    ("curl", "-uuser:hunter2", "https://h/x"),
    ("curl", "-H", "X-Api-Key: hunter2", "https://h/x"),
    ("curl", "-sSH", "PRIVATE-TOKEN: hunter2", "https://h/x"),
    ("curl", "-H", "X-Session:hunter2", "https://h/x"),
    ("curl", "-HX-Session: my hunter2", "https://h/x"),
    ("wget", "--header=PRIVATE-TOKEN: hunter2", "https://h/x"),
    ("curl", "-H", "Authorization: Bearer hunter2", "https://h/x"),
    ("curl", "-H", "Authorization: hunter2", "https://h/x"),
    ("mysql", "--password", "hunter2"),
    ("mysql", "--password=my hunter2", "-h", "x"),
    ("mysql", "-u", "root", "-phunter2", "x"),
    ("sqlcmd", "-S", "x", "-P", "hunter2"),
    ("docker", "login", "-u", "x", "-p", "hunter2"),
    ("sshpass", "-p", "hunter2", "ssh", "x"),
    ("redis-cli", "-a", "hunter2"),
    ("openssl", "rsa", "-passin", "pass:1234hunter2"),
    ("keytool", "-storepass", "hunter2"),
    ("env", "PGPASSWORD=my hunter2", "psql"),
    ("bash", "-c", "PGPASSWORD='my hunter2' psql"),
    ("bash", "-c", "mysql --password hunter2"),
    ("bash", "-c", 'curl -H "X-Session: my hunter2" https://h/x'),
    ("aws", "configure", "set", "aws_secret_access_key", "hunter2"),
    ("git", "config", "--global", "gitlab.token", "hunter2"),
    ("pip", "config", "set", "global.password", "a hunter2"),
    ("npm", "config", "set", "//registry.npmjs.org/:_authToken", "hunter2"),
    ("poetry", "config", "http-basic.house", "user", "hunter2"),
    ("login", "--password", "a hunter2"),
    ("x", "AccountKey=hunter2"),
    ("echo", '{"password": "my hunter2"}'),
    ("psql", "-c", "CREATE USER x PASSWORD 'hunter2'"),
    ("mysql", "-e", "CREATE USER x IDENTIFIED BY 'hunter2'"),
]


@pytest.mark.parametrize("words", COMMANDS)
def test_a_secret_of_a_command_is_masked_in_either_form(words: tuple[str, ...]) -> None:
    shell = " ".join(f"'{word}'" if " " in word and "'" not in word else word for word in words)
    quoted = " ".join(f'"{word}"' if " " in word and '"' not in word else word for word in words)
    for text in (shell, quoted, json.dumps(words), json.dumps(words, separators=(",", ":"))):
        assert "hunter2" not in masked(text)
        assert words[0] in masked(text)


@pytest.mark.parametrize(
    "text",
    [
        'echo "machine h login u password hunter2" > ~/.netrc',
        "printf 'machine h\\nlogin u\\npassword hunter2'",
        "echo 'airflow:my hunter2' | chpasswd",
        "echo hunter2 | docker login -u x --password-stdin",
        "docker login -u x --password-stdin <<< hunter2",
        "LABEL token=hunter2",
        'HEALTHCHECK --interval=1s CMD ["curl", "-u", "a:hunter2", "h"]',
        'ONBUILD RUN ["mysql", "--password", "hunter2"]',
    ],
)
def test_a_secret_of_a_text_is_masked(text: str) -> None:
    assert "hunter2" not in masked(text)
    assert masked(text).startswith(text.partition(" ")[0])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("TOKEN=x y", "TOKEN=*** y"),
        ("TOKEN='x y' z", "TOKEN=*** z"),
        ("a --token x b", "a --token *** b"),
        ("a --api-key=x b", "a --api-key=*** b"),
        ("https://u:p@h/x", "https://***@h/x"),
        ('["curl", "-u", "a:b c"]', 'curl -u "a:***"'),
        ('["apt-get", "install", "jq"]', '["apt-get", "install", "jq"]'),
    ],
)
def test_only_the_secret_is_masked(text: str, expected: str) -> None:
    assert masked(text) == expected


def test_what_would_be_a_secret_file_is_masked_as_a_whole() -> None:
    assert masked("echo " + "AGE-SECRET-KEY-1" + "A1" * 29 + " > key") == "***"


ENVIRONMENT = {
    "GH": "ghp_" + "16C7e42F292c6912E7710c838347Ae178B4a",
    "AWS": "AKIA" + "IOSFODNN7EXAMPLE",
    "HEADER": "Authorization: Bearer hunter6",
    "JAVA_OPTS": "-Djavax.net.ssl.trustStorePassword=hunter5",
    "OPTS": '{"client_secret": "hunter4"}',
    "SQL": "Server=x;Password=hunter3;",
    "K": "-----BEGIN " + "PRIVATE KEY-----hunter23",
}


@pytest.mark.parametrize("name", ENVIRONMENT)
@pytest.mark.parametrize(
    "form", ["ENV {}={}", "ENV A=b {}={} C=d", "ARG {}={}", "LABEL {}={}", "RUN export {}={}"]
)
def test_no_secret_of_a_variable_is_carried_over_or_shown(name: str, form: str) -> None:
    value = ENVIRONMENT[name]
    line = form.format(name, json.dumps(value))
    found = recipe("Dockerfile.crm", line, Facts(dag_type="crm", base="", files=()))
    assert name not in found.env
    assert value not in repr((found.env, found.told))
    assert "hunter" not in repr((found.env, found.told))
    assert any(each.todo for each in found.told)


WORDS = st.sampled_from(
    [
        *("--password", "x", "=", ";", '"', "'", "\\", ":", " ", " ", "[", "]", ",", "{", "}", "-u", "a:b"),
        *("TOKEN", "-H", "<<<", "echo", "| chpasswd", "https://", "@", "-----BEGIN PRIVATE KEY", "set", "\n"),
        "Bearer",
    ]
)  # fmt: skip


@given(st.lists(WORDS, max_size=20).map("".join))
def test_any_text_can_be_masked(text: str) -> None:
    assert is_secret("A", text) is (masked(text) != text)
    assert masked(f"{text} TOKEN=hunter2").find("hunter2") < 0


@pytest.mark.parametrize(
    "part", ["a", "a-", "-a ", "a.", ";a b", "a:", '"', "'a=", "echo ", "mysql ", '["', "eyJ", "set "]
)
def test_a_long_text_takes_no_time_out_of_measure(part: str) -> None:
    assert masked(part * 1000)
