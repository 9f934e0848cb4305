"""Patterns of secrets in the content of a file: keys as text or binary, and settings with a password.

The time of every pattern grows linearly with the length of the text, which may be anyone's.
"""

import re
from typing import NamedTuple

KEY = "a private key"
KUBERNETES = "access to a Kubernetes cluster"
REGISTRIES = "a login to registries"

_AWS = "an access key of AWS"
_DBT = "a dbt profile with a value instead of env_var()"
_AIRFLOW = "an Airflow configuration with its keys"
_CONNECTIONS = "exported Airflow connections"
_ADDRESSES = "addresses with passwords"
_CLUSTER_DATA = "a Secret of Kubernetes"
_NPM = "a login to npm's registry"
_CLONE = "the address of a clone with its login"
_INDEX = "an address of a package index with its password"

# Text that is about keys and settings more often than it sets them.
_PROSE = (".py", ".pyi", ".ipynb", ".sql", ".md", ".rst", ".adoc", ".html")

# A header, lines such as Proc-Type, and a line of base64; "\n" as text too, as JSON and Python write it. On
# one line it is as long as keys are, and ends as they do.
_GAP = rb"(?:\\[nr]?|[\s\"',#]){1,300}"
_PEM = re.compile(
    rb"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
    rb"(?:%b(?:[A-Za-z][A-Za-z-]{0,30}:[^\r\n\\]{1,200}(?=[\r\n\\])%b){0,6}"
    rb"[A-Za-z0-9+/]{20,}={0,2}[ \t]*(?:[\r\n\"'\\]|\Z)"
    rb"|[ \t]{0,99}[A-Za-z0-9+/]{40,}={0,2}(?:[ \t]{0,99}-----END|[ \t]{1,99}[A-Za-z0-9+/]{20}))"
    % (_GAP, _GAP)
)
_AGE_KEY = re.compile(rb"AGE-SECRET-KEY-1[0-9A-Z]{40,}")
# Only at the start: sops has such a block in files that everyone may read.
_KEY_STARTS = (b"-----BEGIN AGE ENCRYPTED FILE-----", b"age-encryption.org/v1", b"PuTTY-User-Key-File-")

# The beginning of a key in ASN.1: PKCS#8, PKCS#1 (DSA's is alike), SEC 1, and PKCS#8 that is encrypted.
_DER_LENGTH = rb"(?:[\x00-\x7f]|\x81.|\x82..)"
_DER = re.compile(
    rb"(?s)\x30%b(?:\x02\x01[\x00\x01]\x30%b\x06|\x02\x01\x00\x02[\x81\x82]|\x02\x01\x01\x04"
    rb"|\x30%b\x06(?:\x09\x2a\x86\x48\x86\xf7\x0d\x01\x05|\x0a\x2a\x86\x48\x86\xf7\x0d\x01\x0c))"
    % ((_DER_LENGTH,) * 3)
)

# By its name, or beside the key's id as in the file that AWS offers for download.
_AWS_KEY = re.compile(
    rb"(?:(?i:secret[_ -]?access[_ -]?key)[\"']?\s{0,9}[=:]\s{0,9}(?:[>|][-+]?\s{1,99})?"
    rb"|A[KS]IA[A-Z0-9]{16}[\"']?[ \t]{0,9}[,;\t][ \t]{0,9})[\"']?"
    rb"(?![A-Za-z0-9/+]{0,40}EXAMPLE)[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])"
)
_COMMENT = re.compile(rb"(?m)^[ \t]*[#;].*$")
_CONN_TYPE = re.compile(rb"(?m)(?:^[ \t-]*|[{,][ \t]*)[\"']?conn_type[\"']?[ \t]*:")

_FILLED_IN = rb"[{<*>|`]|\$(?-i:[{(A-Z_])|%\(|ENC\["  # filled in by whatever reads the file; ENC[ is sops'
_BLOCK = rb"(?:[>|][-+]?[ \t]*\r?\n[ \t]{1,99})?"  # YAML's, whose text is on the next line


