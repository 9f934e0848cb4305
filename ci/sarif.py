"""Verdicts of a scan as SARIF 2.1.0, as GitHub's code scanning takes it: a run, and a category, per type."""

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from packaging.utils import canonicalize_name

from .detections import SEVERITIES, Detection, Severity
from .scan_texts import address, from_pypi, judgement, package, place, ranked, remedy
from .shown import plain
from .verdict import Decision, Judged, State, Verdict

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"

# GitHub names a severity by this number: from 9.0 critical, 7.0 high, 4.0 medium, 0.1 low.
_SCORES: dict[Severity, str] = {"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "2.0"}
_LEVELS = {Decision.FAILS: "error", Decision.TOLERATED: "warning", Decision.IGNORED: "note"}


def sarif(verdicts: Sequence[Verdict], locks: Mapping[str, str]) -> str:
    """The document.

    Args:
        verdicts: one per DAG type.
        locks: the text of each type's pylock.toml, by the type's name: alerts are shown at its lines.
    """
    runs = [_run(verdict, locks.get(verdict.dag, "")) for verdict in verdicts]
    version = SCHEMA.rpartition("-")[2].removesuffix(".json")
    return json.dumps({"$schema": SCHEMA, "version": version, "runs": runs}, indent=2) + "\n"


def _run(verdict: Verdict, lock: str) -> dict[str, Any]:
    shown = ranked(verdict)
    rules = _rules(shown)
    order = {rule["id"]: place for place, rule in enumerate(rules)}
    lines = _lines(lock)
    results = [_result(each, verdict.dag, lines, order) for each in shown]
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
        "invocations": [_invocation(verdict)],
        # GitHub refuses a run without this key; one that wasn't successful closes no alert.
        "results": results,
    }


def _invocation(verdict: Verdict) -> dict[str, Any]:
    ended = f"{verdict.scanned.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    if verdict.state is not State.NOT_SCANNED:
        return {"executionSuccessful": True, "endTimeUtc": ended}
    said = [
        f"{verdict.dag}: {verdict.state}",
        *(x for reason in verdict.reasons for x in reason.splitlines()),
    ]
    notes = [{"level": "error", "message": {"text": "\n".join(map(_plain, said))}}]
    return {"executionSuccessful": False, "endTimeUtc": ended, "toolExecutionNotifications": notes}


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


def _result(each: Judged, dag: str, lines: Mapping[str, int], order: Mapping[str, int]) -> dict[str, Any]:
    found, name = each.detection, _rule_id(each.detection)
    fixed = f"mended in {found.fixed}" if found.fixed else "no mended version"
    said = [
        f"{name} ({found.severity}): {package(found) or place(found)}",
        *([found.title] if found.title else []),
    ]
    said += [fixed] if found.package and found.kind == "vulnerability" else []
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
    line = lines.get(canonicalize_name(found.package), 0) if each.added and from_pypi(found) else 0
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
