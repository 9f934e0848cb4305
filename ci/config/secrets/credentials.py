"""Recognition of credentials that are written as values of variables, in configuration and in code.

The one judge of what is refused: by a variable's name together with its value, or by the value alone.
"""

import json
import re
from collections.abc import Iterator
from typing import cast
from urllib.parse import parse_qsl, urlsplit

from . import patterns

REMEDY = "give it by a Kubernetes secret, an Airflow connection or, for local runs, dag.env"

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
# What the words of a name end with, written as one; of short words, the last one alone.
_PASSWORD = re.compile(r".*(?:passw(?:or)?d|passphrase)s?")
_OTHER = re.compile(
    r".*(?:secret(?:id)?|tokens?|credentials?|basicauth|authorization"
    r"|(?:access|account|api|app|auth|encryption|fernet|hmac|license|master|private|secret|shared|signing|ssh"
    r"|storage|subscription|webhook)keys?)"
)
_PASSWORD_WORD = re.compile(
    r"pwd|pw|(?:admin|db|ftp|key|ldap|mail|my|mysql|pg|root|smtp|sql|ssh|store|user)?pass"
)
_OTHER_WORDS = frozenset({"pat", "creds", "cred"})
_STAGES = frozenset({"dev", "prod", "production", "qa", "staging", "stage", "test", "uat"})
_MEASURES = frozenset({"budget", "count", "limit", "max", "maximum", "min", "minimum", "n", "num", "total"})
# Where a credential lies: Airflow's own options that end so, and a secret of Kubernetes.
_AIRFLOW_OPTION = re.compile(
    r".*(?:sql_alchemy_conn|broker_url|result_backend|backend_kwargs|sentry_dsn|smtp_user)", re.IGNORECASE
)
_CLUSTER_SECRET = re.compile(r"(?:.*_)?(?:k8s|kube|kubernetes|pull|tls)_secret", re.IGNORECASE)
_CLUSTER_ENDING = re.compile(r"-(?:secrets?|credentials?|creds)\Z")
_CLUSTER_NAME = re.compile(r"[a-z0-9]+(?:[.-][a-z0-9]+)+")

_SCHEME = r"[A-Za-z][A-Za-z0-9+.-]{0,40}://"
_REFERENCE = re.compile(
    r"\$\w+|\{\w*\}|<[^<>]*>|[*.…]+|(?:arn|env|file|secretref|ssm|vault):\S+|projects/[^/]+/secrets/\S+"
)
_FILLED_IN = re.compile(r"\$\{[^{}]*\}|\{\{[^{}]*\}\}|\$\([^()]*\)|%\(\w+\)s|ENC\[")
_PATH = re.compile(
    r"(?:~|\.{1,2})?/(?:[\w.@+-]+(?:/[\w.@+-]+)*/?)?"
    r"|(?:[\w.-]+/)*[\w.-]+\.(?:cer|cfg|conf|crt|env|ini|json|jks|key|p12|p8|pem|pfx|toml|txt|ya?ml)"
)
_NO_VALUE = re.compile(r"(?i)true|false|yes|no|on|off|none|null|\d|")
_NUMBER = re.compile(r"[+-]?\d[\d_]*(?:\.\d+)?[a-zA-Z%]?")
_RANDOM = re.compile(
    r"(?=[^a-z]*[a-z])(?=[^0-9]*[0-9])(?=[^A-Z]*[A-Z])[\w+/=-]{20,}|[0-9a-f]{32,}|[0-9A-F]{32,}"
)

_LOGIN = re.compile(rf"{_SCHEME}[^\s:/@\"'<>?#]{{0,99}}:(?P<password>[^\s/@\"'<>]{{1,200}})@")
_PAIR = re.compile(r"(?:^|[\s;,&?])-{0,2}([A-Za-z][\w .-]{0,60}?)[ ]?=[ ]?([^\s;,&]+)")
_ENTRY = re.compile(r"[\"']?([A-Za-z][\w-]{0,60})[\"']?\s{0,9}[:=]\s{0,9}[\"']([^\"']+)[\"']")
_FORMATS = {
    "a token of GitHub": r"gh[opsur]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{22,}",
    "a token of GitLab": r"gl(?:pat|ptt|rt|dt|cbt|soat)-[\w-]{20,}",
    "a token of Slack": r"xox[abeoprs]-[A-Za-z0-9-]{10,}|xapp-\d-[A-Za-z0-9-]{10,}",
    "an address of a webhook": (
        r"https://hooks\.slack\.com/(?:services|workflows)/\S{16,}"
        r"|https://(?:\w+\.)?discord(?:app)?\.com/api/webhooks/\d+/\S{20,}"
        r"|https://[\w.-]+\.webhook\.office\.com/\S{20,}"
    ),
    "an access key of AWS": r"(?:AKIA|ASIA)[A-Z0-9]{16}",
    "a key of Google": r"AIza[\w-]{35}|ya29\.[\w-]{20,}|GOCSPX-[\w-]{20,}",
    "a key of Stripe": r"[rs]k_(?:live|test)_[A-Za-z0-9]{16,}|whsec_[A-Za-z0-9]{20,}",
    "a key of OpenAI or Anthropic": r"sk-(?=[\w-]*\d)(?=[\w-]*[A-Z])[\w-]{20,}",
    "a JSON web token": r"eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]*",
    "a token of an index of packages": r"pypi-AgE[\w-]{20,}|npm_[A-Za-z0-9]{30,}|dckr_pat_[\w-]{20,}",
    "a token of Databricks": r"dapi[0-9a-f]{32}(?:-\d)?",
    "a token of a cloud service": (
        r"hf_[A-Za-z0-9]{30,}|SG\.[\w-]{16,}\.[\w-]{16,}|hv[bs]\.[\w-]{20,}|dop_v1_[0-9a-f]{40,}"
        r"|shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}|glsa_[\w]{30,}|sq0[a-z]{3}-[\w-]{20,}|PMAK-[\w-]{30,}"
        r"|NRAK-[A-Z0-9]{20,}|lin_api_\w{30,}|ATATT3[\w=-]{30,}|secret_[A-Za-z0-9]{40,}|tfp_\w{30,}"
        r"|\d{8,10}:AA[\w-]{32,}"
    ),
    "an address with a key": r"https?://[0-9a-f]{32}(?::[0-9a-f]{32})?@\S+|sig=[A-Za-z0-9%/+]{40,}",
    "a login of HTTP": r"(?i:\b(?:bearer|basic)\s+(?=[\w.~+/-]*\d)[\w.~+/-]{12,}=*)",
}
_FORMAT = {
    kind: re.compile(rf"(?<![A-Za-z0-9_-])(?:{pattern})(?![A-Za-z0-9_])")
    for kind, pattern in _FORMATS.items()
}
_DEPTH = 4  # of values within values


