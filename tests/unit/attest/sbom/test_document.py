"""SBOMs: equal images give equal bytes, all packages are named, and what is no SBOM is refused in words."""

import json
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci.attest.sbom.document import missing, normalise, packages
from ci.attest.sbom.graph import Subject
from ci.attest.sbom.purl import Package
from ci.errors import StepError

from ...sboms import CYCLONEDX, DOCUMENTS, PATH, SPDX, SUBJECT, another_run, made, mistakes

PACKAGES = {
    Package("deb", "debian/jq", "1.7.1-6"),
    Package("deb", "debian/libc6", "2.41-12"),
    Package("deb", "debian/login", "1:4.16.0-2"),
    Package("golang", "example.com/demo", ""),
    Package("golang", "stdlib", "v1.26.8"),
    Package("pypi", "jinja2", "3.1.6"),
    Package("pypi", "lxml", "6.0.2"),
}

of_both = pytest.mark.parametrize("kind", DOCUMENTS)
runs = st.integers().map(Random)  # uuids never repeat in it


@of_both
def test_what_trivy_wrote_is_valid_and_stays_so(kind: str) -> None:
    text = DOCUMENTS[kind]
    assert not mistakes(text)
    assert not mistakes(normalise(text, SUBJECT))


@of_both
@given(runs, st.sampled_from(["/tmp/b", "img", "sha256"]))  # noqa: S108 - a path that is never opened
def test_another_run_on_the_same_image_gives_the_same_bytes(kind: str, chance: Random, path: str) -> None:
    text = DOCUMENTS[kind]
    other = another_run(text, path, "2031-12-31T23:59:59Z", chance)
    assert other != text
    assert normalise(other, SUBJECT) == normalise(text, SUBJECT)


@of_both
def test_normalising_twice_changes_nothing_more(kind: str) -> None:
    text = DOCUMENTS[kind]
    once = normalise(text, SUBJECT)
    assert normalise(once, SUBJECT) == once


@of_both
def test_nothing_tells_of_the_path_or_the_moment(kind: str) -> None:
    text = DOCUMENTS[kind]
    found = normalise(text, SUBJECT)
    assert PATH in text
    assert PATH not in found
    assert made(json.loads(text)) not in found
    assert SUBJECT.created in found


@of_both
def test_the_image_is_called_by_its_reference(kind: str) -> None:
    text = DOCUMENTS[kind]
    document = json.loads(normalise(text, SUBJECT))
    shown = document.get("name") or document["metadata"]["component"]["name"]
    assert shown == f"ghcr.io/acme/dags-demo@{SUBJECT.digest}"
    assert f"pkg:oci/dags-demo@{SUBJECT.digest}?repository_url=ghcr.io/acme/dags-demo" in str(document)


@of_both
def test_an_image_that_is_published_nowhere_has_no_purl(kind: str) -> None:
    text = DOCUMENTS[kind]
    here = Subject(name="demo", digest=SUBJECT.digest, created=SUBJECT.created)
    found = normalise(text, here)
    assert "pkg:oci/" not in found
    assert f"demo@{here.digest}" in found
    assert not mistakes(found)


@of_both
def test_the_way_the_scanner_found_the_image_leaves_no_trace(kind: str) -> None:
    text = DOCUMENTS[kind]
    how = {"cyclonedx": 'trivy:ImageID","value":"', "spdx": "ImageID: "}[kind]
    for note in ("RepoTag", "RepoDigest", "Reference"):
        told = text.replace(how, how.replace("ImageID", note))
        assert told != text
        assert note not in normalise(told, SUBJECT)


def test_what_is_said_twice_is_said_once() -> None:
    document = json.loads(SPDX)
    for key in ("packages", "files", "relationships", "hasExtractedLicensingInfos"):
        document[key] *= 2
    assert normalise(json.dumps(document), SUBJECT) == normalise(SPDX, SUBJECT)


@of_both
def test_two_images_never_share_an_identifier(kind: str) -> None:
    text = DOCUMENTS[kind]
    other = Subject(name=SUBJECT.name, digest=f"sha256:{'b' * 64}", created=SUBJECT.created)
    one, two = (json.loads(normalise(text, each)) for each in (SUBJECT, other))
    key = "serialNumber" if "bomFormat" in one else "documentNamespace"
    assert one[key] != two[key]


def test_every_reference_of_cyclonedx_leads_to_a_component() -> None:
    document = json.loads(normalise(CYCLONEDX, SUBJECT))
    references = [each["bom-ref"] for each in [document["metadata"]["component"], *document["components"]]]
    assert len(references) == len(set(references)) == len(document["dependencies"])
    assert {ref for each in document["dependencies"] for ref in [each["ref"], *each["dependsOn"]]} == {
        *references
    }


@of_both
def test_packages_are_those_of_both_formats(kind: str) -> None:
    text = DOCUMENTS[kind]
    assert packages(text) == packages(normalise(text, SUBJECT)) == PACKAGES


def test_packages_inside_of_others_count() -> None:
    inner = {"components": [{"purl": "pkg:npm/%40scope/a@1"}]}
    assert packages(json.dumps({"bomFormat": "CycloneDX", "components": [inner]})) == {
        Package("npm", "@scope/a", "1")
    }


def test_missing_names_what_was_not_attested() -> None:
    one, two = Package("pypi", "a", "1"), Package("pypi", "b", "2")
    assert missing({one}, {two, one}) == (two,)
    assert missing({one, two}, {one}) == ()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '"a"',
        "{",
        '{"bomFormat": "SPDX"}',
        '{"bomFormat": "CycloneDX"}',
        '{"bomFormat": "CycloneDX", "metadata": []}',
        '{"bomFormat": "CycloneDX", "components": 1}',
        '{"spdxVersion": "SPDX-2.3", "packages": [1]}',
        '{"spdxVersion": "SPDX-2.3", "packages": [{"externalRefs": [{"referenceType": "purl"}]}]}',
        "[" * 100_000,
        SPDX.replace("DESCRIBES", "CONTAINS"),
    ],
    ids=lambda text: str(text)[:40],
)
def test_what_is_no_sbom_is_told_in_words(text: str) -> None:
    with pytest.raises(StepError, match=r"the SBOM can't be read: .*expected CycloneDX 1\.6 or SPDX 2\.3"):
        normalise(text, SUBJECT)


def test_reading_packages_of_a_broken_document_is_told_in_words() -> None:
    for broken in (
        '{"bomFormat": "CycloneDX", "components": [{"purl": 1}]}',
        '{"spdxVersion": "SPDX-2.3", "packages": 1}',
    ):
        with pytest.raises(StepError, match="the SBOM can't be read"):
            packages(broken)
