"""The vulnerability database for tests: when it is made anew, what is in the artifact, and its advisories."""

import json
import re
import tarfile
import tomllib
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, TextIO

import pytest

from airgap import advisories, gotools, pins
from airgap.advisories import database_step
from airgap.errors import CommandError
from airgap.folders import PROJECT, digest_of
from airgap.gotools import ADVISORIES, TRIVY, Tool
from airgap.standins.airflow import releases
from airgap.step import Step, make, prune

_DAY = date(2026, 5, 4)
_LIST: list[dict[str, Any]] = json.loads((ADVISORIES.folder / "advisories.json").read_text())
_PROGRAM = """#!/bin/sh
set -e
grep -q '"CVE-' "$1"
echo "the database" >"$2/trivy.db"
echo "$3" >"$2/metadata.json"
"""


def _give_program(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """Let a script stand where the Go program would be."""

    def build(folder: Path, _: TextIO) -> None:
        program = folder / "bin" / ADVISORIES.name
        program.parent.mkdir()
        program.write_text(text)
        program.chmod(0o755)

    def tool_step(tool: Tool) -> Step:
        return Step(name=tool.name, inputs=digest_of(text), build=build)

    monkeypatch.setattr(gotools, "tool_step", tool_step)


def _made(day: date) -> Step:
    step = database_step(day)
    for part in (*step.needs, step):
        if not part.done:
            make(part)
    return step


def _blob(layout: Path, descriptor: dict[str, Any]) -> Path:
    return layout / "blobs" / descriptor["digest"].replace(":", "/")


def test_the_artifact_is_as_trivy_expects_it(monkeypatch: pytest.MonkeyPatch) -> None:
    _give_program(monkeypatch, _PROGRAM)
    layout = _made(_DAY).result
    assert sorted(path.name for path in layout.iterdir()) == ["blobs", "index.json", "oci-layout"]
    (entry,) = json.loads((layout / "index.json").read_text())["manifests"]
    manifest = json.loads(_blob(layout, entry).read_text())
    assert manifest["config"]["mediaType"] == "application/vnd.aquasec.trivy.config.v1+json"
    assert manifest["annotations"]["airflow-images.test-data"] == "true"
    assert "no real vulnerability data" in manifest["annotations"]["org.opencontainers.image.description"]
    (layer,) = manifest["layers"]
    assert layer["mediaType"] == "application/vnd.aquasec.trivy.db.layer.v1.tar+gzip"
    assert layer["annotations"] == {"org.opencontainers.image.title": "db.tar.gz"}
    with tarfile.open(_blob(layout, layer)) as archive:
        assert archive.getnames() == ["metadata.json", "trivy.db"]
        metadata = archive.extractfile("metadata.json")
        assert metadata
        assert metadata.read() == b"2026-05-04T00:00:00Z\n"


def test_each_day_has_a_database_of_its_own() -> None:
    before = datetime.now(UTC).date()
    made = database_step()
    assert made.inputs in {database_step(day).inputs for day in (before, datetime.now(UTC).date())}
    assert database_step(_DAY).inputs == database_step(_DAY).inputs
    assert database_step(_DAY).inputs != database_step(date(2026, 5, 5)).inputs


def test_former_days_are_cleared_away(monkeypatch: pytest.MonkeyPatch) -> None:
    _give_program(monkeypatch, _PROGRAM)
    days = [_made(date(2026, 5, day)) for day in (1, 2, 3)]
    removed = prune({part.result for part in (days[-1], *days[-1].needs)})
    assert len(removed) == 1
    assert removed[0] in {days[0].result, days[1].result}
    assert days[-1].done
    assert days[-1].needs[0].done


def test_a_list_that_the_program_refuses_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    _give_program(monkeypatch, "#!/bin/sh\necho 'entry 1: severity' >&2\nexit 1\n")
    with pytest.raises(CommandError, match="ended with exit code 1"):
        _made(_DAY)
    assert not database_step(_DAY).done
    assert "entry 1: severity" in database_step(_DAY).log.read_text()


def test_the_database_is_of_the_library_that_trivy_reads_it_with() -> None:
    library = ADVISORIES.module
    theirs = pins.module_version(TRIVY.folder / "go.mod", library)
    assert pins.module_version(ADVISORIES.folder / "go.mod", library) == theirs


def test_the_name_has_no_registry_in_it() -> None:
    first = advisories.IMAGE.path.partition("/")[0]
    assert first not in pins.registries()
    assert not re.search(r"[.:]", first)


@pytest.mark.parametrize("advisory", _LIST, ids=lambda advisory: advisory["id"])
def test_an_advisory_says_that_it_is_made_up(advisory: dict[str, Any]) -> None:
    assert re.fullmatch(r"CVE-2026-9\d{4}", advisory["id"])
    assert advisory["title"].startswith("made up for tests: ")


def test_advisories_are_about_packages_that_images_have() -> None:
    def packages(dag_type: str) -> set[str]:
        lock = tomllib.loads((PROJECT / "images" / dag_type / "pylock.toml").read_text())
        return {package["name"] for package in lock["packages"]}

    pinned = pins.images()["airflow"]
    base = set(releases.images(pinned)[pinned].packages())
    found = {
        (advisory["severity"], bool(advisory.get("patched"))): advisory["package"]
        for advisory in _LIST
        if advisory["ecosystem"] == "pip"
    }
    assert found["LOW", True] in packages("salesforce") - packages("dbt") - base
    assert found["MEDIUM", True] in packages("dbt") - packages("salesforce") - base
    assert {found["HIGH", False], found["HIGH", True]} <= base
