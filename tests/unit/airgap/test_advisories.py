"""The vulnerability database for tests: when it is made, what is in the artifact, and its advisories."""

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

from .layouts import blob, manifest

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


def test_the_artifact_is_as_trivy_expects_it(monkeypatch: pytest.MonkeyPatch) -> None:
    _give_program(monkeypatch, _PROGRAM)
    layout = _made(_DAY).result
    assert sorted(path.name for path in layout.iterdir()) == ["blobs", "index.json", "oci-layout"]
    content = manifest(layout)
    assert content["config"]["mediaType"] == "application/vnd.aquasec.trivy.config.v1+json"
    assert content["annotations"]["airflow-images.test-data"] == "true"
    assert "no real vulnerability data" in content["annotations"]["org.opencontainers.image.description"]
    (layer,) = content["layers"]
    assert layer["mediaType"] == "application/vnd.aquasec.trivy.db.layer.v1.tar+gzip"
    assert layer["annotations"] == {"org.opencontainers.image.title": "db.tar.gz"}
    with tarfile.open(blob(layout, layer)) as archive:
        assert archive.getnames() == ["metadata.json", "trivy.db"]
        metadata = archive.extractfile("metadata.json")
        assert metadata
        assert metadata.read() == b"2026-05-04T00:00:00Z\n"


def test_every_day_has_its_own_database_and_former_ones_go(monkeypatch: pytest.MonkeyPatch) -> None:
    before = datetime.now(UTC).date()
    today = database_step().inputs
    assert today in {database_step(day).inputs for day in (before, datetime.now(UTC).date())}
    assert database_step(_DAY).inputs == database_step(_DAY).inputs
    _give_program(monkeypatch, _PROGRAM)
    days = [_made(date(2026, 5, day)) for day in (1, 2, 3)]
    (removed,) = prune({part.result for part in (days[-1], *days[-1].needs)})
    assert removed in {days[0].result, days[1].result}
    assert (days[-1].done, days[-1].needs[0].done) == (True, True)


def test_a_list_that_the_program_refuses_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    _give_program(monkeypatch, "#!/bin/sh\necho 'entry 1: severity' >&2\nexit 1\n")
    with pytest.raises(CommandError, match="ended with exit code 1"):
        _made(_DAY)
    assert not database_step(_DAY).done
    assert "entry 1: severity" in database_step(_DAY).log.read_text()


def test_the_library_is_trivys_and_the_name_has_no_registry() -> None:
    theirs = pins.module_version(TRIVY.folder / "go.mod", ADVISORIES.module)
    assert pins.module_version(ADVISORIES.folder / "go.mod", ADVISORIES.module) == theirs
    first = advisories.IMAGE.path.partition("/")[0]
    assert first not in pins.registries()
    assert not re.search(r"[.:]", first)


def test_advisories_say_that_they_are_made_up_and_are_about_packages_that_images_have() -> None:
    def packages(dag_type: str) -> set[str]:
        lock = tomllib.loads((PROJECT / "images" / dag_type / "pylock.toml").read_text())
        return {package["name"] for package in lock["packages"]}

    for advisory in _LIST:
        assert re.fullmatch(r"CVE-2026-9\d{4}", advisory["id"])
        assert advisory["title"].startswith("made up for tests: "), advisory["id"]
    pinned = pins.images()["airflow"]
    base = set(releases.images(pinned)[pinned].packages())
    of_pip = [advisory for advisory in _LIST if advisory["ecosystem"] == "pip"]
    affected = {(each["severity"], bool(each.get("patched"))): each["package"] for each in of_pip}
    assert affected["LOW", True] in packages("salesforce") - packages("dbt") - base
    assert affected["MEDIUM", True] in packages("dbt") - packages("salesforce") - base
    assert {affected["HIGH", False], affected["HIGH", True]} <= base
