"""PurlPackage URLs, as scanners write them for packages and provenance for images."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packageurl import PackageURL

from ci.attest.sbom.purl import PurlPackage, docker, docker_name, oci, package

DIGEST = f"sha256:{'0' * 64}"
HOSTS = ("docker.io", "ghcr.io", "localhost:5000", "127.0.0.1:5000")


@pytest.mark.parametrize(
    ("purl", "expected"),
    [
        ("pkg:pypi/psycopg-binary@3.3.2", PurlPackage("pypi", "psycopg-binary", "3.3.2")),
        ("pkg:pypi/Psycopg_Binary@3.3.2", PurlPackage("pypi", "psycopg-binary", "3.3.2")),
        ("pkg:PyPI/a@1.0%2Blocal", PurlPackage("pypi", "a", "1.0+local")),
        ("pkg:deb/debian/jq@1.7-6?arch=amd64&distro=debian-13", PurlPackage("deb", "debian/jq", "1.7-6")),
        ("pkg:deb/debian/login@4.16?arch=amd64&epoch=1", PurlPackage("deb", "debian/login", "1:4.16")),
        ("pkg:deb/debian/login@1%3A4.16?epoch=1", PurlPackage("deb", "debian/login", "1:4.16")),
        ("pkg:deb/debian/login@1:4.16", PurlPackage("deb", "debian/login", "1:4.16")),
        ("pkg:npm/%40scope/a@1", PurlPackage("npm", "@scope/a", "1")),
        ("pkg:golang/example.com/demo", PurlPackage("golang", "example.com/demo", "")),
        ("pkg:golang/example.com/demo@v1#sub/path", PurlPackage("golang", "example.com/demo", "v1")),
        *((text, None) for text in ("", "pkg:", "pkg:pypi", "pkg:pypi/@1", "https://example.com/a@1")),
    ],
)
def test_a_purl_names_a_package(purl: str, expected: PurlPackage | None) -> None:
    assert package(purl) == expected


def test_only_an_image_has_an_image_purl_and_a_package_is_shown_in_one_line() -> None:
    assert oci("ghcr.io/acme/dags-a", DIGEST) == f"pkg:oci/dags-a@{DIGEST}?repository_url=ghcr.io/acme/dags-a"
    assert docker_name("pkg:pypi/a@1") == docker_name("nonsense") == ""
    assert str(PurlPackage("deb", "debian/jq", "1.7")) == "deb debian/jq 1.7"
    assert str(PurlPackage("golang", "a", "")) == "golang a"


@given(st.text())
def test_no_text_breaks_the_reader(text: str) -> None:
    for each in (text, f"pkg:{text}", f"pkg:docker/{text}"):
        found = package(each)
        assert found is None or found.name
        assert isinstance(docker_name(each), str)


@pytest.mark.parametrize(
    ("repository", "tag", "expected"),
    [
        ("docker.io/apache/airflow", "3.1.5", "pkg:docker/apache/airflow@3.1.5"),
        ("docker.io/library/python", "3.13-slim", "pkg:docker/python@3.13-slim"),
        ("ghcr.io/acme/a", "1", "pkg:docker/acme/a@1?repository_url=ghcr.io"),
        ("localhost:5000/a", "1", "pkg:docker/a@1?repository_url=localhost:5000"),
        ("ghcr.io/acme/a", DIGEST, f"pkg:docker/acme/a@{DIGEST}?repository_url=ghcr.io"),
    ],
)
def test_an_image_has_a_docker_purl(repository: str, tag: str, expected: str) -> None:
    assert docker(repository, tag) == expected


NAME = st.from_regex(r"[a-z0-9]+([._-][a-z0-9]+)?(/[a-z0-9]+)?", fullmatch=True)
TAG = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,20}", fullmatch=True)


@given(st.sampled_from(HOSTS), NAME, TAG)
def test_the_specifications_own_library_writes_the_same(host: str, path: str, tag: str) -> None:
    for purl in (docker(f"{host}/{path}", tag), oci(f"{host}/{path}", DIGEST)):
        assert PackageURL.from_string(purl).to_string() == purl


@given(st.sampled_from(HOSTS), NAME, TAG)
def test_a_docker_purl_leads_back_to_the_image(host: str, path: str, tag: str) -> None:
    path = path if "/" in path or host != "docker.io" else f"library/{path}"
    assert docker_name(docker(f"{host}/{path}", tag)) == f"{host}/{path}:{tag}"
    assert docker_name(docker(f"{host}/{path}", DIGEST)) == f"{host}/{path}"