def kind(name: str, value: str) -> str:
    """Return the kind of credential that a variable of that name holds, in words; empty if it holds none.

    The words never have any of the value.
    """
    return next(_kinds(name, value, _DEPTH), "")


def _kinds(name: str, value: str, depth: int) -> Iterator[str]:
    named, text = _named(name), value.strip()
    if named and _can_be(named, name, text):
        yield f"{named}, by its name"
    yield from _by_value(value)
    if not named and _RANDOM.fullmatch(text) and _mentions(name):
        yield "a random text, of a name that speaks of a credential"
    for inner, inner_text in _members(text) if depth else ():
        yield from _kinds(inner, inner_text, depth - 1)


def _words(name: str) -> list[str]:
    return [word.lower() for word in _WORDS.findall(name)]


def _named(name: str) -> str:
    """Return what a variable holds by its name: "a password", or "a credential"; empty for neither."""
    words = _words(name)
    while len(words) > 1 and (words[-1].isdecimal() or words[-1] in _STAGES):
        words.pop()
    whole, last = "".join(words), words[-1] if words else ""
    if _PASSWORD.fullmatch(whole) or _PASSWORD_WORD.fullmatch(last):
        return "a password"
    return "a credential" if _OTHER.fullmatch(whole) or last in _OTHER_WORDS else ""


def _mentions(name: str) -> bool:
    """Return whether a name has that of a credential in it, and doesn't say where one lies."""
    words = _words(name)
    indirect = {"file", "path", "cmd", "command", "name", "ref", "arn", "url", "uri", "hash", "digest"}
    begun = (" ".join(words[:end]) for end in range(1, len(words)))
    return words[-1:] != [] and words[-1] not in indirect and any(map(_named, begun))


def _can_be(named: str, name: str, text: str) -> bool:
    """Return whether a value can be the credential that its name promises."""
    if _NO_VALUE.fullmatch(text) or _is_reference(text) or _is_indirect(name, text):
        return False
    if _PATH.fullmatch(text) and not _RANDOM.fullmatch(text):
        return False
    if re.match(_SCHEME, text) or text.startswith(("{", "[")):  # judged by what is in it
        return False
    counted = named != "a password" and _words(name)[-1].endswith("s")
    return not (_NUMBER.fullmatch(text) and (counted or _MEASURES.intersection(_words(name))))


def _is_reference(text: str) -> bool:
    return bool(_REFERENCE.fullmatch(text) or _FILLED_IN.search(text))


def _is_indirect(name: str, text: str) -> bool:
    """Return whether a name that ends with _SECRET says where a credential lies, in Airflow or Kubernetes."""
    option, _, ending = name.rpartition("_")
    if ending.lower() != "secret":
        return False
    if name.startswith("AIRFLOW__"):
        return bool(_named(option) or _AIRFLOW_OPTION.fullmatch(option))
    known = _CLUSTER_SECRET.fullmatch(name) or _named(option) or _CLUSTER_ENDING.search(text)
    return bool(known) and _CLUSTER_NAME.fullmatch(text) is not None and not _RANDOM.fullmatch(text)


def _by_value(value: str) -> Iterator[str]:
    for match in _LOGIN.finditer(value):
        if not _is_reference(match["password"]):
            yield "an address with a password"
    for named, pattern in _FORMAT.items():
        if pattern.search(value):
            yield named
    if kind := patterns.kind("", value.encode("utf-8", "replace")):
        yield kind


def _members(value: str) -> Iterator[tuple[str, str]]:
    """Yield the names and values within a value: JSON, the query of an address, or name=value."""
    text = value.strip()
    if text.startswith(("{", "[")):
        try:
            yield from _of_json("", json.loads(text))
        except (ValueError, RecursionError):
            yield from ((match[1], match[2]) for match in _ENTRY.finditer(text))
    elif re.match(_SCHEME, text):
        try:
            yield from parse_qsl(urlsplit(text).query)
        except ValueError:
            return
    else:
        yield from ((match[1].rpartition(" ")[2], match[2].strip("'\"")) for match in _PAIR.finditer(text))


def _of_json(name: str, value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, item in cast("dict[str, object]", value).items():
            yield from _of_json(key, item)
    elif isinstance(value, list):
        for item in cast("list[object]", value):
            yield from _of_json(name, item)
    elif isinstance(value, str | int) and not isinstance(value, bool):
        yield name, str(value)
