"""What a repository has: digests and sizes of its images."""

import json

import pytest

from ci.tools.repository_content import RepositoryContent

IMAGE = json.dumps({"layers": [{"size": 5}, {"size": 7}]})


@pytest.mark.parametrize(
    ("manifests", "size"),
    [
        ({}, None),
        ({"latest": IMAGE, "main": "{}"}, 12),
        ({"main": IMAGE}, 12),
        ({"main": '{"manifests": []}'}, None),
    ],
)
def test_the_size_is_that_of_the_first_tag_that_exists(manifests: dict[str, str], size: int | None) -> None:
    assert RepositoryContent(manifests=manifests).image_size(("latest", "main")) == size


def test_a_digest_is_that_of_the_manifests_text() -> None:
    empty = "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
    assert RepositoryContent(manifests={"main": "{}"}).digests == {"main": empty}
