"""What is said of an image that was pushed: made smaller for the public log, and for nothing else."""

import asyncio
import json
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

import pytest

from ci.attest.documents import Made, Pushed, Run, subjects
from ci.attest.sbom import create, document
from ci.attest.statements import CYCLONEDX, PROVENANCE, SCAN, SIGNATURE, SPDX
from ci.checks.scan.scan import Scanned
from ci.config.publish import Organisation
from ci.config.revision import SourceInfo
from ci.errors import Fault
from ci.image.oci import Json

from ..sboms import DOCUMENTS, SUBJECT
from ..tag_cases import CLEAN
from ..verdicts import verdict
from .test_provenance import BASE, LOCK, ORIGIN, TRIVY

RUN = Run(
    started=datetime(2026, 1, 2, tzinfo=UTC),
    invocation=UUID("11111111-2222-4333-8444-555555555555"),
    tools={"trivy": TRIVY},
    dagger="v0.21.8",
    ref="",
)
SOURCES = SourceInfo(revision=CLEAN, origin=ORIGIN, organisation=Organisation())
WHOLE = {form: document.normalise(text, SUBJECT) for form, text in DOCUMENTS.items()}


@pytest.fixture(autouse=True)
def trivy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give documents that Trivy wrote once: the real one runs in the engine."""

    async def whole(*given: object, **_: object) -> str:
        return WHOLE[str(given[2])]

    monkeypatch.setattr(create, "whole", whole)


def said(*, logged: bool) -> dict[str, Json]:
    """The predicates about an image of one platform."""
    image = SimpleNamespace(base=BASE, lock=LOCK, digest=SUBJECT.digest, platform=lambda: "linux/amd64")
    scanned = Scanned(verdict=verdict(), read=cast("Any", object()))
    pushed = Pushed(
        dag_type="salesforce",
        repository=SUBJECT.name,
        digest=SUBJECT.digest,
        made={"linux/amd64": Made(image=cast("Any", image), scanned=scanned)},
        forced="",
        workflow=None,
        logged=logged,
    )
    (one,) = asyncio.run(subjects(pushed, SOURCES, RUN))
    return {kind: json.loads(text)["predicate"] for kind, text in one.statements.items()}


@pytest.mark.parametrize("logged", [True, False])
def test_all_that_can_be_said_is_said(logged: bool) -> None:  # noqa: FBT001 - a column
    found = said(logged=logged)
    assert set(found) == {SIGNATURE, PROVENANCE, CYCLONEDX, SPDX, SCAN}
    assert {form: found[form] for form in WHOLE} == {form: json.loads(text) for form, text in WHOLE.items()}


def test_for_the_public_log_a_bill_is_made_smaller_and_for_a_key_nothing_is_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(document, "LARGEST", min(map(document.size, WHOLE.values())) - 1)
    smaller, whole = said(logged=True), said(logged=False)
    for form, text in WHOLE.items():
        assert whole[form] == json.loads(text)
        assert smaller[form] != whole[form]
        assert document.packages(json.dumps(smaller[form])) == document.packages(text)


def test_what_no_log_takes_is_refused_where_one_is_to_take_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document, "LARGEST", 100)
    with pytest.raises(Fault, match=r"the public log takes 100 .*: sign by a key \(--signing-key\)"):
        said(logged=True)
    assert said(logged=False)[SPDX] == json.loads(WHOLE[SPDX])
