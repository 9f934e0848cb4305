"""Verdicts as SARIF 2.1.0 for GitHub's code scanning: a run, and a category, per DAG type.

GitHub refuses a file with two runs of one category, so an image's platforms share a run.
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
from .text import address, judgement, location, owner, package_version, ranked, remedy
from .verdict import Decision, Judged, State, Verdict

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"

# GitHub's limits of runs in a file, and of results in a run (it shows the worst 5000 of them):
# https://docs.github.com/en/code-security/code-scanning/troubleshooting-sarif-uploads/results-exceed-limit
RUNS = 20
RESULTS = 25_000

# GitHub names a severity by this number: from 9.0 critical, 7.0 high, 4.0 medium, 0.1 low.
_SCORES: dict[Severity, str] = {"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "2.0"}
_LEVELS = {Decision.FAILS: "error", Decision.TOLERATED: "warning", Decision.IGNORED: "note"}


def sarif(verdicts: Sequence[Verdict], locks: Mapping[str, str]) -> str:
    """Return one document, however many runs it has; alerts are shown at lines of the types' locks."""
    return _document(_runs(verdicts, locks))


def documents(verdicts: Sequence[Verdict], locks: Mapping[str, str]) -> tuple[str, ...]:
    """Return documents within GitHub's limits, one per upload; at least one.

    The action upload-sarif joins all files of a folder, so each document needs an upload of its own.
    """
    runs = _runs(verdicts, locks)
    return tuple(_document(runs[start : start + RUNS]) for start in range(0, len(runs) or 1, RUNS))


def _document(runs: Sequence[dict[str, Any]]) -> str:
    version = SCHEMA.rpartition("-")[2].removesuffix(".json")
    return json.dumps({"$schema": SCHEMA, "version": version, "runs": runs}, indent=2) + "\n"


