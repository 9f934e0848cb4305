"""docs/reference.md says what the module's functions and flags are."""

from pathlib import Path

from tests.docs import reference

PAGE = Path(__file__).parents[2] / "docs" / "reference.md"


def test_the_reference_is_current() -> None:
    advice = "run: python -m tests.docs.reference > docs/reference.md"
    assert PAGE.read_text(encoding="utf-8") == reference.markdown(), advice
