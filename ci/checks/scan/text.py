"""Verdicts as text for a terminal and as Markdown, with a fix for each detection.

Detections carry text of other people's packages: none of it may control a terminal or become markup.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from packaging.utils import canonicalize_name

from ...config.lockfile import REMEDY as LOCK
from ...config.policy import SHARED, own_file
from ...text import escaped, literal, markdown_table, plain
from ...text import table as aligned
from .detections import Detection, Kind, installed
from .verdict import Decision, Judged, State, Verdict

HEAD = ("severity", "id", "package", "fixed in", "where", "verdict")
LIMIT = 40  # rows, and fixes, of one type
NONE = "nothing scanned: no DAG type selected"

_CODE = {"image", "base", "id", "where"}  # as code in Markdown
_BASE = "use a newer base in images/base.toml"
# Of a package: name-version.dist-info.
_METADATA = re.compile(r"(?:-[^-]*)?(?:-py[0-9.]+)?\.(?:dist|egg)-info\Z")
_URL_TEXT = r"(?:[A-Za-z0-9._~:/?@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*"
_ADDRESS = re.compile(rf"https?://[A-Za-z0-9][A-Za-z0-9.-]*(?::[0-9]+)?(?:[/?]{_URL_TEXT})?(?:#{_URL_TEXT})?")


def table(verdicts: Sequence[Verdict]) -> str:
    """Return verdicts for a terminal: per type what was scanned, the detections and the fixes."""
    return "\n\n".join("\n".join(_block(verdict)) for verdict in verdicts) or NONE


def markdown(verdicts: Sequence[Verdict]) -> str:
    """Return verdicts as Markdown, for GitHub's summary of a job."""
    return "\n\n".join("\n\n".join(_section(verdict)) for verdict in verdicts) or NONE


def remedy(judged: Judged, dag: str) -> str:
    """Return how to fix a detection that fails, in one sentence."""
    detection, manifest = judged.detection, f"images/{dag}/pyproject.toml"
    ignore = f"ignore {detection.id} of {detection.subject} with reason, owner and expires in {own_file(dag)}"
    where = location(detection)
    match detection.kind:
        case Kind.VULNERABILITY:
            return _upgrade(detection, dag, manifest, ignore) if judged.added else _rebase(detection, ignore)
        case Kind.SECRET:
            removal = f"remove {detection.id} from {where}" if judged.added else f"{where}: {_BASE}"
            return f"{removal}, and revoke it: it is compromised; if it is not a secret, {ignore}"
        case Kind.MISCONFIGURATION:
            change = f"correct {detection.id} in {where}" if judged.added else f"{where}: {_BASE}"
            return f"{change}, or {ignore}"
        case Kind.LICENSE:
            direct = _is_direct(detection) or not owner(detection)
            package = detection.subject if direct else _vendor(detection)
            change = f"replace {package} in {manifest}" if judged.added else f"{detection.subject}: {_BASE}"
            file = judged.file or SHARED
            return f"{change}, or remove what denies {detection.id} from denied-licenses in {file}"


def owner(detection: Detection) -> str:
    """Return the Python package in whose folder the detection lies; an empty string where unknown."""
    _, inside, rest = f"/{detection.place}".partition("/site-packages/")
    folder, slash, _ = rest.partition("/")
    return _METADATA.sub("", folder) if inside and slash else ""


def facts(verdict: Verdict) -> tuple[tuple[str, str], ...]:
    """Return what was scanned, with which database, and the number of detections, as name and text."""
    return (
        ("image", verdict.image or "none"),
        ("base", verdict.base or "none"),
        ("tried" if verdict.state is State.NOT_SCANNED else "scanned", _time(verdict.scanned)),
        ("database", _database(verdict)),
        ("found", _numbers(verdict)),
    )


def ranked(verdict: Verdict) -> tuple[Judged, ...]:
    """Return the detections to show, failing ones first."""
    return tuple(sorted(verdict.shown, key=lambda judged: judged.decision is not Decision.FAILS))


def row(judged: Judged) -> tuple[str, ...]:
    """Return one detection in the columns of ``HEAD``."""
    one = judged.detection
    return (one.severity, one.id, package_version(one), one.fixed, location(one), judgement(judged))


def judgement(judged: Judged) -> str:
    """Return the policy's decision on a detection, with the reason."""
    text = f"{judged.decision}: {judged.why}" if judged.why else f"{judged.decision}"
    return text if judged.added or judged.decision is not Decision.FAILS else f"{text}, in the base"


def fixes(verdict: Verdict) -> tuple[str, ...]:
    """Return how to fix all that fails, without duplicates."""
    return tuple(dict.fromkeys(remedy(judged, verdict.dag) for judged in verdict.failing))


def unmatched(verdict: Verdict) -> tuple[str, ...]:
    """Return a line for each ignore that matches nothing in this image."""
    return tuple(f"the ignore of {name} in {package} matches nothing" for name, package in verdict.unused)


