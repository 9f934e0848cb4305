"""SBOMs: equal images give equal bytes, all packages are named, and an invalid SBOM is refused."""

import json
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci.attest.sbom import document
from ci.attest.sbom.document import LARGEST, LOG_ENTRY, check_log_size, missing, normalise, packages, size
from ci.attest.sbom.graph import SbomSubject
from ci.attest.sbom.purl import PurlPackage
from ci.errors import ConfigurationError, StepError

from ...sboms import CYCLONEDX, PATH, SUBJECT, another_run, made, mistakes

PACKAGES = {
    PurlPackage("deb", "debian/jq", "1.7.1-6"),
    PurlPackage("deb", "debian/libc6", "2.41-12"),
    PurlPackage("deb", "debian/login", "1:4.16.0-2"),
    PurlPackage("golang", "example.com/demo", ""),
    PurlPackage("golang", "stdlib", "v1.26.8"),
    PurlPackage("pypi", "jinja2", "3.1.6"),
    PurlPackage("pypi", "lxml", "6.0.2"),
}

runs = st.integers().map(Random)  # uuids never repeat in it


def test_what_trivy_wrote_is_valid_and_stays_so() -> None:
    assert not mistakes(CYCLONEDX)
    once = normalise(CYCLONEDX, SUBJECT)
    assert not mistakes(once)
    assert normalise(once, SUBJECT) == once


@given(runs, st.sampled_from(["/tmp/b", "img", "sha256"]))  # noqa: S108 - a path that is never opened
def test_another_run_on_the_same_image_gives_the_same_bytes(chance: Random, path: str) -> None:
    other = another_run(CYCLONEDX, path, "2031-12-31T23:59:59Z", chance)
    assert other != CYCLONEDX
    assert normalise(other, SUBJECT) == normalise(CYCLONEDX, SUBJECT)


def test_nothing_tells_of_the_path_or_the_moment_or_the_way_the_image_was_found() -> None:
    found = normalise(CYCLONEDX, SUBJECT)
    assert PATH in CYCLONEDX
    assert [part for part in (PATH, made(json.loads(CYCLONEDX))) if part in found] == []
    assert SUBJECT.created in found
    how = 'trivy:ImageID","value":"'
    for note in ("RepoTag", "RepoDigest", "Reference"):
        told = CYCLONEDX.replace(how, how.replace("ImageID", note))
        assert told != CYCLONEDX
        assert note not in normalise(told, SUBJECT)


def test_the_image_is_called_by_its_reference_and_by_a_purl_where_it_is_published() -> None:
    whole = json.loads(normalise(CYCLONEDX, SUBJECT))
    assert whole["metadata"]["component"]["name"] == f"ghcr.io/acme/dags-demo@{SUBJECT.digest}"
    assert f"pkg:oci/dags-demo@{SUBJECT.digest}?repository_url=ghcr.io/acme/dags-demo" in str(whole)
    other = SbomSubject(name="demo", digest=f"sha256:{'b' * 64}", created=SUBJECT.created)
    local = normalise(CYCLONEDX, other)
    assert "pkg:oci/" not in local
    assert other.reference in local
    assert json.loads(local)["serialNumber"] != whole["serialNumber"]
    assert not mistakes(local)


def test_every_reference_of_cyclonedx_leads_to_a_component() -> None:
    whole = json.loads(normalise(CYCLONEDX, SUBJECT))
    references = [each["bom-ref"] for each in [whole["metadata"]["component"], *whole["components"]]]
    assert len(references) == len(set(references)) == len(whole["dependencies"])
    named = {ref for each in whole["dependencies"] for ref in [each["ref"], *each["dependsOn"]]}
    assert named == set(references)


def test_all_packages_are_named_also_inside_of_others_and_what_is_missing() -> None:
    assert packages(CYCLONEDX) == packages(normalise(CYCLONEDX, SUBJECT)) == PACKAGES
    inner = {"components": [{"purl": "pkg:npm/%40scope/a@1"}, {"purl": "pkg:pypi/b@2"}]}
    one, two = PurlPackage("npm", "@scope/a", "1"), PurlPackage("pypi", "b", "2")
    assert packages(json.dumps({"bomFormat": "CycloneDX", "components": [inner]})) == {one, two}
    assert missing({one}, {two, one}) == (two,)
    assert missing({one, two}, {one}) == ()


@pytest.mark.parametrize(
    "text",
    [
        *("", "[]", "{}", '"a"', "{", "[" * 100_000, '{"spdxVersion": "SPDX-2.3", "packages": []}'),
        *('{"bomFormat": "SPDX"}', '{"bomFormat": "CycloneDX"}'),
        *('{"bomFormat": "CycloneDX", "metadata": []}', '{"bomFormat": "CycloneDX", "components": 1}'),
    ],
    ids=lambda text: str(text)[:40],
)
def test_what_is_no_sbom_is_told_in_words(text: str) -> None:
    with pytest.raises(StepError, match=r"cannot read the SBOM: .*; expected CycloneDX 1\.6 as JSON"):
        normalise(text, SUBJECT)


def test_reading_packages_of_a_broken_document_is_told_in_words() -> None:
    for broken in (1, [1]):
        with pytest.raises(StepError, match="cannot read the SBOM"):
            packages(json.dumps({"bomFormat": "CycloneDX", "components": broken}))


def test_the_largest_document_fills_an_entry_of_the_log_with_signs_as_signers_escape_them() -> None:
    in_base64 = (LARGEST + 2) // 3 * 4
    assert 3_400_000 < in_base64 < LOG_ENTRY
    assert size('"<a&b>"') == len(r'"\u003ca\u0026b\u003e"')
    assert size('"é"') == 4


def test_a_document_that_the_log_would_refuse_is_refused_with_its_size(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = normalise(CYCLONEDX, SUBJECT)
    check_log_size(text)
    monkeypatch.setattr(document, "LARGEST", size(text))
    check_log_size(text)
    monkeypatch.setattr(document, "LARGEST", size(text) - 1)
    message = rf"has {size(text)} bytes; the public log takes at most {size(text) - 1}\. Sign with a key"
    with pytest.raises(ConfigurationError, match=message):
        check_log_size(text)
