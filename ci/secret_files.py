"""Secret files among a DAG type's DAGs and scripts: told by name or content before they get into an image."""

import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from .errors import did_you_mean
from .spec import TOOL, DagType

LIMIT = 64 * 1024  # bytes of a file that are read

_KEY = "a private key"
_STORE = "a store of keys"
_PASSWORDS = "a file of passwords"
_TOKENS = "a file of access tokens"
_CLOUD = "credentials of a cloud"
_AWS = "an access key of AWS"
_KUBERNETES = "access to a Kubernetes cluster"

_NAMES = {
    **dict.fromkeys((".netrc", "_netrc", ".pgpass", "pgpass.conf", ".my.cnf", ".mylogin.cnf"), _PASSWORDS),
    **dict.fromkeys((".htpasswd", ".git-credentials", ".pypirc", ".passwd-s3fs"), _PASSWORDS),
    **dict.fromkeys((".dlt/secrets.toml", ".streamlit/secrets.toml", ".snowsql/config"), _PASSWORDS),
    **dict.fromkeys((".snowflake/connections.toml", "standalone_admin_password.txt"), _PASSWORDS),
    **dict.fromkeys(("simple_auth_manager_passwords.json.generated", "rclone.conf"), _PASSWORDS),
    **dict.fromkeys((".dockerconfigjson", ".dockercfg", ".docker/config.json"), "a login to registries"),
    **dict.fromkeys((".databrickscfg", ".vault-token", "kaggle.json", "credentials.tfrc.json"), _TOKENS),
    **dict.fromkeys(("kubeconfig", ".kube/config"), _KUBERNETES),
    **dict.fromkeys((".aws/credentials", ".boto", ".s3cfg", "application_default_credentials.json"), _CLOUD),
    **dict.fromkeys(("id_rsa", "id_dsa", "id_ecdsa", "id_ed25519", "id_ecdsa_sk", "id_ed25519_sk"), _KEY),
    "cosign.key": _KEY,
}
_ENDINGS = {
    **dict.fromkeys((".p12", ".pfx", ".jks", ".jceks", ".keystore", ".kdbx"), _STORE),
    **dict.fromkeys((".ppk", ".p8"), _KEY),
    ".keytab": "a Kerberos keytab",
    ".kubeconfig": _KUBERNETES,
}
_SAMPLES = (".example", ".sample", ".template", ".dist")

# Text that speaks of keys and settings more often than it sets them.
_PROSE = {".py", ".pyi", ".ipynb", ".sql", ".md", ".rst", ".adoc", ".html"}

# A header, lines such as Proc-Type, and a line of base64; "\n" as text too, as JSON and Python write it.
_GAP = rb"(?:\\[nr]?|[\s\"',#]){1,300}"
_PEM = re.compile(
    rb"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
    rb"%b(?:[A-Za-z][A-Za-z-]{0,30}:[^\r\n\\]{1,200}(?=[\r\n\\])%b){0,6}"
    rb"[A-Za-z0-9+/]{20,}={0,2}[ \t]*(?:[\r\n\"'\\]|\Z)" % (_GAP, _GAP)
)
_AGE_KEY = re.compile(rb"AGE-SECRET-KEY-1[0-9A-Z]{40,}")
# At the start alone: sops keeps such a block in files that are meant to be read by all.
_KEY_STARTS = (b"-----BEGIN AGE ENCRYPTED FILE-----", b"age-encryption.org/v1", b"PuTTY-User-Key-File-")

_AWS_KEY = re.compile(
    rb"(?i:aws_secret_access_key)[\"']?\s{0,9}[=:]\s{0,9}[\"']?"
    rb"(?![A-Za-z0-9/+]*EXAMPLE)[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])"
)
_COMMENT = re.compile(rb"(?m)^[ \t]*[#;].*$")
_KUBECONFIG = re.compile(rb"kind[\"']?[ \t]*:[ \t]*[\"']?Config[\"']?[ \t]*(?:[,}\r\n]|\Z)")


def _json(part: bytes) -> re.Pattern[bytes]:
    return re.compile(rb"(?s)\A\s*[{\[].*?%b" % part)


def _given(*keys: bytes) -> re.Pattern[bytes]:
    """A key with its value, as YAML, JSON, TOML and INI write it; not one that is filled in later."""
    empty = rb"(?:null|none|true|false|~)[ \t]*(?:[\"'#,}\r\n]|\Z)"
    filled_in = rb"[{<*>|`]|\$(?-i:[{(A-Z_])|%\("
    return re.compile(
        rb"(?im)(?:^|[{,])[ \t-]*(?:export[ \t]+)?[\"']?(?:%b)[\"']?[ \t]*[:=][ \t]{0,99}"
        rb"(?:[>|][-+]?[ \t]*\r?\n[ \t]{1,99})?[\"']?(?![ \t]{0,99}(?:%b|%b))[^\s\"'#,}]"
        % (b"|".join(keys), empty, filled_in)
    )


class _Settings(NamedTuple):
    """A kind of settings file: what is secret in it, and what tells the kind by text and by name."""

    what: str
    given: re.Pattern[bytes]
    text: re.Pattern[bytes] = re.compile(rb"")
    name: str = r".*"


