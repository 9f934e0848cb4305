"""Where Debian's packages come from: read from the machine's own apt sources."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from airgap.errors import AirgapError


@dataclass(frozen=True)
class Mirror:
    """A Debian archive and, where one is known, the archive of its security updates, each by its URI."""

    archive: str
    security: str | None = None

    def sources(self, suite: str, keyring: Path) -> str:
        """Return the text of a deb822 `.sources` file for the suite, its updates and its security updates."""
        stanzas = [(self.archive, f"{suite} {suite}-updates")]
        if self.security:
            stanzas.append((self.security, f"{suite}-security"))
        return "\n".join(
            f"Types: deb\nURIs: {uri}\nSuites: {suites}\nComponents: main\nSigned-By: {keyring}\n"
            for uri, suites in stanzas
        )


@dataclass(frozen=True)
class _Source:
    uri: str
    suite: str
    components: tuple[str, ...]


def mirror_from_text(text: str) -> Mirror:
    """Return the mirror that a user names: the archive's URI and, after a blank, that for security.

    Raises AirgapError where the text isn't one or two URIs.
    """
    words = text.split()
    if len(words) not in (1, 2) or not all("://" in word or word.startswith("file:/") for word in words):
        raise AirgapError(
            f"Debian mirror {text!r}: expected the address of an archive, as http://mirror.example/debian, "
            "and after a blank that of its security archive if there is one"
        )
    return Mirror(*words)


def host_mirror(identity: str = "", codename: str = "", texts: Iterable[str] | None = None) -> Mirror | None:
    """Return the mirror that the machine's apt sources name for its own release; None where it isn't Debian.

    Without arguments it reads os-release and apt's configuration; `texts` are sources files of either format.
    """
    if texts is None:
        identity, codename = _identity()
        texts = [file.read_text(errors="replace") for file in _source_files()]
    if identity != "debian":
        return None
    sources = [source for text in texts for source in _parse(text)]
    return _pick(sources, codename)


def _pick(sources: list[_Source], codename: str) -> Mirror | None:
    updated = {source.uri for source in sources if source.suite == f"{codename}-updates"}
    mains = [source.uri for source in sources if source.suite == codename and "main" in source.components]
    if not mains:
        return None
    # Others offer packages for this release too; Debian's own archive alone has its updates, and is named so.
    best = max(mains, key=lambda uri: (uri in updated, uri.endswith("/debian")))
    secures = (source.uri for source in sources if source.suite == f"{codename}-security")
    return Mirror(best, next(secures, None))


def _identity() -> tuple[str, str]:
    file = Path("/etc/os-release")
    text = file.read_text() if file.exists() else ""
    values = dict(re.findall(r'^(\w+)="?([^"\n]*)"?$', text, re.MULTILINE))
    return values.get("ID", ""), values.get("VERSION_CODENAME", "")


def _source_files() -> list[Path]:
    folder = Path("/etc/apt")
    parts = [*folder.glob("sources.list.d/*.list"), *folder.glob("sources.list.d/*.sources")]
    return [file for file in (folder / "sources.list", *sorted(parts)) if file.is_file()]


def _parse(text: str) -> list[_Source]:
    if re.search(r"^Types:", text, re.MULTILINE):
        stanzas = (_fields(stanza) for stanza in re.split(r"\n[ \t]*\n", text))
        return [source for fields in stanzas for source in _from_fields(fields)]
    return [source for line in text.splitlines() for source in _from_line(line)]


def _fields(stanza: str) -> dict[str, list[str]]:
    """Return the fields of a deb822 stanza with their words; comments are dropped, continued lines joined."""
    fields: dict[str, list[str]] = {}
    name = ""
    for line in stanza.splitlines():
        if line.startswith("#"):
            continue
        if not line[:1].isspace() and ":" in line:
            name, line = line.split(":", 1)  # noqa: PLW2901 -- what follows the name is the field's first line
            name = name.lower()
        fields.setdefault(name, []).extend(line.split())
    return fields


def _from_fields(fields: dict[str, list[str]]) -> list[_Source]:
    if "deb" not in fields.get("types", []) or fields.get("enabled", ["yes"])[:1] == ["no"]:
        return []
    components = tuple(fields.get("components", []))
    return [
        _Source(uri.rstrip("/"), suite, components)
        for uri in fields.get("uris", [])
        for suite in fields.get("suites", [])
    ]


def _from_line(line: str) -> list[_Source]:
    found = re.match(r"\s*deb\s+(?:\[[^]]*\]\s+)?([^\s\[]\S*)\s+(\S+)\s*([^#]*)", line)
    if not found or found[1].startswith("cdrom:"):
        return []
    return [_Source(found[1].rstrip("/"), found[2].rstrip("/"), tuple(found[3].split()))]
