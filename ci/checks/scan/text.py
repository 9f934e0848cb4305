"""Verdicts of a scan as people read them: on a terminal, in Markdown, and what to do about each detection.

What is shown comes from packages of others: nothing of it may steer a terminal or become markup.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from packaging.utils import canonicalize_name

from ...config.lockfile import REMEDY as LOCK
from ...config.policy import HOUSE, own
from ...text import escaped, literal, plain
from .detections import Detection, Kind, installed
from .verdict import Decision, Judged, State, Verdict

HEAD = ("severity", "id", "package", "fixed in", "where", "verdict")
LIMIT = 40  # rows, and things to do, of one type
NONE = "nothing was scanned: no DAG type was asked for"

_CODE = {"image", "base", "id", "where"}  # as code in Markdown
_BASE = "take a newer base in ci/pins.toml"
_METADATA = re.compile(
    r"(?:-[^-]*)?(?:-py[0-9.]+)?\.(?:dist|egg)-info\Z"
)  # of a package: name-version.dist-info
_ADDRESS = re.compile(r"https?://[A-Za-z0-9][A-Za-z0-9.:-]*(?:[/?#][A-Za-z0-9._~:/?#@!$&'()*+,;=%-]*)?")


def table(verdicts: Sequence[Verdict]) -> str:
    """Verdicts for a terminal: per type what was looked at, what was found and what to do."""
    return "\n\n".join("\n".join(_block(verdict)) for verdict in verdicts) or NONE


def markdown(verdicts: Sequence[Verdict]) -> str:
    """The same as GitHub shows it in the summary of a job."""
    return "\n\n".join("\n\n".join(_section(verdict)) for verdict in verdicts) or NONE


def remedy(judged: Judged, dag: str) -> str:
    """What to do about a detection that fails, in one sentence."""
    found, mine = judged.detection, f"images/{dag}/pyproject.toml"
    ignore = f"ignore {found.id} of {found.subject} with reason, owner and expires in {own(dag)}"
    match found.kind:
        case Kind.VULNERABILITY:
            return _upgrade(found, dag, mine, ignore) if judged.added else _rebase(found, ignore)
        case Kind.SECRET:
            out = f"take {found.id} out of {place(found)}" if judged.added else f"{place(found)}: {_BASE}"
            return f"{out}, and revoke it: it is compromised; if it is no secret, {ignore}"
        case Kind.MISCONFIGURATION:
            mend = f"mend {found.id} in {place(found)}" if judged.added else f"{place(found)}: {_BASE}"
            return f"{mend}, or {ignore}"
        case Kind.LICENSE:
            what = found.subject if _itself(found) or not owner(found) else _bringer(found)
            other = f"replace {what} in {mine}" if judged.added else f"{found.subject}: {_BASE}"
            return f"{other}, or take what denies {found.id} out of denied-licenses in {judged.file or HOUSE}"


def owner(found: Detection) -> str:
    """The Python package in whose folder it lies, as far as its place tells; else an empty string."""
    _, inside, rest = f"/{found.place}".partition("/site-packages/")
    folder, below, _ = rest.partition("/")
    return _METADATA.sub("", folder) if inside and below else ""


def facts(verdict: Verdict) -> tuple[tuple[str, str], ...]:
    """What was looked at, with what, and how much there is of it, as name and text."""
    return (
        ("image", verdict.image or "none"),
        ("base", verdict.base or "none"),
        ("tried" if verdict.state is State.NOT_SCANNED else "scanned", _time(verdict.scanned)),
        ("database", _database(verdict)),
        ("found", _numbers(verdict)),
    )


def ranked(verdict: Verdict) -> tuple[Judged, ...]:
    """What a person is to see, failing first."""
    return tuple(sorted(verdict.shown, key=lambda each: each.decision is not Decision.FAILS))


def row(judged: Judged) -> tuple[str, ...]:
    """One detection in the columns of ``HEAD``."""
    found = judged.detection
    return (found.severity, found.id, package(found), found.fixed, place(found), judgement(judged))


def judgement(judged: Judged) -> str:
    """What the policy says of a detection, and why."""
    said = f"{judged.decision}: {judged.why}" if judged.why else f"{judged.decision}"
    return said if judged.added or judged.decision is not Decision.FAILS else f"{said}, in the base"


def to_do(verdict: Verdict) -> tuple[str, ...]:
    """What to do about all that fails, each once."""
    return tuple(dict.fromkeys(remedy(each, verdict.dag) for each in verdict.failing))


def unmatched(verdict: Verdict) -> tuple[str, ...]:
    """A line for each ignore that is of no use to this type."""
    return tuple(f"nothing here matches the ignore of {name} in {of}" for name, of in verdict.unused)


def _upgrade(found: Detection, dag: str, mine: str, ignore: str) -> str:
    what = package(found)
    if not found.fixed:
        it = "it" if _itself(found) else _bringer(found)
        return f"{what}: no version mends {found.id} yet: replace {it} in {mine}, or {ignore}"
    if not _itself(found):
        return (
            f"{what} is part of {place(found)}: in {mine}, take a version of {_bringer(found)} that has "
            f"{_later(found.fixed)}, then {LOCK}"
        )
    return (
        f"{what}: take {_later(found.fixed)} in {mine} (where it isn't named there, delete it from "
        f"images/{dag}/pylock.toml, so that the lock moves; exclude-newer must allow it), then {LOCK}"
    )


def _itself(found: Detection) -> bool:
    """Whether the package is installed, not a part of what another one brings."""
    return installed(found.place) and canonicalize_name(owner(found)) == canonicalize_name(found.package)


def _bringer(found: Detection) -> str:
    return f"what brings it ({owner(found)})" if owner(found) else "what brings it"


def _later(fixed: str) -> str:
    return f"one of {fixed}, or later" if "," in fixed else f"{fixed} or later"


def _rebase(found: Detection, ignore: str) -> str:
    if found.fixed:
        return f"the base has what was mended since: {_BASE}, then {LOCK}"
    what = package(found)
    return f"{what}, of the base: no version mends {found.id} yet: {_BASE} when there is one, or {ignore}"


def place(found: Detection) -> str:
    """Where it is: file and line, or the operating system."""
    return f"{found.place}:{found.line}" if found.line else found.place


def package(found: Detection) -> str:
    """Package and version, as far as there are any."""
    return " ".join(filter(None, (found.package, found.version)))


def address(url: str) -> str:
    """A web address that may be linked to; an empty string for anything else."""
    return url if _ADDRESS.fullmatch(url) else ""


def _time(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _database(verdict: Verdict) -> str:
    used = verdict.database
    if used is None:
        return "none: vulnerabilities were not looked for"
    algorithm, _, digest = used.digest.rpartition(":")
    short = f"{algorithm}:{digest[:12]}" if algorithm else digest[:12]
    told = f"{used.reference} ({short}), made {_time(used.updated)}"
    told += f": {used.description}" if used.description else ""
    return f"{told}; it holds test data only and knows no real vulnerability" if used.test else told


def _numbers(verdict: Verdict) -> str:
    there, added, below = verdict.count(), verdict.count(added=True), verdict.count(added=False)
    denied = sum(
        each.detection.kind is Kind.LICENSE and each.decision is not Decision.TOLERATED
        for each in verdict.found
    )
    licenses = f"; licenses that are denied: {denied}" if denied else ""
    told = (
        f"{there} in the image: {added} added to the base, {below} of the {verdict.in_base} that the base has"
    )
    if verdict.state is State.NOT_SCANNED:
        return f"{told}{licenses}; there may be more" if there else "unknown"
    if there:
        return told + licenses
    base = f"; the base has {verdict.in_base}" if verdict.in_base else ""
    return f"nothing{base}{licenses}"


def _hidden(verdict: Verdict) -> Iterable[str]:
    """Lines that say what a table of ``LIMIT`` rows leaves out."""
    more, failing = len(verdict.shown) - LIMIT, len(verdict.failing) - LIMIT
    if more > 0:
        yield f"and {more} more, {max(failing, 0) or 'none'} of them failing: the other formats hold all"


def _tasks(verdict: Verdict) -> list[str]:
    tasks = to_do(verdict)
    more = [f"{len(tasks) - LIMIT} more things: the other formats hold all"] if len(tasks) > LIMIT else []
    return [*tasks[:LIMIT], *more]


def _block(verdict: Verdict) -> Iterable[str]:
    yield plain(f"{verdict.dag}: {verdict.state}")
    yield from (f"  {plain(line)}" for reason in verdict.reasons for line in reason.splitlines())
    yield from (f"  {name:<9} {plain(text)}" for name, text in facts(verdict))
    rows = [tuple(plain(cell) or "-" for cell in row(each)) for each in ranked(verdict)[:LIMIT]]
    cells = [tuple(name.upper() for name in HEAD), *rows] if rows else []
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for line in cells:
        yield "  " + "  ".join(f"{cell:<{w}}" for cell, w in zip(line, widths, strict=True)).rstrip()
    yield from (f"  {line}" for line in _hidden(verdict))
    yield from (f"  to do: {plain(task)}" for task in _tasks(verdict))
    yield from (f"  {plain(line)}" for line in unmatched(verdict))


def _section(verdict: Verdict) -> Iterable[str]:
    yield f"## {escaped(verdict.dag)}: {verdict.state}"
    if verdict.reasons:
        said = [line for reason in verdict.reasons for line in reason.splitlines()]
        yield "\n".join(f"- why: {escaped(line)}" for line in said)
    yield "\n".join(
        f"- {name}: {literal(text) if name in _CODE else escaped(text)}" for name, text in facts(verdict)
    )
    if verdict.shown:
        lines: list[tuple[str, ...]] = [HEAD, ("---",) * len(HEAD)]
        for each in ranked(verdict)[:LIMIT]:
            cells = zip(HEAD, row(each), strict=True)
            lines.append(tuple((literal if n in _CODE else escaped)(cell) or "-" for n, cell in cells))
        yield "\n".join(f"| {' | '.join(line)} |" for line in lines)
    yield from _hidden(verdict)
    tasks = [f"- to do: {escaped(task)}" for task in _tasks(verdict)]
    tasks += [f"- {escaped(line)}" for line in unmatched(verdict)]
    if tasks:
        yield "\n".join(tasks)
