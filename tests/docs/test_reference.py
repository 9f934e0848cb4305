"""docs/reference.md says what the module's functions and flags are."""

from pathlib import Path

from tests.docs import reference

PAGE = Path(__file__).parents[2] / "docs" / "reference.md"


def test_the_reference_is_current() -> None:
    advice = "run: python -m tests.docs.reference > docs/reference.md"
    assert PAGE.read_text(encoding="utf-8") == reference.markdown(), advice


def test_verify_refuses_the_flag_that_once_demanded_a_repository() -> None:
    _, _, verify = reference.markdown().partition("## registry image verify\n")
    flags = verify.partition("\n#")[0]
    assert "--source-uri " in flags
    assert "--source " not in flags
    assert "`--source`" not in flags
