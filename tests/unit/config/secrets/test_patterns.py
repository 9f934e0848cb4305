"""The kind of secret in a file's content, text or binary."""

import pytest

from ci.config.secrets import files

from ...harmless_file_cases import NO_KEYS_IN_DER
from ...secret_file_cases import ACCOUNT, AWS, DER, FORTY, KUBECONFIG, SECRET, pem


@pytest.mark.parametrize(
    ("path", "text", "what"),
    [
        (".env", "", "an environment file"),
        (".netrc", "", "a file of passwords"),
        ("kaggle.json", "", "a file of access tokens"),
        (".docker/config.json", "", "a login to registries"),
        (".aws/credentials", "", "credentials of a cloud"),
        ("a.p12", "", "a store of keys"),
        ("a.keytab", "", "a Kerberos keytab"),
        ("a.pem", pem(), "a private key"),
        ("a.ini", f"{AWS}={FORTY}", "an access key of AWS"),
        ("a.py", f"{AWS}={FORTY}", "an access key of AWS"),
        ("a.yaml", KUBECONFIG + "token: x", "access to a Kubernetes cluster"),
        ("profiles.yml", "password: x", "a dbt profile with a value instead of env_var()"),
        ("airflow.cfg", "jwt_secret = x", "an Airflow configuration with its keys"),
        ("a.json", ACCOUNT % '"x"', "a Google service account"),
        ("user.json", SECRET["user.json"], "a Google user's credentials"),
        ("client.json", SECRET["client.json"], "a Google OAuth client"),
        ("b.json", SECRET["connections.json"], "exported Airflow connections"),
        ("b.yaml", SECRET["connections.yaml"], "exported Airflow connections"),
        ("c.json", SECRET["uris.json"], "addresses with passwords"),
        ("d.json", SECRET["auth.json"], "a login to registries"),
        ("e.json", SECRET["azure.json"], "an Azure service principal"),
        ("a.yml", SECRET["secret.yaml"], "a Secret of Kubernetes"),
        (".npmrc", SECRET[".npmrc"], "a login to npm's registry"),
        ("pip.conf", SECRET["pip.conf"], "an address of a package index with its password"),
        ("f.json", SECRET["jwk.json"], "a private key"),
        ("f.csv", SECRET["accessKeys.csv"], "an access key of AWS"),
    ],
)
def test_the_kind_of_secret_is_reported(path: str, text: str, what: str) -> None:
    assert files.kind(f"dags/x/{path}", text.encode()) == what


@pytest.mark.parametrize("ending", [".py", ".pyi", ".ipynb", ".sql", ".md", ".rst", ".adoc", ".html", ".PY"])
def test_text_that_speaks_of_settings_is_no_secret_but_a_key_in_it_is(ending: str) -> None:
    for text in (f"{KUBECONFIG}    token: x\n", ACCOUNT % '"x"'):
        assert files.kind(f"dags/a{ending}", text.encode()) == ""
        assert files.kind("dags/a.txt", text.encode())
    for text in (f"{AWS} = {FORTY}\n", pem()):
        assert files.kind(f"dags/a{ending}", text.encode())


@pytest.mark.parametrize(("path", "content"), DER.items(), ids=DER)
def test_a_key_in_binary_is_reported_by_how_it_begins(path: str, content: str) -> None:
    assert files.kind(f"dags/{path}", bytes.fromhex(content) + bytes(200)) == "a private key"


@pytest.mark.parametrize(("path", "content"), NO_KEYS_IN_DER.items(), ids=NO_KEYS_IN_DER)
def test_what_is_no_key_in_binary_is_left_alone(path: str, content: str) -> None:
    assert files.kind(f"dags/{path}", bytes.fromhex(content) + bytes(200)) == ""


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_what_windows_writes_is_read(encoding: str) -> None:
    assert files.kind("dags/a.pem", pem().encode(encoding)) == "a private key"
    assert files.kind("dags/a.json", (ACCOUNT % '"x"').encode(encoding)) == "a Google service account"
