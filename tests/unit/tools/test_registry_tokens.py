"""Where the token of a run of GitHub Actions may go."""

from ci.tools.registry import misdirected

RUN = "ghs_0123456789abcdef"


def test_the_token_of_a_run_goes_to_the_registries_of_github_and_to_this_machine() -> None:
    hosts = "ghcr.io docker.pkg.github.com containers.acme.ghe.com localhost:5000 127.0.0.1:1"
    assert [host for host in hosts.split() if misdirected(RUN, host)] == []
    theirs = ["", "ghp_0123456789abcdef", "glpat-0123456789", "a password"]  # a user made them
    assert [token for token in theirs if misdirected(token, "registry.example")] == []


def test_it_goes_nowhere_else() -> None:
    wrong = "evil.example ghcr.io.evil.example ghcr.io:444 evil-ghcr.io containers.acme.ghe.com.evil.example"
    for host in (*wrong.split(), "containers.evil.example", "registry.gitlab.com"):
        told = misdirected(RUN, host)
        assert host in told
        assert "REGISTRY_TOKEN" in told
        assert RUN not in told
