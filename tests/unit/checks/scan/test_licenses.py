"""Which licenses are denied: names as packages write them, and every expression by what it means."""

import random
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from ci.checks.scan.licenses import denied

AFPL = "Aladdin Free Public License (AFPL)"
HPND = "Historical Permission Notice and Disclaimer"


AGPL, GPL, GNU = ["AGPL-*"], ["GPL-*"], "GNU Affero General Public License v3 or later (AGPLv3+)"
CLASSPATH = "GPL-2.0-only WITH Classpath-exception-2.0"
# Patterns, what they deny, and what they don't.
DENIED: list[tuple[list[str], list[str], list[str]]] = [
    (["*"], [""], []),
    ([], [], ["MIT"]),
    (["SSPL-1.0"], [], ["SSPL-1.00"]),
    ([*AGPL, *GPL], ["AGPL-3.0 OR GPL-3.0"], ["LGPL-3.0"]),
    # names with brackets, "and" and "or"
    ([AFPL], [AFPL, f"{AFPL} AND MIT", f"MIT AND ({AFPL})"], [f"{AFPL} OR MIT"]),
    (["Aladdin*"], [AFPL], []),
    (["Aladdin Free Public License"], [], [AFPL]),
    ([f"{HPND}*"], [f"{HPND} (HPND)"], [f"{HPND} OR MIT"]),
    ([HPND.upper()], [HPND], []),
    (["*AGPL*"], ["GNU AGPL v3 or later"], []),
    (["*or later"], ["GNU AGPL v3 or later"], ["MIT OR GPL v2 OR LATER"]),
    (["GNU AGPL v3 or later"], ["GNU AGPL v3 OR LATER"], []),
    (["AGPLv3*"], ["AGPLv3 or later"], []),
    (["GPL v2 or any*"], ["GPL v2 or any later version"], []),
    (["*affero*"], [GNU], []),
    (["*(AGPLv3+)"], [GNU], []),
    # expressions, whose operators in lower case SPDX 3 knows too
    (AGPL, ["AGPL-3.0-only", "agpl-3.0", "AGPL-3.0 AND MIT"], ["", "AGPL-3.0 OR MIT"]),
    (AGPL, ["MIT and AGPL-3.0", "(mit or apache-2.0) and agpl-3.0"], ["MIT or AGPL-3.0"]),
    (AGPL, [], ["(AGPL-3.0 AND MIT) OR BSD-3-Clause"]),
    (GPL, ["(MIT OR Apache-2.0) AND GPL-2.0"], ["MIT OR (Apache-2.0 AND GPL-2.0)"]),
    (GPL, [], ["MIT OR Apache-2.0 AND GPL-2.0", "MIT AND (Apache-2.0 OR GPL-2.0)"]),
    (GPL, [], ["GPL-2.0 AND(MIT)OR(MIT)", "(MIT) OR (GPL-2.0)", f"{CLASSPATH} OR MIT"]),
    (GPL, [CLASSPATH], []),
    (["GPL-2.0-only"], [], [CLASSPATH]),
    (["GPL-2.0"], ["((GPL-2.0))"], []),
    (["gpl-2.0 or mit"], ["GPL-2.0 OR MIT"], []),
    (["BSD"], [], ["BSD and Apache License"]),
    # what no one can read
    (AGPL, ["(AGPL-3.0 AND MIT", "AGPL-3.0) OR MIT", "AGPL-3.0 OR", "AND AGPL-3.0"], ["OR OR"]),
    (AGPL, ["MIT AND AND AGPL-3.0", "() OR AGPL-3.0"], ["f() OR MIT"]),
    (["OR"], ["OR"], []),
]


def test_a_license_is_denied_by_what_it_means() -> None:
    rows = [(patterns, text, True) for patterns, texts, _ in DENIED for text in texts]
    rows += [(patterns, text, False) for patterns, _, texts in DENIED for text in texts]
    assert [row for row in rows if denied(row[1], row[0]) is not row[2]] == []


def test_a_hostile_text_is_answered_too() -> None:
    assert denied("(" * 5_000 + "AGPL-3.0" + ")" * 5_000, ["AGPL-*"])
    assert denied("(MIT OR " * 5_000 + "AGPL-3.0" + ")" * 5_000, ["AGPL-*"])
    assert not denied("(" * 5_000, ["AGPL-*"])
    assert denied(" AND ".join(["MIT"] * 5_000 + ["AGPL-3.0"]), ["AGPL-*"])


class _Leaf(str):
    """A license of its own."""

    __slots__ = ()


Tree = _Leaf | tuple[str, list["Tree"]]
NAMES = [
    *("MIT", "AGPL-3.0-only", "GPL-2.0+", "GPL-2.0-only WITH Classpath-exception-2.0", AFPL, HPND),
    *("GNU AGPL v3 or later", "GPL v2 OR LATER", "license of (a and b)"),
]
TREES: st.SearchStrategy[Tree] = st.recursive(
    st.sampled_from(NAMES).map(_Leaf),
    lambda below: st.tuples(st.sampled_from(["AND", "OR"]), st.lists(below, min_size=2, max_size=3)),
    max_leaves=8,
)


def fails(tree: Tree, names: Sequence[str]) -> bool:
    """Return what an expression means."""
    if isinstance(tree, str):
        return tree in names
    operator, parts = tree
    return (any if operator == "AND" else all)(fails(part, names) for part in parts)


def written(tree: Tree, chance: random.Random, above: str = "") -> str:
    """Write an expression in SPDX's syntax, with the parentheses that it needs and some that it doesn't."""
    if isinstance(tree, str):
        return f"({tree})" if chance.random() < 0.2 else tree
    operator, parts = tree
    text = f" {operator} ".join(written(part, chance, operator) for part in parts)
    return f"({text})" if (above, operator) == ("AND", "OR") or chance.random() < 0.3 else text


@given(TREES, st.lists(st.sampled_from(NAMES), unique=True), st.randoms(use_true_random=False))
def test_an_expression_fails_as_its_parts_do(tree: Tree, names: list[str], chance: random.Random) -> None:
    assert denied(written(tree, chance), names) is fails(tree, names)


@given(st.text(), st.lists(st.text(), max_size=3))
def test_what_is_named_exactly_is_denied_whatever_it_looks_like(name: str, others: list[str]) -> None:
    assert denied(name, [*others, name.strip()])


PIECES = st.sampled_from(
    ["(", ")", " AND ", " OR ", " or ", " and ", " WITH ", "MIT", "AGPL-3.0", " later", " "]
)


@given(st.lists(PIECES, max_size=20).map("".join))
def test_no_text_is_a_crash_and_what_denies_all_denies_it(text: str) -> None:
    assert denied(text, ["*"])
    assert not denied(text, [])
    if "AGPL-3.0" not in text:
        assert not denied(text, ["*AGPL*"])