def _of_kind(kind: bytes) -> re.Pattern[bytes]:
    """Return the pattern of a document of Kubernetes, of a kind."""
    return re.compile(rb"kind[\"']?[ \t]*:[ \t]*[\"']?%b[\"']?[ \t]*(?:[#,}\r\n]|\Z)" % kind)


def _json(part: bytes) -> re.Pattern[bytes]:
    return re.compile(rb"(?s)\A\s*[{\[].*?%b" % part)


def _key(*keys: bytes) -> bytes:
    return rb"(?im)(?:^|[{,])[ \t-]*(?:export[ \t]+)?[\"']?(?:%b)[\"']?[ \t]*[:=][ \t]{0,99}" % b"|".join(
        keys
    )


def _with_value(*keys: bytes) -> re.Pattern[bytes]:
    """Return the pattern of a key with a value in YAML, JSON, TOML or INI, unless it is filled in later."""
    empty = rb"(?:null|none|true|false|~)[ \t]*(?:[\"'#,}\r\n]|\Z)"
    tag = rb"![\w/]{0,99}[ \t]"  # YAML's, such as !env_var
    return re.compile(
        rb"%b%b(?!%b)[\"']?(?![ \t]{0,99}(?:%b|%b))[^\s\"'#,}]"
        % (_key(*keys), _BLOCK, tag, empty, _FILLED_IN)
    )


def _with_default(*keys: bytes) -> re.Pattern[bytes]:
    """Return the pattern of a key whose value is dbt's env_var() with a default."""
    quote = rb"\\?['\"]{1,2}"
    return re.compile(
        rb"%b%b[\"']?\{\{[^}\r\n]{0,99}?env_var\([ \t]{0,9}%b[^'\"\r\n\\]{1,200}%b[ \t]{0,9},[ \t]{0,9}"
        rb"(?:default[ \t]{0,9}=[ \t]{0,9})?%b[^'\"\s\\)|]" % (_key(*keys), _BLOCK, quote, quote, quote)
    )


def _address(before: bytes) -> re.Pattern[bytes]:
    """Return the pattern of an address with a password, behind ``before``."""
    return re.compile(
        rb"(?i)%b[a-z][a-z0-9+.-]{0,40}://[^\s:/@\"'<>]{0,99}:(?!%b)[^\s/@\"'<>]{1,200}@"
        % (before, _FILLED_IN)
    )


# One of the first lines below data, or the first member of the object.
_DATA = re.compile(
    rb"(?im)(?:^|[{,])[ \t]*[\"']?(?:data|stringData)[\"']?[ \t]{0,9}:[ \t]*"
    rb"(?:\r?\n(?:(?:[ \t][^\n]{0,4000}|\r?)\n){0,20}?[ \t]|\{)"
    rb"\s{0,99}[\"']?[\w.-]{1,253}[\"']?[ \t]{0,9}:[ \t]{0,99}%b[\"']?(?!%b)(?!null\b|~)[^\s\"'#,}]"
    % (_BLOCK, _FILLED_IN)
)
_NPM_LOGIN = re.compile(
    rb"(?im)^[ \t]*(?:[^\s=#;]{0,200}:)?_(?:authToken|auth|password)[ \t]{0,9}=[ \t]{0,9}[\"']?(?!%b)[^\s\"']"
    % _FILLED_IN
)


class _Settings(NamedTuple):
    """A kind of settings file: the pattern of its secrets, and how its text and its name are recognised."""

    kind: str
    secret: re.Pattern[bytes]
    text: re.Pattern[bytes] = re.compile(rb"")
    name: str = r".*"