_SETTINGS = (
    _Settings(
        _AWS, _given(rb"aws_secret_access_key"), re.compile(rb"aws_secret_access_key|AWS_SECRET_ACCESS_KEY")
    ),
    _Settings(_KUBERNETES, _given(rb"client-key-data", rb"token", rb"password"), _KUBECONFIG),
    _Settings(
        "a dbt profile with a value in the place of env_var()",
        _given(
            rb"(?:\w+_)?(?:password|token|secret|secret_access_key)",
            rb"pass",
            rb"private_key(?:_passphrase)?",
        ),
        name=r"profiles\.ya?ml",
    ),
    _Settings(
        "an Airflow configuration with its keys",
        _given(rb"fernet_key", rb"secret_key", rb"jwt_secret"),
        name=r"airflow\.cfg",
    ),
    _Settings("a Google service account", _given(b"private_key"), _json(rb'"type"\s*:\s*"service_account"')),
    _Settings(
        "a Google user's credentials", _given(b"refresh_token"), _json(rb'"type"\s*:\s*"authorized_user"')
    ),
    _Settings("a Google OAuth client", _given(b"client_secret"), _json(rb'"auth_uri"\s*:')),
    _Settings("exported Airflow connections", _given(b"password"), _json(rb'"conn_type"\s*:')),
)


def problems(root: Path, dag_type: DagType) -> list[str]:
    """A sentence for each secret file of a DAG type, and for each permission that no file needs.

    Args:
        root: the repository, which holds dags/ and scripts/.
        dag_type: whose folders are looked at, and whose permissions hold.
    """
    allowed = dag_type.settings.allow_secret_files
    kinds = {shown: kind(shown, _head(file)) for shown, file in _files(root, dag_type)}
    secret = {shown for shown, what in kinds.items() if what}
    setting = f"[tool.{TOOL}] allow-secret-files"
    found = [
        f"{shown}: looks like a secret ({kinds[shown]}): keep it out of the image: move it out of "
        f"{shown.partition('/')[0]}/ or delete it, and give the value at run time by an Airflow connection "
        f"or a secret backend; where it is none, name it in {setting} of {dag_type.file} with a reason"
        for shown in sorted(secret - set(allowed))
    ]
    for path in sorted(set(allowed) - secret):
        hint = did_you_mean(path, secret - set(allowed)) or ": remove it"
        told = "names a file that isn't there or needs no permission"
        found.append(f"{dag_type.file}: {setting}: {path!r} {told}{hint}")
    return found


def kind(path: str, head: bytes) -> str:
    """What kind of secret a file is; empty where it is none.

    Args:
        path: from the repository's root.
        head: how its content begins, as much of it as matters.
    """
    name = PurePosixPath(path.lower())
    text = _narrow(head)
    # Text that speaks of settings is no settings file.
    settings = b"" if name.suffix in _PROSE else _COMMENT.sub(b"", text)
    return _by_name(name) or _key(text) or _by_settings(name.name, settings)


def _by_name(path: PurePosixPath) -> str:
    name, ending = path.name, path.suffix
    if (name == ".env" or name.startswith(".env.")) and not name.endswith(_SAMPLES):
        return "an environment file"
    if ending in _ENDINGS and not (_ENDINGS[ending] == _STORE and "truststore" in name):
        return _ENDINGS[ending]
    return _NAMES.get(name) or _NAMES.get("/".join(path.parts[-2:])) or ""


def _key(text: bytes) -> str:
    if _PEM.search(text) or _AGE_KEY.search(text) or text.lstrip().startswith(_KEY_STARTS):
        return _KEY
    return _AWS if _AWS_KEY.search(text) else ""


def _by_settings(name: str, text: bytes) -> str:
    for each in _SETTINGS:
        if re.fullmatch(each.name, name) and each.text.search(text) and each.given.search(text):
            return each.what
    return ""


def _narrow(head: bytes) -> bytes:
    # Windows' own tools write UTF-16, where ASCII has a zero beside each letter.
    wide = head[:2] in {b"\xff\xfe", b"\xfe\xff"}
    return head[2:].replace(b"\0", b"") if wide else head.removeprefix(b"\xef\xbb\xbf")


def _files(root: Path, dag_type: DagType) -> Iterator[tuple[str, Path]]:
    """The files of a DAG type: as messages show them, and where they are."""
    for tree, paths in (("dags", dag_type.dag_paths), ("scripts", dag_type.script_paths)):
        inside = os.path.realpath(root / tree)
        for path in paths:
            # What a setting names is followed if it is a link; links below it stay links in the image.
            place = Path(os.path.realpath(root / tree / path))
            if not place.is_relative_to(inside):
                continue
            if place.is_file():
                yield f"{tree}/{path}", place
            for folder, _, names in os.walk(place):
                below = PurePosixPath(tree, path, Path(folder).relative_to(place).as_posix())
                for name in names:
                    # A name may hold bytes that are no UTF-8, which no message can.
                    shown = str(below / name).encode("utf-8", "backslashreplace").decode()
                    yield shown, Path(folder, name)


def _head(file: Path) -> bytes:
    try:
        # A pipe would wait for its writer for ever; a link's target is judged where it lies.
        if not stat.S_ISREG(file.lstat().st_mode):
            return b""
        with file.open("rb") as opened:
            return opened.read(LIMIT)
    except OSError:
        return b""
