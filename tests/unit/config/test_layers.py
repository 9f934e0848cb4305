"""The settings in images/layers.toml."""

import pytest

from ci.config.layers import FILE, parse
from ci.errors import ConfigurationError


@pytest.mark.parametrize(
    ("text", "own"),
    [
        (None, ()),
        ("", ()),
        ("[layers]\n", ()),
        ('[layers]\nown = ["zeep", "Psycopg_Binary", "lxml"]', ("lxml", "psycopg-binary", "zeep")),
    ],
)
def test_packages_are_read_by_their_canonical_names(text: str | None, own: tuple[str, ...]) -> None:
    assert parse(text).own == own


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[layers", "invalid TOML"),
        ("[layer]\n", r"unknown table \[layer\]"),
        ("[layers]\nons = []", "unknown key 'ons': did you mean 'own'"),
        ('[layers]\nown = ["a b"]', "is not a package name"),
        ('[layers]\nown = ["zeep", "Zeep"]', "names 'zeep' more than once"),
        (f"[layers]\nown = {[f'p{number}' for number in range(16)]}", "names 16 packages; the limit is 15"),
        ('[layers]\nown = "zeep"', "is wrong"),
        ('[layers]\ncompression = "zst"', "compression"),
    ],
)
def test_a_mistake_is_reported_with_the_file(text: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=f"{FILE}.*{message}"):
        parse(text)


def test_layers_are_gzip_unless_zstd_is_named() -> None:
    assert parse("[layers]").compression == "gzip"
    assert parse('[layers]\ncompression = "zstd"').compression == "zstd"
