"""Which licenses are denied: names as packages write them, and every expression by what it means."""

import random
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci.checks.scan.licenses import denied

AFPL = "Aladdin Free Public License (AFPL)"
HPND = "Historical Permission Notice and Disclaimer"


@pytest.mark.parametrize(
    ("license", "patterns", "expected"),
    [
        ("AGPL-3.0-only", ["AGPL-*"], True),
        ("agpl-3.0", ["AGPL-*"], True),
        ("SSPL-1.00", ["SSPL-1.0"], False),
        ("LGPL-3.0", ["AGPL-*", "GPL-*"], False),
        ("", ["AGPL-*"], False),
        ("", ["*"], True),
        ("MIT", [], False),
        # names with brackets, "and" and "or"
        (AFPL, [AFPL], True),
        (AFPL, ["Aladdin*"], True),
        (AFPL, ["Aladdin Free Public License"], False),
        (f"{HPND} (HPND)", [f"{HPND}*"], True),
        (HPND, [HPND.upper()], True),
        (f"{HPND} OR MIT", [f"{HPND}*"], False),
        (f"{AFPL} OR MIT", [AFPL], False),
        (f"{AFPL} AND MIT", [AFPL], True),
        (f"MIT AND ({AFPL})", [AFPL], True),
        ("GNU AGPL v3 or later", ["*AGPL*"], True),
        ("GNU AGPL v3 or later", ["*or later"], True),
        ("GNU AGPL v3 OR LATER", ["GNU AGPL v3 or later"], True),
        ("AGPLv3 or later", ["AGPLv3*"], True),
        ("GPL v2 or any later version", ["GPL v2 or any*"], True),
        ("GNU Affero General Public License v3 or later (AGPLv3+)", ["*affero*"], True),
        ("GNU Affero General Public License v3 or later (AGPLv3+)", ["*(AGPLv3+)"], True),
        ("MIT OR GPL v2 OR LATER", ["*or later"], False),
        # expressions
        ("AGPL-3.0 OR MIT", ["AGPL-*"], False),
        ("AGPL-3.0 OR GPL-3.0", ["AGPL-*", "GPL-*"], True),
        ("AGPL-3.0 AND MIT", ["AGPL-*"], True),
        ("(AGPL-3.0 AND MIT) OR BSD-3-Clause", ["AGPL-*"], False),
        ("MIT OR (Apache-2.0 AND GPL-2.0)", ["GPL-*"], False),
        ("MIT OR Apache-2.0 AND GPL-2.0", ["GPL-*"], False),
        ("MIT AND (Apache-2.0 OR GPL-2.0)", ["GPL-*"], False),
        ("(MIT OR Apache-2.0) AND GPL-2.0", ["GPL-*"], True),
        ("GPL-2.0 AND(MIT)OR(MIT)", ["GPL-*"], False),
        ("((GPL-2.0))", ["GPL-2.0"], True),
        ("(MIT) OR (GPL-2.0)", ["GPL-*"], False),
        ("GPL-2.0-only WITH Classpath-exception-2.0", ["GPL-*"], True),
        ("GPL-2.0-only WITH Classpath-exception-2.0", ["GPL-2.0-only"], False),
        ("GPL-2.0-only WITH Classpath-exception-2.0 OR MIT", ["GPL-*"], False),
        ("GPL-2.0 OR MIT", ["gpl-2.0 or mit"], True),
        # operators in lower case, which SPDX 3 knows too
        ("MIT and AGPL-3.0", ["AGPL-*"], True),
        ("MIT or AGPL-3.0", ["AGPL-*"], False),
        ("(mit or apache-2.0) and agpl-3.0", ["AGPL-*"], True),
        ("BSD and Apache License", ["BSD"], False),
        # what no one can read
        ("(AGPL-3.0 AND MIT", ["AGPL-*"], True),
        ("AGPL-3.0) OR MIT", ["AGPL-*"], True),
        ("AGPL-3.0 OR", ["AGPL-*"], True),
        ("AND AGPL-3.0", ["AGPL-*"], True),
        ("MIT AND AND AGPL-3.0", ["AGPL-*"], True),
        ("OR", ["OR"], True),
        ("OR OR", ["AGPL-*"], False),
        ("() OR AGPL-3.0", ["AGPL-*"], True),
        ("f() OR MIT", ["AGPL-*"], False),
    ],
)
def test_a_license_is_denied_by_what_it_means(license: str, patterns: list[str], expected: bool) -> None:  # noqa: A002, FBT001 - a column
    assert denied(license, patterns) is expected


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
