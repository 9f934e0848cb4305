"""The references in pins.toml: complete, exact, and read as written."""

import re
import tomllib

import pytest

from ci.config import pins

from .. import sources

IMAGES: dict[str, str] = tomllib.loads(pins.PINS_FILE.read_text(encoding="utf-8"))["images"]
ALL = {**IMAGES, "the default base": pins.default_base()}
REFERENCE = re.compile(
    r"(?P<host>[a-z0-9-]+(\.[a-z0-9-]+)+(:\d+)?)(/[a-z0-9._-]+)+:(?P<tag>[\w.-]+)(@sha256:[0-9a-f]{64})?"
)


@pytest.mark.parametrize("name", sorted(ALL))
def test_a_reference_has_a_host_and_a_tag_that_names_a_version(name: str) -> None:
    result = REFERENCE.fullmatch(ALL[name])
    assert result, f"{name}: {ALL[name]}: write host/path:tag, with a digest behind where one is known"
    assert re.search(r"\d", result["tag"]), f"{name}: {result['tag']} names no version"
    assert result["tag"] != "latest"


def test_images_mirrors_and_defaults_are_in_the_file() -> None:
    assert set(tomllib.loads(pins.PINS_FILE.read_text(encoding="utf-8"))) == {"defaults", "images", "mirrors"}


@pytest.mark.parametrize("name", sorted(IMAGES))
def test_a_reference_has_its_digest_but_where_images_stand_in(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(pins.BY_TAG, raising=False)
    assert pins.image(name) == IMAGES[name]
    monkeypatch.setenv(pins.BY_TAG, "1")
    assert pins.image(name) == IMAGES[name].partition("@")[0]


def test_images_have_digests_unless_none_is_known() -> None:
    assert {name for name in IMAGES if "@" not in IMAGES[name]} == {"uv", "regctl"}


def test_the_sdk_of_stand_ins_and_the_tests_take_images_by_tag() -> None:
    for path in ("airgap/python_sdk/runtime/main.dang", "development/main.dang"):
        assert f'.withEnvVariable("{pins.BY_TAG}", "1")' in sources.text(path), path


def test_an_unknown_name_is_no_reference() -> None:
    with pytest.raises(KeyError):
        pins.image("nothing")