_PROFILE = rb"(?:\w+_)?(?:password|token|secret|secret_access_key)|pass|private_key(?:_passphrase)?"
_CONFIGURATION = rb"fernet_key|secret_key|flower_basic_auth|(?:\w+_)?(?:password|secret)"
_OF_DBT, _OF_AIRFLOW = r"profiles\.ya?ml", r"airflow\.cfg"
_OF_CLONES = r"\.gitmodules|\.gitconfig|\.?hgrc|config"
_OF_INSTALLERS = r"pip\.(?:conf|ini)|uv\.toml|pyproject\.toml|\.condarc|requirements.*\.(?:txt|in)"
_SETTINGS = (
    _Settings(
        KUBERNETES, _with_value(rb"client-key-data", rb"(?:\w+-)?token", rb"password"), _of_kind(b"Config")
    ),
    _Settings(_CLUSTER_DATA, _DATA, _of_kind(b"Secret")),
    _Settings(_NPM, _NPM_LOGIN, name=r"\.npmrc"),
    _Settings(_INDEX, _address(rb"(?:\A|[=\s\"'])"), name=_OF_INSTALLERS),
    _Settings(_CLONE, _address(rb"=[ \t]{0,99}"), name=_OF_CLONES),
    _Settings(KEY, _with_value(b"d", b"k"), _json(rb'"kty"\s*:')),
    _Settings(_DBT, _with_value(_PROFILE), name=_OF_DBT),
    _Settings(_DBT, _with_default(_PROFILE), name=_OF_DBT),
    _Settings(_AIRFLOW, _with_value(_CONFIGURATION), name=_OF_AIRFLOW),
    _Settings(_AIRFLOW, _address(rb"=[ \t]{0,99}"), name=_OF_AIRFLOW),
    _Settings(
        "a Google service account", _with_value(b"private_key"), _json(rb'"type"\s*:\s*"service_account"')
    ),
    _Settings(
        "a Google user's credentials",
        _with_value(b"refresh_token"),
        _json(rb'"type"\s*:\s*"authorized_user"'),
    ),
    _Settings("a Google OAuth client", _with_value(b"client_secret"), _json(rb'"auth_uri"\s*:')),
    _Settings(
        "an Azure service principal",
        _with_value(b"clientSecret", b"password"),
        _json(rb'"tenant(?:Id)?"\s*:'),
    ),
    _Settings(REGISTRIES, _with_value(b"auth", b"identitytoken", b"registrytoken"), _json(rb'"auths"\s*:')),
    _Settings(_CONNECTIONS, _with_value(b"password"), _CONN_TYPE),
    _Settings(_CONNECTIONS, _address(rb":[ \t]{0,99}[\"']?"), name=r"connections\.ya?ml"),
    _Settings(_ADDRESSES, _address(rb"[:\[,]\s{0,99}\""), _json(b"")),
)


def kind(name: str, head: bytes) -> str:
    """Return the kind of secret in a file by its name, in lower case, and its first bytes; empty for none."""
    text = _narrow(head)
    # Prose about settings is not a settings file.
    settings = b"" if name.endswith(_PROSE) else _COMMENT.sub(b"", text)
    return _by_key(text) or _by_settings(name, settings)


def _by_key(text: bytes) -> str:
    starts = text.lstrip().startswith(_KEY_STARTS) or _DER.match(text)
    if starts or _PEM.search(text) or _AGE_KEY.search(text):
        return KEY
    return _AWS if _AWS_KEY.search(text) else ""


def _by_settings(name: str, text: bytes) -> str:
    for settings in _SETTINGS:
        if re.fullmatch(settings.name, name) and settings.text.search(text) and settings.secret.search(text):
            return settings.kind
    return ""


def _narrow(head: bytes) -> bytes:
    # Windows' own tools write UTF-16, where ASCII has a zero beside each letter.
    wide = head[:2] in {b"\xff\xfe", b"\xfe\xff"}
    return head[2:].replace(b"\0", b"") if wide else head.removeprefix(b"\xef\xbb\xbf")