def _runs(verdicts: Sequence[Verdict], locks: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return a run per DAG type, in their order."""
    types: dict[str, list[tuple[str, Verdict]]] = {}
    for verdict in verdicts:
        types.setdefault(verdict.dag, []).append((verdict.platform or verdict.image, verdict))
    return [_run(platforms, locks.get(dag, "")) for dag, platforms in types.items()]


def _run(platforms: Sequence[tuple[str, Verdict]], lock: str) -> dict[str, Any]:
    verdict = platforms[0][1] if len(platforms) == 1 else merged(platforms, "")
    every = ranked(verdict)
    shown, lines, partial = every[:RESULTS], _lines(lock), _partial_platforms(platforms)
    rules = _rules(shown)
    order = {rule["id"]: number for number, rule in enumerate(rules)}
    results = [
        _result(judged, verdict.dag, lines, order, partial.get(_decision_key(judged), "")) for judged in shown
    ]
    count: Counter[str] = Counter()
    for result in results:
        key = result["partialFingerprints"]["detection/v1"]
        count[key] += 1
        # The one name that GitHub reads: the key of an alert, and its number among those that share it.
        result["partialFingerprints"]["primaryLocationLineHash"] = f"{key}:{count[key]}"
    web = "https://github.com/aquasecurity/trivy"
    return {
        "tool": {"driver": {"name": "Trivy", "informationUri": web, "rules": rules}},
        "automationDetails": {"id": f"trivy-{verdict.dag}/"},
        "invocations": [_invocation(verdict, len(every) - len(shown))],
        # GitHub refuses a run without this key; an unsuccessful run closes no alert.
        "results": results,
    }


def _decision_key(judged: Judged) -> tuple[object, ...]:
    return (*judged.detection.key, judged.decision)


def _partial_platforms(platforms: Sequence[tuple[str, Verdict]]) -> dict[tuple[object, ...], str]:
    """Return the platforms of each decision that does not hold on all of them."""
    names: dict[tuple[object, ...], list[str]] = {}
    for name, verdict in platforms:
        for key in dict.fromkeys(map(_decision_key, verdict.found)):
            names.setdefault(key, []).append(name)
    return {
        key: ", ".join(dict.fromkeys(listed)) for key, listed in names.items() if len(listed) < len(platforms)
    }


def _invocation(verdict: Verdict, omitted: int) -> dict[str, Any]:
    """Return how the scan went; ``omitted`` results are left out."""
    scanned = verdict.state is not State.NOT_SCANNED
    reasons = [line for reason in verdict.reasons for line in reason.splitlines()]
    notes: list[tuple[str, str]] = []
    if not scanned:
        notes.append(("error", "\n".join(map(_plain, (f"{verdict.dag}: {verdict.state}", *reasons)))))
    if omitted:
        limit = f"GitHub accepts {RESULTS} per run; other formats list all"
        notes.append(("warning", f"results left out: {omitted} ({limit})"))
    notifications = [{"level": level, "message": {"text": text}} for level, text in notes]
    return {
        "executionSuccessful": scanned,
        "endTimeUtc": f"{verdict.scanned.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        **({"toolExecutionNotifications": notifications} if notifications else {}),
    }


def _rules(shown: Sequence[Judged]) -> list[dict[str, Any]]:
    """Return one rule per id, as bad as its worst detection."""
    worst: dict[str, Detection] = {}
    detections = (judged.detection for judged in shown)
    for detection in sorted(detections, key=lambda one: SEVERITIES.index(one.severity)):
        worst.setdefault(_rule_id(detection), detection)
    return [_rule(name, worst[name]) for name in sorted(worst)]


def _rule(name: str, detection: Detection) -> dict[str, Any]:
    title = _plain(detection.title) or f"{detection.kind} {name}"
    link = address(detection.url)
    properties: dict[str, Any] = {"tags": ["security", str(detection.kind)]}
    if detection.severity in _SCORES:
        properties["security-severity"] = _SCORES[detection.severity]
    rule: dict[str, Any] = {
        "id": name,
        # GitHub accepts at most 1024 characters.
        "shortDescription": {"text": title if len(title) <= 1000 else f"{title[:999]}…"},
        "help": {"text": f"{title}\n{link}" if link else title},
        "properties": properties,
    }
    return {**rule, "helpUri": link} if link else rule


def _rule_id(detection: Detection) -> str:
    return plain(detection.id) or str(detection.kind)


def _result(
    judged: Judged, dag: str, lines: Mapping[str, int], order: Mapping[str, int], platforms: str
) -> dict[str, Any]:
    """Return an alert; ``platforms`` is empty where it holds on all of them."""
    detection, name = judged.detection, _rule_id(judged.detection)
    subject = package_version(detection) or location(detection)
    text = [f"{name} ({detection.severity}): {subject}", *([detection.title] if detection.title else [])]
    if detection.package and detection.kind == "vulnerability":
        text.append(f"fixed in {detection.fixed}" if detection.fixed else "no fixed version")
    text += [f"only on {platforms}"] if platforms else []
    fails = judged.decision is Decision.FAILS
    text.append(f"fix: {remedy(judged, dag)}" if fails else f"verdict: {judgement(judged)}")
    # Equal for one detection in every scan, on whichever line of its file.
    fingerprint = sha256(json.dumps(detection.key[:-1]).encode()).hexdigest()[:32]
    result: dict[str, Any] = {
        "ruleId": name,
        "ruleIndex": order[name],
        "level": _LEVELS[judged.decision],
        "message": {"text": "\n".join(map(_plain, text))},
        "locations": [_location(judged, dag, lines)],
        "partialFingerprints": {"detection/v1": fingerprint},
    }
    if judged.decision is Decision.IGNORED:
        reason = {"kind": "external", "status": "accepted", "justification": plain(judged.why)}
        result["suppressions"] = [reason]
    return result


def _location(judged: Judged, dag: str, lines: Mapping[str, int]) -> dict[str, Any]:
    """Return a file of the repository, where alone GitHub shows alerts, and the location in the image."""
    detection = judged.detection
    line = lines.get(canonicalize_name(owner(detection)), 0) if judged.added else 0
    file = f"images/{dag}/{'pylock.toml' if line else 'pyproject.toml'}"
    in_image = plain(location(detection))
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": quote(file), "uriBaseId": "%SRCROOT%"},
            "region": {"startLine": line or 1},
        },
        **({"logicalLocations": [{"fullyQualifiedName": in_image}]} if in_image else {}),
    }


def _lines(lock: str) -> dict[str, int]:
    """Return the line of each package in a lock, by its normalised name."""
    lines: dict[str, int] = {}
    for number, line in enumerate(lock.split("\n"), start=1):
        match = re.match(r'name = "([^"]+)"', line)
        if match:
            lines.setdefault(canonicalize_name(match[1]), number)
    return lines


def _plain(text: str) -> str:
    # SARIF reads links in plain text too, as [text](address).
    return plain(text).replace("](", "] (")
