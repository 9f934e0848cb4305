"""Scanning for real: packages that are installed, a real vulnerability database, the policy's whole life."""

import asyncio
import json
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from dagger import dag

from ci.checks.scan import formats, scan
from ci.checks.scan.database import DatabaseRequest
from ci.checks.scan.verdict import Decision, State, Verdict
from ci.config import lockfile
from ci.errors import CheckError, Fault
from ci.tools.checkout import Checkout
from tests.engine import advisories, registries
from tests.engine.advisories import TODAY, advisory, archive
from tests.engine.conftest import BASE_REFERENCE, PROJECT, repository
from tests.engine.histories import DAG, LOCK, PYPROJECT, History, only

pytestmark = pytest.mark.anyio

ZEEP = advisory("zeep")  # salesforce installs it
BASE = advisory("gitpython", id="CVE-2026-99002")  # the base has it
BASH = advisory(
    "bash",
    id="CVE-2026-99003",
    ecosystem="debian 13",
    vulnerable=[],
    patched=[],
    fixed="99",
    severity="CRITICAL",
)
OTHER = advisory("a-package-that-nobody-has", id="CVE-2026-99004")
ADVISORIES = (ZEEP, BASE, BASH, OTHER)
IGNORE = """
[[ignore]]
id = "CVE-2026-99001"
package = "zeep"
reason = "no WSDL of strangers is read"
owner = "data@example.com"
expires = {day}
"""


def project(files: Mapping[str, str]) -> Checkout:
    """Return this project's DAG types under another policy."""
    tree = dag.host().directory(str(PROJECT), include=["images", "dags", "scripts"])
    for path, text in {"images/policy.toml": "", **files}.items():
        tree = tree.with_new_file(path, text)
    return Checkout(tree)


async def verdict(
    sources: Checkout, asked: DatabaseRequest | None = None, name: str = "salesforce"
) -> Verdict:
    """Return the verdict on an image, by a database of the advisories above."""
    try:
        types = (await sources.catalog()).chosen(name)
        found = await scan.scan_all(types, asked or DatabaseRequest(archive=archive(ADVISORIES)), sources)
        (one,) = found.verdicts
        return one
    finally:
        sources.close()


def decided(found: Verdict) -> dict[str, tuple[bool, Decision]]:
    """Each advisory that matched: whether the type added it, and what the policy says."""
    return {
        each.detection.id: (each.added, each.decision)
        for each in found.found
        if each.detection.id.startswith("CVE-2026-99")
    }


async def test_only_what_the_type_added_fails_and_both_numbers_are_shown() -> None:
    found, everything = await asyncio.gather(
        verdict(project({})), verdict(project({"images/policy.toml": '[scan]\nscope = "image"\n'}))
    )
    assert found.state is State.FAILED
    assert decided(found) == {
        "CVE-2026-99001": (True, Decision.FAILS),
        "CVE-2026-99002": (False, Decision.TOLERATED),
        "CVE-2026-99003": (False, Decision.TOLERATED),
    }
    (failing,) = found.failing
    assert (failing.detection.package, failing.detection.fixed) == ("zeep", "1000")
    assert found.count(added=True) == 1
    assert found.count() == found.in_base + 1
    assert found.platform.startswith("linux/")
    table = formats.render("table", [found], {})
    assert "salesforce: failed" in table
    assert "images/salesforce/pyproject.toml" in table

    failing = {each.detection.id for each in everything.failing}
    assert {each for each in failing if each.startswith("CVE-2026-99")} == {
        "CVE-2026-99001",
        "CVE-2026-99002",
        "CVE-2026-99003",
    }


async def test_an_ignore_holds_until_its_day_and_then_fails_with_its_age() -> None:
    tomorrow, last_week = ((TODAY + timedelta(days=days)).date() for days in (1, -7))
    held, over, unused = await asyncio.gather(
        verdict(project({"images/salesforce/policy.toml": IGNORE.format(day=tomorrow)})),
        verdict(project({"images/policy.toml": IGNORE.format(day=last_week)})),
        verdict(project({"images/policy.toml": IGNORE.format(day=tomorrow)}), name="api"),
    )
    assert held.state is State.PASSED
    assert decided(held)["CVE-2026-99001"] == (True, Decision.IGNORED)

    assert over.state is State.FAILED
    assert decided(over)["CVE-2026-99001"] == (True, Decision.FAILS)
    assert "expired 7 days ago" in over.reasons[0]

    assert (unused.state, unused.unused) == (State.PASSED, (("CVE-2026-99001", "zeep"),))


async def test_an_openvex_document_takes_a_vulnerability_off_the_table() -> None:
    said = {
        "@context": "https://openvex.dev/ns/v0.2.0",
        "@id": "https://example.com/vex/1",
        "author": "Data platform",
        "timestamp": "2026-01-01T00:00:00Z",
        "version": 1,
        "statements": [
            {
                "vulnerability": {"name": "CVE-2026-99001"},
                "products": [{"@id": "pkg:pypi/zeep@4.3.2"}],
                "status": "not_affected",
                "justification": "vulnerable_code_not_in_execute_path",
            }
        ],
    }
    files = {
        "images/policy.toml": '[scan]\nvex = ["images/zeep.openvex.json"]\n',
        "images/zeep.openvex.json": json.dumps(said),
    }
    holders = ("images/policy.toml", "images/api/policy.toml")
    missing = [project({file: '[scan]\nvex = ["images/gone.openvex.json"]\n'}) for file in holders]
    found, *faults = await asyncio.gather(
        verdict(project(files)), *(verdict(each, name="api") for each in missing), return_exceptions=True
    )
    assert isinstance(found, Verdict)
    assert found.state is State.PASSED
    (taken,) = [each for each in found.found if each.detection.id == "CVE-2026-99001"]
    assert taken.decision is Decision.IGNORED
    assert "not_affected" in taken.why
    # One that is missing names the policy that wants it.
    for file, fault in zip(holders, faults, strict=True):
        assert isinstance(fault, Fault), file
        assert fault.problems == (
            f"{file}: [scan] vex: 'images/gone.openvex.json' does not exist: create it or remove the entry",
        )


