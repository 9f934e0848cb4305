"""Where the token of a run of GitHub Actions may go."""

import pytest

from ci.tools.registry import misdirected

RUN = "ghs_0123456789abcdef"


@pytest.mark.parametrize(
    "host", ["ghcr.io", "docker.pkg.github.com", "containers.acme.ghe.com", "localhost:5000", "127.0.0.1:1"]
)
def test_the_token_of_a_run_goes_to_the_registries_of_github_and_to_this_machine(host: str) -> None:
    assert not misdirected(RUN, host)


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "ghcr.io.evil.example",
        "ghcr.io:444",
        "evil-ghcr.io",
        "containers.acme.ghe.com.evil.example",
        "containers.evil.example",
        "registry.gitlab.com",
    ],
)
def test_it_goes_nowhere_else(host: str) -> None:
    told = misdirected(RUN, host)
    assert host in told
    assert "REGISTRY_TOKEN" in told
    assert RUN not in told


@pytest.mark.parametrize("token", ["", "ghp_0123456789abcdef", "glpat-0123456789", "a password"])
def test_what_a_user_made_goes_where_the_user_says(token: str) -> None:
    assert not misdirected(token, "registry.example")
