"""The hashes of a lock in an SBOM: of the file that was installed, where only one can have been."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ci.attest.sbom.document import normalise, packages, with_hashes

from ...sboms import CYCLONEDX, SUBJECT, lock, locked, mistakes

AMD64, ARM64 = "linux/amd64", "linux/arm64"
WHEEL_AMD64 = "lxml-6.0.2-cp313-cp313-manylinux2014_x86_64.whl"
NEWER_AMD64 = "lxml-6.0.2-cp313-cp313-manylinux_2_28_x86_64.whl"
WHEEL_ARM64 = "lxml-6.0.2-cp313-cp313-manylinux2014_aarch64.whl"
PURE = "jinja2-3.1.6-py3-none-any.whl"
SDIST = "lxml-6.0.2.tar.gz"
ONE = {PURE: "aa"}


def hashes(text: str) -> dict[str, list[str]]:
    """Return the SHA-256 of packages, by the package's name; several of one name count."""
    found: dict[str, list[str]] = {}
    for each in json.loads(text)["components"]:
        values = [listed["content"] for listed in each.get("hashes", []) if listed["alg"] == "SHA-256"]
        if values:
            found.setdefault(each["name"], []).extend(values)
    return found


def hashed(*locked_packages: str, platform: str = AMD64) -> dict[str, list[str]]:
    return hashes(with_hashes(normalise(CYCLONEDX, SUBJECT), lock(*locked_packages), platform))


@pytest.mark.parametrize(
    ("files", "platform", "expected"),
    [
        ({WHEEL_AMD64: "11"}, AMD64, ["11"]),
        ({WHEEL_AMD64: "11", SDIST: "33"}, AMD64, ["11"]),
        ({WHEEL_AMD64: "11", SDIST: "33"}, ARM64, ["33"]),
        ({WHEEL_AMD64: "11", WHEEL_ARM64: "22"}, ARM64, ["22"]),
        ({SDIST: "33"}, AMD64, ["33"]),
        ({WHEEL_AMD64: "11", NEWER_AMD64: "44"}, AMD64, []),
        ({WHEEL_AMD64: "11", NEWER_AMD64: "44", SDIST: "33"}, AMD64, []),
        ({WHEEL_ARM64: "22"}, AMD64, []),
        ({}, AMD64, []),
    ],
)
def test_a_hash_is_that_of_the_one_file_that_can_have_been_installed(
    files: dict[str, str], platform: str, expected: list[str]
) -> None:
    found = hashed(locked("Lxml", "6.0.2", files), platform=platform)
    assert found.get("lxml", []) == expected  # the one inside of setuptools has none


def test_a_package_is_found_by_canonical_name_and_version() -> None:
    assert hashed(locked("JINJA2", "3.1.6", ONE)) == {"Jinja2": ["aa"]}
    assert hashed(locked("jinja2", "3.1.5", ONE)) == {}


@pytest.mark.parametrize("file", [PURE, "jinja2-3.1.6.tar.gz"])
def test_a_package_from_an_address_of_its_own_has_the_hash_of_that_file(file: str) -> None:
    archive = f'archive = {{ url = "https://files.example/{file}", hashes = {{ sha256 = "aa" }} }}\n'
    entry = f'[[packages]]\nname = "jinja2"\nversion = "3.1.6"\n{archive}'
    assert hashed(entry) == {"Jinja2": ["aa"]}


def test_the_hash_of_a_metadata_file_does_not_stand_beside_that_of_the_wheel() -> None:
    text = with_hashes(normalise(CYCLONEDX, SUBJECT), lock(locked("jinja2", "3.1.6", ONE)), AMD64)
    (jinja,) = (each for each in json.loads(text)["components"] if each["name"] == "Jinja2")
    assert jinja["hashes"] == [{"alg": "SHA-256", "content": "aa"}]


@settings(max_examples=10)  # the validators are slow
@given(
    st.sets(st.sampled_from(["lxml", "jinja2", "stdlib", "jq"])),
    st.text("0123456789abcdef", min_size=64, max_size=64),
)
def test_hashes_never_change_which_packages_there_are(names: set[str], sha256: str) -> None:
    versions = {"lxml": "6.0.2", "jinja2": "3.1.6", "stdlib": "v1.26.8", "jq": "1.7.1-6"}
    entries = [locked(each, versions[each], {f"{each}-1-py3-none-any.whl": sha256}) for each in sorted(names)]
    before = normalise(CYCLONEDX, SUBJECT)
    after = with_hashes(before, lock(*entries), AMD64)
    assert packages(after) == packages(before)
    shown = {"lxml": "lxml", "jinja2": "Jinja2"}
    assert hashes(after).keys() == {shown[each] for each in names & shown.keys()}
    assert not mistakes(after)