async def test_what_could_not_be_scanned_is_never_clean() -> None:
    nowhere = DatabaseRequest(mirrors=("registry.invalid/trivy-db:2", "registry.invalid/other:2"))
    stale, none, broken = await asyncio.gather(
        verdict(project({}), DatabaseRequest(archive=archive(ADVISORIES, TODAY - timedelta(days=30))), "api"),
        verdict(project({}), nowhere, "api"),
        verdict(project({}), DatabaseRequest(archive=dag.file("db.tar.gz", "nothing")), "api"),
    )
    assert stale.state is State.NOT_SCANNED
    assert "30 days old" in stale.reasons[0]

    assert none.state is State.NOT_SCANNED
    (reason,) = none.reasons
    assert all(part in reason for part in ("--database-file", *nowhere.mirrors))
    table = formats.render("table", [none], {})
    assert "api: not scanned" in table
    assert "passed" not in table

    assert broken.state is State.NOT_SCANNED


async def test_mirrors_are_asked_in_order_and_the_first_fresh_one_is_used(
    plain_registry: str, owner: str
) -> None:
    place = f"{plain_registry}/{owner}"
    await asyncio.gather(
        advisories.push(f"{place}/old:2", archive(ADVISORIES, TODAY - timedelta(days=30))),
        advisories.push(f"{place}/fresh:2", archive(ADVISORIES)),
    )
    asked = DatabaseRequest(mirrors=tuple(f"{place}/{name}:2" for name in ("no", "old", "fresh")))
    toml = f'[database]\nplain-http = ["{plain_registry}"]\n'
    found = await verdict(project({"images/policy.toml": toml}), asked)
    assert found.state is State.FAILED
    assert found.database is not None
    assert found.database.reference == f"{place}/fresh:2"
    assert found.database.updated == TODAY


async def test_secrets_and_denied_licenses_fail() -> None:
    key = "AKIA" + "QRSTUVWXYZ234567"  # in two parts, so that nobody takes this file for a leak
    files = {
        "images/one/pyproject.toml": PYPROJECT.format(name="one"),
        "images/one/pylock.toml": LOCK.format(base=lockfile.base_name(BASE_REFERENCE)),
        "dags/one/one_dag.py": DAG.format(name="one") + f'KEY = "{key}"\n',
    }
    found, denied = await asyncio.gather(
        verdict(repository(files), name="one"),
        verdict(project({"images/policy.toml": '[scan]\ndenied-licenses = ["MIT*"]\n'})),
    )
    assert [(each.detection.kind, each.detection.place) for each in found.failing] == [
        ("secret", "/opt/airflow/dags/one/one_dag.py")
    ]
    assert key not in found.model_dump_json()

    licensed = [each for each in denied.failing if each.detection.kind == "license"]
    assert licensed
    assert all(each.added and each.file == "images/policy.toml" for each in licensed)
    # A license has no package URL: where its package is installed is what leads to the lock.
    lock = (PROJECT / "images/salesforce/pylock.toml").read_text(encoding="utf-8")
    (run,) = json.loads(formats.render("sarif", [denied], {"salesforce": lock}))["runs"]
    shown = {
        result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for result in run["results"]
    }
    assert "images/salesforce/pylock.toml" in shown


async def test_publish_refuses_what_fails_or_was_not_scanned(
    tmp_path: Path, plain_registry: str, owner: str
) -> None:
    flows, access = History(tmp_path, owner, registries.passed), registries.PLAIN
    whole: dict[str, Any] = {"database": DatabaseRequest(archive=archive(ADVISORIES))}
    flows.write("images/policy.toml", '[scan]\nscope = "image"\n')
    flows.commit()
    with pytest.raises(CheckError, match="checks failed, nothing was pushed") as told:
        await flows.publish(plain_registry, access, "one", **whole)
    assert "CVE-2026-99002" in str(told.value)
    forced = only(await flows.publish(plain_registry, access, "one", **whole, force="an audit"))
    assert "published by force: an audit" in forced.note

    flows.write("images/policy.toml", "")
    flows.commit()
    nowhere: dict[str, Any] = {"database": DatabaseRequest(mirrors=("registry.invalid/trivy-db:2",))}
    with pytest.raises(CheckError, match="not scanned"):
        await flows.publish(plain_registry, access, "two", **nowhere)
    allowed = only(
        await flows.publish(plain_registry, access, "two", **nowhere, unscanned="no network today")
    )
    assert "published without a scan: no network today" in allowed.note

    flows.write("images/policy.toml", IGNORE.format(day=TODAY.date() - timedelta(days=7)))
    flows.commit()
    with pytest.raises(CheckError, match="the ignore of CVE-2026-99001 in zeep expired"):
        await flows.publish(plain_registry, access, "one", **nowhere, unscanned="no network today")
