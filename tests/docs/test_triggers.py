"""The git tags for which pipelines publish: releases, and no tag such as v1, which moves and is refused."""

import re

import pytest

from .test_links import PROJECT

GITHUB = (".github/workflows/publish.yml", "docs/examples/github-images.yml")
RELEASES = ("v1.2.3", "v10.20.30", "v1.2.3-rc.1", "v1.2.3+5", "api/v1.2.3", "api/v1.2.3-rc.1")
OTHERS = ("v1", "v1.2", "api/v1", "v", "vendor", "latest")


def filtered(pattern: str) -> re.Pattern[str]:
    """Return a filter pattern as GitHub reads it ("Workflow syntax", filter pattern cheat sheet)."""
    parts: list[str] = re.findall(r"\*\*|\[[^]]*\]|.", pattern)
    special: dict[str, str] = {"**": ".*", "*": "[^/]*", "+": "+", "?": "?"}
    return re.compile(
        "".join(special.get(part, part if len(part) > 2 else re.escape(part)) for part in parts)
    )


@pytest.mark.parametrize("file", GITHUB)
def test_github_publishes_for_releases_alone(file: str) -> None:
    (listed,) = re.findall(r"tags: \[(.*?)\]+ *(?:#|\}|$)", (PROJECT / file).read_text(), re.MULTILINE)
    patterns = [filtered(pattern) for pattern in re.findall(r'"([^"]+)"', listed)]
    assert len(patterns) == 2
    matched = {tag for tag in (*RELEASES, *OTHERS) if any(pattern.fullmatch(tag) for pattern in patterns)}
    assert matched == set(RELEASES)


def test_gitlab_publishes_for_releases_alone() -> None:
    text = (PROJECT / "docs/examples/gitlab-ci.yml").read_text()
    (pattern,) = re.findall(r"CI_COMMIT_TAG =~ /(.*)/", text)
    matched = {tag for tag in (*RELEASES, *OTHERS) if re.search(pattern.replace(r"\/", "/"), tag)}
    assert matched == set(RELEASES)
