"""Notes as items of a list: quoted in full, but where they may hold a secret."""

import pytest

from ci.scaffold.notes import Note, section


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "- f:3: o"),
        ("RUN make", "- f:3 `RUN make`: o"),
        ("RUN a \\\n  && b", "- f:3: o\n\n  ```\n  RUN a \\\n    && b\n  ```"),
        ("RUN ```x", "- f:3: o\n\n  ````\n  RUN ```x\n  ````"),
        ("RUN " + "x " * 80, f"- f:3: o\n\n  ```\n  RUN {'x ' * 79}x\n  ```"),
        ("ENV TOKEN=hunter2", "- f:3: o (not quoted, as the line may hold a secret)"),
    ],
)
def test_a_note_quotes_its_text_unless_it_may_be_secret(text: str, expected: str) -> None:
    assert Note(file="f", line=3, text=text, outcome="o").markdown() == expected


def test_a_section_is_sorted_and_left_out_where_it_is_empty() -> None:
    notes = [Note(file=file, line=line, outcome="o") for file, line in (("b", 0), ("a", 10), ("a", 9))]
    assert section("# T", notes) == ["# T", "", "- a:9: o", "- a:10: o", "- b: o", ""]
    assert section("# T", []) == []
