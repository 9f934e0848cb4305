"""Which release comes before the one that latest points to."""

from collections.abc import Iterable, Mapping

from .errors import ConfigurationError
from .tags import Version, version


def released(tags: Iterable[str]) -> list[Version]:
    """The finished releases among tags, greatest first; pre-releases are none."""
    found = [each for each in map(version, tags) if each and not each.pre]
    return sorted(found, key=lambda each: (each, each.tag), reverse=True)


def previous(latest: str | None, digests: Mapping[str, str]) -> Version:
    """The release to go back to.

    Args:
        latest: digest that latest points to; None where there is no such tag.
        digests: of every release's tag.

    Raises:
        ConfigurationError: there is none.
    """
    found = released(digests)
    current = next((each for each in found if digests[each.tag] == latest), None)
    # Where latest is no release, but a branch's image, the greatest release is the way back.
    earlier = [each for each in found if digests[each.tag] != latest and (current is None or each < current)]
    if not earlier:
        known = ", ".join(each.tag for each in found) or "none"
        told = f"releases are: {known}; promote an image by its digest instead"
        raise ConfigurationError([f"there is no earlier release than what latest points to: {told}"])
    return earlier[0]