def _upgrade(detection: Detection, dag: str, manifest: str, ignore: str) -> str:
    package, advisory = package_version(detection), detection.id
    if not detection.fixed:
        replaced = "it" if _is_direct(detection) else _vendor(detection)
        return f"{package}: no version fixes {advisory} yet: replace {replaced} in {manifest}, or {ignore}"
    several = "," in detection.fixed
    fixed = f"one of {detection.fixed}, or later" if several else f"{detection.fixed} or later"
    if not _is_direct(detection):
        return (
            f"{package} is part of {location(detection)}: in {manifest}, use a version of "
            f"{_vendor(detection)} with {fixed}, then {LOCK}"
        )
    return (
        f"{package}: use {fixed} in {manifest} (if it is not listed, delete it from "
        f"images/{dag}/pylock.toml, so that the lock moves; exclude-newer must allow it), then {LOCK}"
    )


def _is_direct(detection: Detection) -> bool:
    """Return whether the package itself is installed, not vendored in another one."""
    return installed(detection.place) and canonicalize_name(owner(detection)) == canonicalize_name(
        detection.package
    )


def _vendor(detection: Detection) -> str:
    owning = owner(detection)
    return f"the package that contains it ({owning})" if owning else "the package that contains it"


def _rebase(detection: Detection, ignore: str) -> str:
    if detection.fixed:
        return f"fixed versions of the base's package exist: {_BASE}, then {LOCK}"
    package = package_version(detection)
    return (
        f"{package}, in the base: no version fixes {detection.id} yet: {_BASE} when there is one, or {ignore}"
    )


def location(detection: Detection) -> str:
    """Return the file and line, or the operating system."""
    return f"{detection.place}:{detection.line}" if detection.line else detection.place


def package_version(detection: Detection) -> str:
    """Return package and version, as far as known."""
    return " ".join(filter(None, (detection.package, detection.version)))


def address(url: str) -> str:
    """Return a web address that may be linked to; an empty string for anything else."""
    return url if _ADDRESS.fullmatch(url) else ""


def _time(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _database(verdict: Verdict) -> str:
    database = verdict.database
    if database is None:
        return "none: vulnerabilities not checked"
    algorithm, _, digest = database.digest.rpartition(":")
    short = f"{algorithm}:{digest[:12]}" if algorithm else digest[:12]
    text = f"{database.reference} ({short}), built {_time(database.updated)}"
    text += f", the newest at {_time(database.checked)}" if database.checked else ""
    text += f": {database.description}" if database.description else ""
    return f"{text}; test data only, without real vulnerabilities" if database.test else text


def _numbers(verdict: Verdict) -> str:
    every, added, in_base = verdict.count(), verdict.count(added=True), verdict.count(added=False)
    denied = sum(
        judged.detection.kind is Kind.LICENSE and judged.decision is not Decision.TOLERATED
        for judged in verdict.found
    )
    licenses = f"; denied licenses: {denied}" if denied else ""
    text = f"{every} in the image: {added} added by the type, {in_base} of the {verdict.in_base} in the base"
    if verdict.state is State.NOT_SCANNED:
        return f"{text}{licenses}; there may be more" if every else "unknown"
    if every:
        return text + licenses
    return f"nothing{f'; {verdict.in_base} in the base' if verdict.in_base else ''}{licenses}"


def _hidden(verdict: Verdict) -> Iterable[str]:
    """Yield a line about the rows past ``LIMIT``."""
    more, failing = len(verdict.shown) - LIMIT, len(verdict.failing) - LIMIT
    if more > 0:
        yield f"rows not shown: {more}, {max(failing, 0) or 'none'} of them failing; other formats list all"


def _tasks(verdict: Verdict) -> list[str]:
    tasks = fixes(verdict)
    more = [f"{len(tasks) - LIMIT} more: other formats list all"] if len(tasks) > LIMIT else []
    return [*tasks[:LIMIT], *more]


def _block(verdict: Verdict) -> Iterable[str]:
    yield plain(f"{verdict.dag}: {verdict.state}")
    yield from (f"  {plain(line)}" for reason in verdict.reasons for line in reason.splitlines())
    yield from (f"  {name:<9} {plain(text)}" for name, text in facts(verdict))
    rows = [tuple(plain(cell) or "-" for cell in row(judged)) for judged in ranked(verdict)[:LIMIT]]
    if rows:
        head = tuple(name.upper() for name in HEAD)
        yield from (f"  {line}" for line in aligned([head, *rows]).split("\n"))
    yield from (f"  {line}" for line in _hidden(verdict))
    yield from (f"  fix: {plain(task)}" for task in _tasks(verdict))
    yield from (f"  {plain(line)}" for line in unmatched(verdict))


def _section(verdict: Verdict) -> Iterable[str]:
    yield f"## {escaped(verdict.dag)}: {verdict.state}"
    if verdict.reasons:
        lines = [line for reason in verdict.reasons for line in reason.splitlines()]
        yield "\n".join(f"- why: {escaped(line)}" for line in lines)
    yield "\n".join(
        f"- {name}: {literal(text) if name in _CODE else escaped(text)}" for name, text in facts(verdict)
    )
    if verdict.shown:
        rows: list[tuple[str, ...]] = [HEAD]
        for judged in ranked(verdict)[:LIMIT]:
            cells = zip(HEAD, row(judged), strict=True)
            rows.append(tuple((literal if n in _CODE else escaped)(cell) or "-" for n, cell in cells))
        yield markdown_table(rows)
    yield from _hidden(verdict)
    tasks = [f"- fix: {escaped(task)}" for task in _tasks(verdict)]
    tasks += [f"- {escaped(line)}" for line in unmatched(verdict)]
    if tasks:
        yield "\n".join(tasks)
