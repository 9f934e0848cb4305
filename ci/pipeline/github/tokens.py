"""The token that GitHub makes for each run, and the registries that it is for."""

import re

from ...config import names

# "About authentication to GitHub": a token of an app's installation, which GITHUB_TOKEN is, begins so.
_OF_A_RUN = "ghs_"
# GitHub's container registry, its predecessor, and those of companies on ghe.com.
_REGISTRIES = re.compile(r"ghcr\.io|docker\.pkg\.github\.com|containers\.[a-z0-9-]+\.ghe\.com")


def misdirected(token: str, host: str) -> str:
    """Why a token isn't sent to a registry; empty where it may be.

    A repository names its registry in a file that every pull request can change, and workflows fall back to
    the run's own token where no other is set.

    Args:
        token: as it was given.
        host: host and port of the registry.
    """
    if not token.startswith(_OF_A_RUN) or names.is_loopback(host) or _REGISTRIES.fullmatch(host):
        return ""
    told = f"--token is the one that GitHub made for this run, and {host} is no registry of GitHub's"
    return f"{told}: give that registry's own (in the workflows: the secret REGISTRY_TOKEN)"
