"""Documents are held to the syntax of IRIs though one parser stands in for a package of 38."""

from typing import Any

import pytest
from jsonschema import Draft7Validator


@pytest.mark.parametrize("form", ["iri", "iri-reference"])
@pytest.mark.parametrize(
    ("text", "forms"),
    [
        ("https://ä.example/ü?q=1#x", {"iri", "iri-reference"}),
        ("urn:uuid:1", {"iri", "iri-reference"}),
        ("../a", {"iri-reference"}),
        ("https://a.example/a b", set[str]()),
        ("https://a.example/%zz", set[str]()),
    ],
)
def test_a_text_is_held_to_its_format(form: str, text: str, forms: set[str]) -> None:
    validator: Any = Draft7Validator({"format": form}, format_checker=Draft7Validator.FORMAT_CHECKER)
    assert validator.is_valid(text) is (form in forms)
