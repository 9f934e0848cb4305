"""The statements about an image that was pushed, and the size that the public log allows."""

import asyncio
import json
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

import pytest

from ci.attest.documents import PlatformImage, PushedType, Run, attested_images
from ci.attest.sbom import create, document
from ci.attest.statements import CYCLONEDX, PROVENANCE, SCAN, SIGNATURE
from ci.checks.scan.scan import ScannedImage
from ci.config.publish import Organisation
from ci.config.revision import SourceInfo
from ci.errors import Fault
from ci.image.built import Taken
from ci.image.oci import Json

from ..sboms import CYCLONEDX as DOCUMENT
from ..sboms import SUBJECT
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
WHOLE = document.normalise(DOCUMENT, SUBJECT)


@pytest.fixture(autouse=True)
def trivy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give documents that Trivy wrote once: the real one runs in the engine."""

    async def cyclonedx(*_: object, **__: object) -> str:
        return WHOLE

    monkeypatch.setattr(create, "cyclonedx", cyclonedx)


def said(*, logged: bool) -> dict[str, Json]:
    """Return the predicates about an image of one platform."""
    image = SimpleNamespace(
        base=BASE, lock=LOCK, digest=SUBJECT.digest, platform="linux/amd64", taken=Taken()
    )
    scanned = ScannedImage(verdict=verdict(), analysis=cast("Any", object()))
    pushed = PushedType(
        dag_type="salesforce",
        repository=SUBJECT.name,
        digest=SUBJECT.digest,
        images={"linux/amd64": PlatformImage(image=cast("Any", image), scanned=scanned)},
        forced="",
        workflow=None,
        logged=logged,
    )
    (one,) = asyncio.run(attested_images(pushed, SOURCES, RUN))
    return {kind: json.loads(text)["predicate"] for kind, text in one.statements.items()}


def test_all_that_can_be_said_is_said() -> None:
    for logged in (True, False):
        predicates = said(logged=logged)
        assert set(predicates) == {SIGNATURE, PROVENANCE, CYCLONEDX, SCAN}
        assert predicates[CYCLONEDX] == json.loads(WHOLE)


def test_an_sbom_too_large_for_the_public_log_is_refused_where_a_log_is_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(document, "LARGEST", 100)
    with pytest.raises(Fault, match=r"the public log takes at most 100\. Sign with a key \(--signing-key\)"):
        said(logged=True)
    assert said(logged=False)[CYCLONEDX] == json.loads(WHOLE)
