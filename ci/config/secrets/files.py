"""Secret files among a DAG type's DAGs and scripts, recognised by name or content."""

import re
import stat
from pathlib import Path, PurePosixPath

from ...errors import did_you_mean
from .. import type_files
from ..dag_type import TOOL, DagType
from . import patterns
from .patterns import KEY, KUBERNETES, REGISTRIES

LIMIT = 64 * 1024  # bytes of a file that are read

_STORE = "a store of keys"
_PASSWORDS = "a file of passwords"
_TOKENS = "a file of access tokens"
_CLOUD = "credentials of a cloud"

_NAMES = {
    **dict.fromkeys((".netrc", "_netrc", ".pgpass", "pgpass.conf", ".my.cnf", ".mylogin.cnf"), _PASSWORDS),
    **dict.fromkeys((".htpasswd", ".git-credentials", ".pypirc", ".passwd-s3fs"), _PASSWORDS),
    **dict.fromkeys((".dlt/secrets.toml", ".streamlit/secrets.toml", ".snowsql/config"), _PASSWORDS),
    **dict.fromkeys((".dbt/profiles.yml", ".dbt/profiles.yaml", ".snowflake/connections.toml"), _PASSWORDS),
    "standalone_admin_password.txt": _PASSWORDS,
    **dict.fromkeys(("simple_auth_manager_passwords.json.generated", "rclone.conf"), _PASSWORDS),
    **dict.fromkeys((".dockerconfigjson", ".dockercfg", ".docker/config.json"), REGISTRIES),
    **dict.fromkeys((".databrickscfg", ".vault-token", "kaggle.json", "credentials.tfrc.json"), _TOKENS),
    **dict.fromkeys(("kubeconfig", ".kube/config"), KUBERNETES),
    **dict.fromkeys((".aws/credentials", ".boto", ".s3cfg", "application_default_credentials.json"), _CLOUD),
    **dict.fromkeys(("id_rsa", "id_dsa", "id_ecdsa", "id_ed25519", "id_ecdsa_sk", "id_ed25519_sk"), KEY),
    "cosign.key": KEY,
}
# Whatever is in these folders: each tool keeps logins there under names of its own.
_FOLDERS = {
    **dict.fromkeys((".aws", ".azure", ".config/gcloud", ".oci", ".aliyun", ".bluemix"), _CLOUD),
    **dict.fromkeys((".ssh", ".gnupg", ".password-store"), KEY),
    **dict.fromkeys((".config/gh", ".terraform.d"), _TOKENS),
    ".docker": REGISTRIES,
    ".kube": KUBERNETES,
}
_ENDINGS = {
    **dict.fromkeys((".p12", ".pfx", ".jks", ".jceks", ".keystore", ".kdbx"), _STORE),
    **dict.fromkeys((".ppk", ".p8"), KEY),
    ".keytab": "a Kerberos keytab",
    ".kubeconfig": KUBERNETES,
}
_ENVIRONMENT = re.compile(r"\.env(?:rc)?(?:[._~-].*)?|.+\.env")
_SAMPLES = {"example", "sample", "template", "dist"}


def problems(root: Path, dag_type: DagType) -> list[str]:
    """Return a sentence for each secret file of a DAG type, and for each permission that no file needs."""
    allowed = dag_type.settings.allow_secret_files
    kinds = {path: kind(path, _head(file)) for path, file in type_files.walk(root, dag_type)}
    secret = {path for path in kinds if kinds[path]}
    setting = f"[tool.{TOOL}] allow-secret-files"
    sentences = [
        f"{path}: looks like a secret ({kinds[path]}): move it out of {path.partition('/')[0]}/ or delete it "
        "and give the value at run time by an Airflow connection or a secret backend; if it is not a secret, "
        f"name it in {setting} of {dag_type.file} with a reason"
        for path in sorted(secret - set(allowed))
    ]
    for path in sorted(set(allowed) - secret):
        hint = did_you_mean(path, secret - set(allowed)) or ": remove it"
        problem = "names a file that doesn't exist or needs no permission"
        sentences.append(f"{dag_type.file}: {setting}: {path!r} {problem}{hint}")
    return sentences


def kind(path: str, head: bytes) -> str:
    """Return the kind of secret that a file is, by path and first bytes (LIMIT); empty if it is none."""
    name = PurePosixPath(path.lower())
    return _by_name(name) or patterns.kind(name.name, head)


def _by_name(path: PurePosixPath) -> str:
    name, ending = path.name, path.suffix
    is_sample = re.split(r"[._-]", name.removesuffix(".env"))[-1] in _SAMPLES  # .env.sample, sample.env
    if _ENVIRONMENT.fullmatch(name) and not is_sample:
        return "an environment file"
    if ending in _ENDINGS and not (_ENDINGS[ending] == _STORE and "truststore" in name):
        return _ENDINGS[ending]
    by_name = _NAMES.get(name) or _NAMES.get("/".join(path.parts[-2:]))
    return by_name or next((_FOLDERS[folder] for folder in _FOLDERS if f"/{folder}/" in f"/{path}"), "")


def _head(file: Path) -> bytes:
    try:
        # A pipe would block; the target of a link is checked under its own path.
        if not stat.S_ISREG(file.lstat().st_mode):
            return b""
        with file.open("rb") as content:
            return content.read(LIMIT)
    except OSError:
        return b""
