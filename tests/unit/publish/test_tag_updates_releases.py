"""Which release comes before the one that latest points to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci.errors import ConfigurationError
from ci.publish.tag_updates import previous, released
from ci.publish.versions import version

DIGESTS = {"v1.0.0": "a", "v1.1.0": "b", "v2.0.0": "c", "v2.1.0-rc.1": "d"}
RELEASES = st.tuples(*[st.integers(0, 3)] * 3).map(lambda found: "v" + ".".join(map(str, found)))


def test_releases_come_greatest_first_and_others_not_at_all() -> None:
    tags = ["main", "latest", "v1.0.0", "v1.10.0", "v1.9.0", "v2.0.0-rc.1", "sha-abc1234", "v1"]
    assert [found.tag for found in released(tags)] == ["v1.10.0", "v1.9.0", "v1.0.0"]


@pytest.mark.parametrize(
    ("latest", "expected"),
    [
        pytest.param("c", "v1.1.0", id="the one before"),
        pytest.param("b", "v1.0.0", id="from a release that isn't the greatest"),
        pytest.param("x", "v2.0.0", id="from a branch's image: the greatest"),
        pytest.param("d", "v2.0.0", id="from a pre-release: the greatest"),
        pytest.param(None, "v2.0.0", id="no latest at all"),
    ],
)
def test_the_release_to_go_back_to(latest: str | None, expected: str) -> None:
    assert previous(latest, DIGESTS).tag == expected


def test_a_release_with_the_same_image_is_no_way_back() -> None:
    assert previous("c", {**DIGESTS, "v1.1.0": "c"}).tag == "v1.0.0"


@pytest.mark.parametrize(
    ("latest", "digests", "known"),
    [("a", {"v1.0.0": "a"}, "v1.0.0"), ("a", {}, "none"), (None, {"v1.0.0-rc.1": "a"}, "none")],
)
def test_without_an_earlier_release_the_known_ones_are_told(
    latest: str | None, digests: dict[str, str], known: str
) -> None:
    with pytest.raises(ConfigurationError, match=rf"no release is earlier .*\(releases: {known}\): promote"):
        previous(latest, digests)


@given(st.dictionaries(RELEASES, st.sampled_from("abc"), min_size=1), st.sampled_from("abc"))
def test_rolling_back_never_goes_forward_nor_stays(digests: dict[str, str], latest: str) -> None:
    try:
        back = previous(latest, digests)
    except ConfigurationError:
        return
    assert digests[back.tag] != latest
    current = [found for tag in digests if digests[tag] == latest and (found := version(tag))]
    assert not current or back < max(current)
