"""What is likely a secret: by a variable's name, by how a value is given, or by its own shape."""

import json
import re
from collections.abc import Iterator

from ..config.secrets import files
from ..config.secrets.urls import redacted

# Words of a name, joined with _ and with one at each end; what stands there without one may be within a word.
_SECRET_NAME = re.compile(
    r"password|passwd|passphrase|credential|fernet|webhook|connection_?string"
    r"|_airflow_conn_|_sql_alchemy_conn_"
    r"|(?<!_max_)(?:token|secret|pwd)s?\d*_"
    r"|_(?:(?:access|account|api|app|auth|aws|client|crypto|deploy|encryption|fernet|gpg|hmac|host|jwt|license"
    r"|master|private|rsa|sas|secret|service|shared|signing|ssh|ssl|storage|tls)?keys?"
    r"|(?:admin|app|db|ftp|http|imap|key|ldap|mail|my|mysql|pg|proxy|redis|root|sftp|smtp|sql|ssh|store|user)?pass"
    r"|auth|authorization|bearer|creds?|dsn|jwt|pat|private|pw|sas)\d*_"
)
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")

# A value: in quotes, escaped ones too, in parentheses, or up to the next blank.
_VALUE = r"""(?:\\?"[^"]*"|'[^']*'|\([^)]*\)|\S+)"""
_NAME = r"[A-Za-z_][\w.-]{0,80}"
# Each gives the name and the value of something; it is masked where the name is that of a secret.
_NAMED = (
    # A word in quotes, an entry of a connection string, a variable, an option.
    re.compile(rf"""(?P<q>["'])-{{0,2}}(?P<name>{_NAME})=(?P<value>(?:(?!(?P=q)).)+)(?=(?P=q))"""),
    re.compile(rf"""(?<=;)\s*(?P<name>{_NAME}(?: [\w.-]{{1,40}}){{0,3}})\s*=\s*(?P<value>[^;"']+)"""),
    re.compile(rf"(?<![\w.-])(?P<name>{_NAME})=(?P<value>{_VALUE})"),
    re.compile(rf"(?<![\w-])--?(?P<name>[A-Za-z][\w.-]{{0,80}})(?:=|\s+)(?P<value>{_VALUE})"),
    # As JSON and YAML have it; a number right behind a colon is a port, and what follows on one is no name.
    re.compile(
        rf"""(?<![\w@/.:-])(?P<name>{_NAME})\\?["']?\s*:\s*(?P<q>\\?["'])(?P<value>(?:(?!(?P=q)).)+)"""
    ),
    re.compile(
        rf"""(?<![\w@/.:-])(?P<name>{_NAME})\\?["']?\s*:(?:\s+|(?!\d{{1,5}}(?!\w)|//))"""
        r"""(?P<value>(?!(?:true|false|null|none)\b)[^\s"'\\,{}\[\]]+)"""
    ),
    # A program's setting.
    re.compile(
        rf"\b(?:config(?:ure)?\s+set|set|config)\s+(?:--\S+\s+)*(?P<name>[^\s=]{{1,120}})[\s=]+(?P<value>{_VALUE})"
    ),
)
# Programs whose option of one letter takes a password.
_LETTERS = (
    (r"mysql\w*|mariadb[\w-]*|mongo\w*|sshpass|login|useradd|usermod", "p"),
    (r"sqlcmd|bcp|unzip|zip", "P"),
    (r"ldap\w+", "w"),
    (r"redis-cli", "a"),
)
_GIVEN = (
    # The user's of curl behind a colon, numbers of user and group aside; a header, whatever its name.
    re.compile(
        r"""(?:^|[\s"'])(?:-[A-Za-z]*[uU]|--(?:proxy-)?user)[\s=]*\\?["']?(?!\d+:\d+(?!\w))[^\s:"']+:"""
        r"""(?P<value>[^"'\\]+(?=\\?["'])|\S+)"""
    ),
    re.compile(
        r"""(?:^|[\s"'])(?:-[A-Za-z]*H|--header)[\s=]*\\?["']?[^\s:"']+:\s*(?P<value>[^"'\s\\][^"'\\]*)"""
    ),
    re.compile(r"""(?i)authorization\\?["']?\s*[:=]\s*\\?["']?(?P<value>[^"'\\]+)"""),
    re.compile(r"""(?i)\bbearer\s+(?P<value>[^\s"'\\]+)"""),
    re.compile(r"\bBasic\s+(?P<value>(?=[A-Za-z]*[\d+/=])[A-Za-z0-9+/]{6,}={0,2})"),
    # A netrc file's line, SQL, openssl's source of a password, Oracle's address, and what a program reads.
    re.compile(rf"(?i)(?:password|passwd|identified\s+by)\s+(?![=:])(?P<value>{_VALUE})"),
    re.compile(r"""(?i)(?<![\w@/.:-])(?:pass|passwd|password|pwd):(?P<value>[^\s"'\\,]+)"""),
    re.compile(r"(?i)jdbc:oracle:\w+:[^/\s:@]{1,80}/(?P<value>[^\s@]+)(?=@)"),
    re.compile(rf"\b(?:echo|printf)\s+(?:-\w+\s+)*(?P<value>{_VALUE})(?=[^;&]{{0,200}}(?:chpasswd|stdin))"),
    re.compile(rf"(?:chpasswd|stdin)\s*<<<\s*(?P<value>{_VALUE})"),
    re.compile(rf"\bhttp-basic\.\S+\s+\S+\s+(?P<value>{_VALUE})"),
    *(
        re.compile(rf"(?<!\w)(?:{programs})\b[^;&|]{{0,200}}?\s-{letter}\s*(?P<value>{_VALUE})")
        for programs, letter in _LETTERS
    ),
)
# What shows by itself, as its issuers document it.
_SHAPES = re.compile(
    r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY.*?(?:-----END[^'\"]*-----|\Z)"
    r"|hooks\.slack\.com/[^\s'\"]+|discord(?:app)?\.com/api/webhooks/[^\s'\"]+"
    r"|(?<![A-Za-z0-9])(?:"
    r"gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}"
    r"|gl(?:pat|dt|rt|rtr|ptt|ft|soat|cbt|agent|imt|oas|ffct)-[\w.-]{20,}"
    r"|(?:A3T[A-Z0-9]|AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Za-z0-9])"
    r"|xox[a-z]-[\w-]{10,}|xapp-[\w-]{10,}"
    r"|pypi-Ag[\w-]{14,}|npm_[A-Za-z0-9]{30,}|rubygems_[0-9a-f]{40,}"
    r"|AIza[\w-]{30,}|ya29\.[\w-]{20,}|GOCSPX-[\w-]{20,}"
    r"|eyJ[\w-]{5,}\.eyJ[\w-]{5,}(?:\.[\w-]*)*"
    r"|sk-(?:(?:proj|svcacct|admin|ant)-[\w-]{20,}|[A-Za-z0-9]{20,})"
    r"|(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{10,}|whsec_[A-Za-z0-9+/=]{20,}"
    r"|dckr_[op]at_[\w-]{20,}|hf_[A-Za-z0-9]{30,}|hv[sbr]\.[\w-]{20,}|\w{14}\.atlasv1\.[\w-]{20,}"
    r"|dapi[0-9a-f]{32}|do[opr]_v1_[0-9a-f]{40,}|gl(?:sa|c)_\w{30,}|SG\.[\w-]{16,}\.[\w-]{16,}"
    r"|ATATT3[\w=-]{20,}|shp(?:at|ca|pa|ss)_[0-9a-fA-F]{30,}"
    r"|[\w~.-]{3}8Q~[\w~.-]{30,}"
    r")",
    re.DOTALL,
)
_MASK = "***"
_TEXT = r'"(?:[^"\\]|\\.)*"'
_LISTED = re.compile(rf"\[\s*{_TEXT}(?:\s*,\s*{_TEXT})*\s*\]")


def is_secret(name: str, value: str = "") -> bool:
    """Whether a variable is likely to hold a secret: by a word of its name, or by what its value shows."""
    return _is_named_secret(name) or masked(value) != value


def masked(text: str) -> str:
    """A text with *** in the place of what is likely a secret.

    A list of texts, as the exec form has it, is read as its words with blanks between, and where one of these
    holds a secret it becomes them.
    """
    spoken = _LISTED.sub(_spoken, text)
    if spoken != text and _hidden(spoken) != spoken:
        return _hidden(spoken)
    return _hidden(text)


def _hidden(text: str) -> str:
    text = _SHAPES.sub(_MASK, redacted(text))
    for pattern in (*_GIVEN, *_NAMED):
        text = "".join(_parts(pattern, text))
    # What would be a secret as a file's content is one here, too.
    return _MASK if files.kind("", text.encode("utf-8", "replace")) else text


def _parts(pattern: re.Pattern[str], text: str) -> Iterator[str]:
    """A text in parts, with a mask for each value that a pattern finds."""
    begun = done = 0
    named = "name" in pattern.groupindex
    while found := pattern.search(text, done):
        if named and not _is_named_secret(found["name"]):
            done = found.end("name") + 1  # its value may hold others
            continue
        yield text[begun : found.start("value")]
        yield _MASK
        begun = done = found.end("value")
    yield text[begun:]


def _is_named_secret(name: str) -> bool:
    words = "_".join(_WORD.findall(name)).lower()
    return _SECRET_NAME.search(f"_{words}_") is not None


def _spoken(found: re.Match[str]) -> str:
    """The words of a list, in quotes where they hold a blank."""
    try:
        words: list[str] = json.loads(found[0])
    except ValueError:  # an escape that JSON hasn't
        return found[0]
    return " ".join(
        next((f"{quote}{word}{quote}" for quote in "\"'" if quote not in word), word) if " " in word else word
        for word in words
    )
