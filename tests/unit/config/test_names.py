"""Names of images: the remote of the sources, the pattern filled in, references as users write them."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci.config.names import Names, hex_digits, is_loopback, is_tag, names, reference
from ci.config.publish import FILE, parse
from ci.config.revision import Origin, origin
from ci.errors import ConfigurationError
from ci.publish.versions import version

from ..refusals import refusal

WEB = "https://github.com/acme/dags"
ACME = Origin(owner="acme", repo="dags", web=WEB)
DIGEST = "sha256:" + "0" * 64
ONE_PACKAGE = "ghcr.io/{owner}/de-airflow-pipeline:{dag}-{version}"
# As a password may be typed into a remote's address; a slash ends what is before the host.
SECRETS = st.text(st.characters(exclude_characters="/", exclude_categories=["Cs"]), min_size=1, max_size=8)


def named(pattern: str = "", registry: str = "", owner: str = "", result: Origin | None = ACME) -> Names:
    settings = parse(f'[publish]\nreference = "{pattern}"' if pattern else None)
    return names(settings, registry, owner, result)


def problems_of(
    pattern: str = "", registry: str = "", owner: str = "", result: Origin | None = ACME
) -> tuple[str, ...]:
    return refusal(named, pattern, registry, owner, result)


@pytest.mark.parametrize(
    ("remote", "owner", "web"),
    [
        *((f"{WEB}{end}", "acme", WEB) for end in ("", ".git", "/", ".git/", "//")),
        *((f"https://{user}@github.com/acme/dags.git", "acme", WEB) for user in ("ghp", "me:a", "me:a@b")),
        ("https://git.example:8443/acme/dags.git", "acme", "https://git.example:8443/acme/dags"),
        ("https://me:secret@git.example:8443/acme/dags", "acme", "https://git.example:8443/acme/dags"),
        ("http://git.local:3000/acme/dags", "acme", "http://git.local:3000/acme/dags"),
        ("git://github.com/acme/dags.git", "acme", WEB),
        ("ssh://git@github.com/acme/dags.git", "acme", WEB),
        ("ssh://github.com/acme/dags", "acme", WEB),
        ("ssh://git@github.com:2222/acme/dags.git", "acme", WEB),
        *((f"git@github.com:acme/dags{end}", "acme", WEB) for end in ("", ".git", "/")),
        ("github.com:acme/dags.git", "acme", WEB),
        ("me@corp.example@github.com:acme/dags.git", "acme", WEB),
        ("https://gitlab.com/a/b/c/dags.git", "a/b/c", "https://gitlab.com/a/b/c/dags"),
        ("git@gitlab.com:a/b/dags.git", "a/b", "https://gitlab.com/a/b/dags"),
        ("https://github.com/Acme/dags", "Acme", "https://github.com/Acme/dags"),
    ],
)
def test_a_remote_tells_owner_repository_and_address(remote: str, owner: str, web: str) -> None:
    assert origin(remote) == Origin(owner=owner, repo="dags", web=web)


def test_a_name_may_have_dots_and_git_in_it() -> None:
    assert origin("git@github.com:acme/acme.github.io.git") == Origin(
        owner="acme", repo="acme.github.io", web="https://github.com/acme/acme.github.io"
    )


NO_ORIGINS = (
    *(None, "", "/srv/git/dags.git", "../dags", "dags", "file:///srv/git/dags.git", "C:/code/acme/dags"),
    *(r"C:\code\acme\dags", r"\\server\acme\dags", "git@host:/srv/git/dags.git", "https://github.com/dags"),
    *("https://github.com//dags", "https://github.com/", "git@github.com:dags.git"),
    *("https://github.com/acme/dags?token=secret", "https://github.com/acme/dags#secret"),
    *("https://me:12/secret@github.com/acme/dags", "me:secret@github.com:acme/dags"),
)


@pytest.mark.parametrize("remote", NO_ORIGINS)
def test_what_has_no_owner_on_a_host_is_no_origin(remote: str | None) -> None:
    assert origin(remote) is None


@given(user=SECRETS, password=SECRETS, form=st.sampled_from(["https://{}@", "ssh://{}@"]))
def test_no_credentials_get_into_an_origin(user: str, password: str, form: str) -> None:
    assert origin(f"{form.format(f'{user}:{password}')}github.com/acme/dags.git") == ACME


def test_by_default_each_type_has_a_repository_of_its_own() -> None:
    result = named()
    assert result.repository("salesforce") == "ghcr.io/acme/de-airflow-pipeline-salesforce"
    assert result.tag("salesforce", "v1.2.3") == "v1.2.3"


def test_one_package_for_all_types_is_a_matter_of_configuration() -> None:
    result = named(ONE_PACKAGE)
    assert result.repository("api") == result.repository("dbt") == "ghcr.io/acme/de-airflow-pipeline"
    assert result.tag("api", "main") == "api-main"
    assert result.version("api", "api-main") == "main"
    assert result.version("dbt", "api-main") is None


@pytest.mark.parametrize(
    ("pattern", "registry", "repository"),
    [
        ("", "127.0.0.1:5000", "127.0.0.1:5000/acme/de-airflow-pipeline-api"),
        ("", "127.0.0.1:5000/", "127.0.0.1:5000/acme/de-airflow-pipeline-api"),
        ("", "localhost", "localhost/acme/de-airflow-pipeline-api"),
        ("", "[::1]:5000", "[::1]:5000/acme/de-airflow-pipeline-api"),
        ("", "harbor.example/a/b", "harbor.example/a/b/acme/de-airflow-pipeline-api"),
        ("", "harbor.example:8443/a", "harbor.example:8443/a/acme/de-airflow-pipeline-api"),
        ("r.example/{owner}/{repo}/{dag}:{version}", "", "r.example/acme/dags/api"),
        ("localhost:5000/{dag}:{version}", "", "localhost:5000/api"),
        ("localhost:5000/{dag}:{version}", "ghcr.io", "ghcr.io/api"),
    ],
)
def test_a_registry_may_be_given_in_place_of_the_patterns(
    pattern: str, registry: str, repository: str
) -> None:
    assert named(pattern, registry).repository("api") == repository


def test_an_owner_in_capitals_is_written_small_in_a_repository_alone() -> None:
    result = Origin(owner="Acme", repo="Dags", web="")
    called = named("ghcr.io/{owner}/{repo}-{dag}:{owner}-{version}", result=result)
    assert called.repository("api") == "ghcr.io/acme/dags-api"
    assert called.tag("api", "main") == "Acme-main"
    assert named(owner="Other", result=result).repository("api").startswith("ghcr.io/other/")


def test_what_no_placeholder_asks_for_may_be_missing_and_subgroups_stay() -> None:
    assert named("localhost:5000/{dag}:{version}", result=None).repository("a") == "localhost:5000/a"
    assert named(owner="acme", result=None).repository("api") == "ghcr.io/acme/de-airflow-pipeline-api"
    assert named(result=origin("git@gitlab.com:a/b/dags.git")).path.startswith("a/b/")


@pytest.mark.parametrize(
    ("registry", "hint"),
    [
        *((f"{scheme}://ghcr.io", "one without https://") for scheme in ("https", "http")),
        *(
            (registry, "one like ghcr.io or 127.0.0.1:5000")
            for registry in ("ghcr", "ghcr/io.x", "gh cr.io", "ghcr.io:port", "-ghcr.io", "me@ghcr.io")
        ),
    ],
)
def test_what_is_no_registry_is_reported(registry: str, hint: str) -> None:
    assert problems_of(registry=registry) == (f"--registry {registry!r}: invalid registry; expected {hint}",)
    pattern = "https://ghcr.io/{owner}/{dag}:{version}"
    assert problems_of(pattern) == (f"{FILE}: {pattern!r}: invalid registry; expected one without https://",)


def test_a_missing_owner_and_repository_are_both_reported() -> None:
    owner, repo = problems_of("ghcr.io/{owner}/{repo}/{dag}:{version}", result=None)
    assert owner.endswith("{owner} is unknown: give --owner, or add a git remote 'origin'")
    assert "{repo} is unknown: add a git remote 'origin', or remove {repo}" in repo


@pytest.mark.parametrize("owner", ["a b", "-a", "a..b", "ä", "_git", "a/", "a:b"])
def test_an_owner_that_no_repository_may_have_is_reported(owner: str) -> None:
    (problem,) = problems_of(owner=owner)
    assert problem.startswith(f"invalid repository '{owner}/de-airflow-pipeline-{{dag}}'; expected ")
    assert problem.endswith(f"check --owner and {FILE}")


@pytest.mark.parametrize("tag", ["v" * 129, "-v1", ".v1", "a/b", "a+b", ""])
def test_a_tag_that_no_registry_takes_is_reported(tag: str) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(f"invalid tag {tag!r}; expected ")):
        named().tag("api", tag)
    assert not is_tag(tag)


def test_a_tag_is_as_long_as_a_registry_takes_it_with_all_that_the_pattern_adds() -> None:
    assert len(named().tag("api", "v" * 128)) == 128
    assert len(named(ONE_PACKAGE).tag("api", "v" * 124)) == 128
    with pytest.raises(ConfigurationError, match=f"shorten it in {FILE}"):
        named(ONE_PACKAGE).tag("api", "v" * 125)


@given(
    pattern=st.sampled_from(["{version}", "{dag}-{version}", "{version}_{dag}", "x.{dag}.{version}-y"]),
    dag_type=st.from_regex(r"[a-z0-9]{1,4}([._-][a-z0-9]{1,4})?", fullmatch=True),
    expected=st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,20}", fullmatch=True),
)
def test_a_version_is_read_back_from_its_tag(pattern: str, dag_type: str, expected: str) -> None:
    called = Names(registry="r.example", path="{dag}", tag_pattern=pattern)
    assert called.version(dag_type, called.tag(dag_type, expected)) == expected


@pytest.mark.parametrize("tag", ["api-", "-main", "main", "API-main", "dbt-main", ""])
def test_a_tag_of_another_shape_stands_for_no_version(tag: str) -> None:
    assert named(ONE_PACKAGE).version("api", tag) is None


def test_another_types_tag_is_taken_for_ours_where_its_name_begins_with_ours_and_is_no_release() -> None:
    # Versions are asked for to find greater releases alone: nobody is held back by "b-v9.9.9".
    called = named(ONE_PACKAGE)
    read = [called.version("a", called.tag("a-b", one)) for one in ("main", "v9.9.9")]
    assert read == ["b-main", "b-v9.9.9"]
    assert [version(one or "") for one in read] == [None, None]


@pytest.mark.parametrize(
    ("local", "hosts"),
    [
        (True, ("localhost", "localhost:5000", "127.0.0.1", "127.1.2.3:5000", "[::1]:5000")),
        (False, ("127.0.0.1.evil.example", "localhost.evil.example:5000", "notlocalhost", "ghcr.io")),
        (False, ("192.168.127.0:5000", "")),
    ],
)
def test_loopback_is_ones_own_machine_alone(*, local: bool, hosts: tuple[str, ...]) -> None:
    assert [host for host in hosts if is_loopback(host) is not local] == []


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"ghcr.io/acme/dags@{DIGEST}", f"ghcr.io/acme/dags@{DIGEST}"),
        (f"ghcr.io/acme/dags:v1@{DIGEST}", f"ghcr.io/acme/dags@{DIGEST}"),
        (f"127.0.0.1:5000/dags@{DIGEST}", f"127.0.0.1:5000/dags@{DIGEST}"),
        ("ghcr.io/acme/dags:v1", "ghcr.io/acme/dags:v1"),
        ("localhost/dags:v1", "localhost/dags:v1"),
        ("[::1]:5000/a/b/c:v1", "[::1]:5000/a/b/c:v1"),
    ],
)
def test_a_reference_is_shown_as_registries_take_it(text: str, shown: str) -> None:
    result = reference(text, digest="@" in text)
    assert str(result) == shown
    assert shown.startswith(f"{result.registry}/")


NO_NAMES = ("", "x", "acme/dags:v1", "nginx:1", "https://ghcr.io/a/b:v1", "ghcr.io/:v1")
NO_ENDS = (":.v1", "@", "@sha256:0", f"@{DIGEST.upper()}", f"@{DIGEST}@", ":v1:v2", "/B:v1")
LIKE = "invalid reference; expected one like ghcr.io/owner/name"


@pytest.mark.parametrize(
    ("text", "digest", "problem"),
    [
        *((text, False, LIKE) for text in NO_NAMES),
        *((f"{text}@{DIGEST}", True, LIKE) for text in NO_NAMES),
        *((f"ghcr.io/acme/dags{end}", False, "invalid reference") for end in NO_ENDS),
        *((f"ghcr.io/acme/dags{tag}", True, "use the digest from the output") for tag in (":v1", "")),
        ("ghcr.io/acme/dags", False, "neither tag nor digest: add :tag or @sha256:…"),
    ],
)
def test_what_is_no_reference_is_reported(text: str, *, digest: bool, problem: str) -> None:
    assert problem in refusal(reference, text, digest=digest)[0]


def test_the_hex_digits_of_a_digest_follow_its_algorithm() -> None:
    assert hex_digits("sha256:" + "0" * 64) == "0" * 64
