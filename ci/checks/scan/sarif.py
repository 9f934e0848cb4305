"""Verdicts of a scan as SARIF 2.1.0, as GitHub's code scanning takes it: a run, and a category, per type.

GitHub refuses a file with two runs of one category, so an image's platforms share one.
"""

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from packaging.utils import canonicalize_name

from ...text import plain
from .detections import SEVERITIES, Detection, Severity
from .rescan_targets import merged
from .text import address, judgement, owner, package, place, ranked, remedy
from .verdict import Decision, Judged, State, Verdict

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"

# What GitHub takes of runs in a file, and of results in a run (it shows the worst 5000 of them):
# https://docs.github.com/en/code-security/code-scanning/troubleshooting-sarif-uploads/results-exceed-limit
RUNS = 20
RESULTS = 25_000

# GitHub names a severity by this number: from 9.0 critical, 7.0 high, 4.0 medium, 0.1 low.
_SCORES: dict[Severity, str] = {"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "2.0"}
_LEVELS = {Decision.FAILS: "error", Decision.TOLERATED: "warning", Decision.IGNORED: "note"}


def sarif(verdicts: Sequence[Verdict], locks: Mapping[str, str]) -> str:
    """The document, however many runs it has.

    Args:
        verdicts: one per DAG type and platform.
        locks: the text of each type's pylock.toml, by the type's name: alerts are shown at its lines.
    """
    return _document(_runs(verdicts, locks))


def documents(verdicts: Sequence[Verdict], locks: Mapping[str, str]) -> tuple[str, ...]:
    """The same as documents that GitHub takes, each for an upload of its own; at least one.

    The action upload-sarif makes one file of all that are in a folder, so each is to be uploaded by itself.
    """
    runs = _runs(verdicts, locks)
    return tuple(_document(runs[start : start + RUNS]) for start in range(0, len(runs) or 1, RUNS))


def _document(runs: Sequence[dict[str, Any]]) -> str:
    version = SCHEMA.rpartition("-")[2].removesuffix(".json")
    return json.dumps({"$schema": SCHEMA, "version": version, "runs": runs}, indent=2) + "\n"


def _runs(verdicts: Sequence[Verdict], locks: Mapping[str, str]) -> list[dict[str, Any]]:
    """A run per DAG type, in their order."""
    types: dict[str, list[tuple[str, Verdict]]] = {}
    for verdict in verdicts:
        types.setdefault(verdict.dag, []).append((verdict.platform or verdict.image, verdict))
    return [_run(platforms, locks.get(dag, "")) for dag, platforms in types.items()]


def _run(platforms: Sequence[tuple[str, Verdict]], lock: str) -> dict[str, Any]:
    verdict = platforms[0][1] if len(platforms) == 1 else merged(platforms, "")
    every = ranked(verdict)
    shown, lines, parts = every[:RESULTS], _lines(lock), _parts(platforms)
    rules = _rules(shown)
    order = {rule["id"]: place for place, rule in enumerate(rules)}
    results = [_result(each, verdict.dag, lines, order, parts.get(_part(each), "")) for each in shown]
    alike: Counter[str] = Counter()
    for result in results:
        key = result["partialFingerprints"]["detection/v1"]
        alike[key] += 1
        # The one name that GitHub reads: the key of an alert, and its number among those that share it.
        result["partialFingerprints"]["primaryLocationLineHash"] = f"{key}:{alike[key]}"
    return {
        "tool": {
            "driver": {
                "name": "Trivy",
                "informationUri": "https://github.com/aquasecurity/trivy",
                "rules": rules,
            }
        },
        "automationDetails": {"id": f"trivy-{verdict.dag}/"},
        "invocations": [_invocation(verdict, len(every) - len(shown))],
        # GitHub refuses a run without this key; one that wasn't successful closes no alert.
        "results": results,
    }


def _part(each: Judged) -> tuple[object, ...]:
    return (*each.detection.key, each.decision)


def _parts(platforms: Sequence[tuple[str, Verdict]]) -> dict[tuple[object, ...], str]:
    """Where one thing isn't judged alike on all platforms: those on which it is so."""
    names: dict[tuple[object, ...], list[str]] = {}
    for name, verdict in platforms:
        for part in dict.fromkeys(map(_part, verdict.found)):
            names.setdefault(part, []).append(name)
    return {
        part: ", ".join(dict.fromkeys(which)) for part, which in names.items() if len(which) < len(platforms)
    }


def _invocation(verdict: Verdict, more: int) -> dict[str, Any]:
    """How the scan went; ``more`` results are left out."""
    scanned = verdict.state is not State.NOT_SCANNED
    said = [
        f"{verdict.dag}: {verdict.state}",
        *(x for reason in verdict.reasons for x in reason.splitlines()),
    ]
    notes = [] if scanned else [("error", "\n".join(map(_plain, said)))]
    left_out = f"{more} more: GitHub takes {RESULTS} of a run, the other formats hold all"
    notes += [("warning", left_out)] if more else []
    told = [{"level": level, "message": {"text": text}} for level, text in notes]
    return {
        "executionSuccessful": scanned,
        "endTimeUtc": f"{verdict.scanned.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        **({"toolExecutionNotifications": told} if told else {}),
    }


def _rules(shown: Sequence[Judged]) -> list[dict[str, Any]]:
    """One rule per id, as bad as its worst detection."""
    worst: dict[str, Detection] = {}
    for each in sorted((each.detection for each in shown), key=lambda it: SEVERITIES.index(it.severity)):
        worst.setdefault(_rule_id(each), each)
    return [_rule(name, worst[name]) for name in sorted(worst)]


def _rule(name: str, found: Detection) -> dict[str, Any]:
    title = _plain(found.title) or f"{found.kind} {name}"
    link = address(found.url)
    properties: dict[str, Any] = {"tags": ["security", str(found.kind)]}
    if found.severity in _SCORES:
        properties["security-severity"] = _SCORES[found.severity]
    rule: dict[str, Any] = {
        "id": name,
        # GitHub takes no more than 1024 characters.
        "shortDescription": {"text": title if len(title) <= 1000 else f"{title[:999]}…"},
        "help": {"text": f"{title}\n{link}" if link else title},
        "properties": properties,
    }
    return {**rule, "helpUri": link} if link else rule


def _rule_id(found: Detection) -> str:
    return plain(found.id) or str(found.kind)


def _result(
    each: Judged, dag: str, lines: Mapping[str, int], order: Mapping[str, int], part: str
) -> dict[str, Any]:
    """An alert; ``part`` are the platforms that it is of, where it isn't of all."""
    found, name = each.detection, _rule_id(each.detection)
    fixed = f"mended in {found.fixed}" if found.fixed else "no mended version"
    said = [
        f"{name} ({found.severity}): {package(found) or place(found)}",
        *([found.title] if found.title else []),
    ]
    said += [fixed] if found.package and found.kind == "vulnerability" else []
    said += [f"on {part} alone"] if part else []
    said.append(
        f"to do: {remedy(each, dag)}" if each.decision is Decision.FAILS else f"verdict: {judgement(each)}"
    )
    result: dict[str, Any] = {
        "ruleId": name,
        "ruleIndex": order[name],
        "level": _LEVELS[each.decision],
        "message": {"text": "\n".join(map(_plain, said))},
        "locations": [_location(each, dag, lines)],
        "partialFingerprints": {"detection/v1": _fingerprint(found)},
    }
    if each.decision is Decision.IGNORED:
        why = {"kind": "external", "status": "accepted", "justification": plain(each.why)}
        result["suppressions"] = [why]
    return result


def _location(each: Judged, dag: str, lines: Mapping[str, int]) -> dict[str, Any]:
    """A file of the repository, which alone GitHub shows alerts at, and the place in the image."""
    found = each.detection
    line = lines.get(canonicalize_name(owner(found)), 0) if each.added else 0
    file = f"images/{dag}/{'pylock.toml' if line else 'pyproject.toml'}"
    shown: dict[str, Any] = {
        "physicalLocation": {
            "artifactLocation": {"uri": quote(file), "uriBaseId": "%SRCROOT%"},
            "region": {"startLine": line or 1},
        }
    }
    inside = plain(place(found))
    return {**shown, "logicalLocations": [{"fullyQualifiedName": inside}]} if inside else shown


def _lines(lock: str) -> dict[str, int]:
    """The line of each package in a lock, by its normalised name."""
    found: dict[str, int] = {}
    for number, line in enumerate(lock.split("\n"), start=1):
        named = re.match(r'name = "([^"]+)"', line)
        if named:
            found.setdefault(canonicalize_name(named[1]), number)
    return found


def _fingerprint(found: Detection) -> str:
    """The same in each scan for the same detection, wherever in its file it stands."""
    return sha256(json.dumps(found.key[:-1]).encode()).hexdigest()[:32]


def _plain(text: str) -> str:
    # SARIF has links in its plain texts too, as [text](address).
    return plain(text).replace("](", "] (")
