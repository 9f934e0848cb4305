"""SPDX: what Trivy converted from the CycloneDX document, with the identifier and times of that."""

import json

from ci.attest.sbom.document import delta, normalise, with_hashes
from ci.attest.sbom.spdx import finish
from ci.image.oci import Json

from ...sboms import ADDED, CYCLONEDX, SPDX, SUBJECT, lock, locked, mistakes

HASH = "a" * 64
SOURCE = with_hashes(
    normalise(CYCLONEDX, SUBJECT),
    lock(locked("jinja2", "3.1.6", {"j-1-py3-none-any.whl": HASH})),
    "linux/amd64",
)


def finished(converted: str = SPDX, source: str = SOURCE) -> Json:
    return json.loads(finish(converted, source))


def test_the_document_is_valid_and_keeps_packages_licenses_and_layers() -> None:
    document = finished()
    assert not mistakes(SPDX)
    assert not mistakes(json.dumps(document))
    before = json.loads(SPDX)
    assert document["relationships"] == before["relationships"]
    ids, ids_before = ([each["SPDXID"] for each in found["packages"]] for found in (document, before))
    assert ids == ids_before
    assert ADDED in json.dumps(document["packages"])


def test_another_conversion_gives_the_same_bytes() -> None:
    other = json.loads(SPDX)
    made = other["creationInfo"]["created"]
    other["documentNamespace"] = "http://trivy.dev/container_image/x-1"
    text = json.dumps(other, indent=1).replace(made, "2031-12-31T23:59:59Z")
    assert finish(text, SOURCE) == finish(SPDX, SOURCE)
    assert made not in finish(SPDX, SOURCE)
    assert SUBJECT.created in finish(SPDX, SOURCE)
    assert finished()["name"] == SUBJECT.reference


def test_the_only_checksums_are_those_of_the_lock() -> None:
    assert '"SHA1"' in SPDX  # of METADATA files
    sums = {each["name"]: each["checksums"] for each in finished()["packages"] if "checksums" in each}
    assert sums == {"Jinja2": [{"algorithm": "SHA256", "checksumValue": HASH}]}


def test_a_delta_says_so_and_is_a_document_of_its_own() -> None:
    part = finished(source=delta(SOURCE, [ADDED]))
    assert part["comment"] == f"airflow-images: only layers {ADDED}"
    assert "comment" not in finished()
    assert part["documentNamespace"] != finished()["documentNamespace"]
