"""Secret files among a DAG type's DAGs and scripts: told by name or content before they get into an image."""

import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from ...errors import did_you_mean
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
    **dict.fromkeys((".snowflake/connections.toml", "standalone_admin_password.txt"), _PASSWORDS),
    **dict.fromkeys(("simple_auth_manager_passwords.json.generated", "rclone.conf"), _PASSWORDS),
    **dict.fromkeys((".dockerconfigjson", ".dockercfg", ".docker/config.json"), REGISTRIES),
    **dict.fromkeys((".databrickscfg", ".vault-token", "kaggle.json", "credentials.tfrc.json"), _TOKENS),
    **dict.fromkeys(("kubeconfig", ".kube/config"), KUBERNETES),
    **dict.fromkeys((".aws/credentials", ".boto", ".s3cfg", "application_default_credentials.json"), _CLOUD),
    **dict.fromkeys(("id_rsa", "id_dsa", "id_ecdsa", "id_ed25519", "id_ecdsa_sk", "id_ed25519_sk"), KEY),
    "cosign.key": KEY,
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
    return _by_name(name) or patterns.kind(name.name, head)


def _by_name(path: PurePosixPath) -> str:
    name, ending = path.name, path.suffix
    # What a sample is a sample of stands before it: .env.sample, sample.env.
    sample = re.split(r"[._-]", name.removesuffix(".env"))[-1] in _SAMPLES
    if _ENVIRONMENT.fullmatch(name) and not sample:
        return "an environment file"
    if ending in _ENDINGS and not (_ENDINGS[ending] == _STORE and "truststore" in name):
        return _ENDINGS[ending]
    return _NAMES.get(name) or _NAMES.get("/".join(path.parts[-2:])) or ""


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
