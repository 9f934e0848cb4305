"""The graph of requirements: markers, extras, chains from the pins, and who requires what."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci.lock.graph import Graph, Node

from ..environments import graph

BASE = [
    "protobuf 6.33.0",
    "requests 2.32.5 | urllib3>=1.21.1,<3",
    "urllib3 2.5.0",
    "airflow 3.1.5 | requests",
]
DELTA = [
    "dbt-core 1.10.16 | protobuf<7.0,>=6.0 | dbt-common>=1.25",
    "dbt-common 1.37.2 | Protobuf>=6.0,<7.0 | colorama; sys_platform == 'win32'",
    "psycopg 3.3.2 | psycopg-binary==3.3.2; implementation_name != 'pypy' and extra == 'binary'",
    "psycopg-binary 3.3.2",
]


def shown(found: Graph, pins: list[str], name: str) -> list[str]:
    return [" -> ".join(map(found.told, chain)) for chain in found.chains(found.pins(pins), name)[0]]


@pytest.mark.parametrize(
    ("pins", "name", "chains", "longer"),
    [
        (
            ["dbt-core==1.10.16"],
            "protobuf",
            ["dbt-core==1.10.16 (1.10.16) -> protobuf>=6.0,<7.0 (6.33.0)"],
            1,
        ),
        (
            ["psycopg[binary]==3.3.2"],
            "psycopg-binary",
            ["psycopg[binary]==3.3.2 (3.3.2) -> psycopg-binary==3.3.2 (3.3.2)"],
            0,
        ),
        (["psycopg==3.3.2"], "psycopg-binary", [], 0),
        (["psycopg==3.3.2"], "psycopg", ["psycopg==3.3.2 (3.3.2)"], 0),
        (["dbt-core==1.10.16"], "colorama", [], 0),
        (["dbt-core==1.10.16; sys_platform == 'win32'"], "protobuf", [], 0),
        (
            ["dbt-common==1.37.2", "dbt-core==1.10.16"],
            "protobuf",
            [
                "dbt-common==1.37.2 (1.37.2) -> protobuf>=6.0,<7.0 (6.33.0)",
                "dbt-core==1.10.16 (1.10.16) -> protobuf>=6.0,<7.0 (6.33.0)",
            ],
            1,
        ),
    ],
)
def test_chains_lead_from_the_pins_to_a_package(
    pins: list[str], name: str, chains: list[str], longer: int
) -> None:
    found = graph(BASE, DELTA)
    assert shown(found, pins, name) == chains
    assert found.chains(found.pins(pins), name)[1] == longer


def test_all_of_the_shortest_chains_are_told() -> None:
    found = graph([], ["a 1 | b | c", "b 1 | d", "c 1 | d", "d 1 | e", "e 1"])
    assert shown(found, ["a==1"], "e") == [
        "a==1 (1) -> b (1) -> d (1) -> e (1)",
        "a==1 (1) -> c (1) -> d (1) -> e (1)",
    ]


def test_a_circle_ends() -> None:
    found = graph([], ["a 1 | b", "b 1 | a | c", "c 1 | b"])
    assert shown(found, ["a==1"], "c") == ["a==1 (1) -> b (1) -> c (1)"]
    assert found.requirers("b") == [("a", ""), ("c", "")]


def test_a_package_is_of_the_base_where_its_version_is() -> None:
    found = graph(BASE, [*DELTA, "urllib3 1.26.20"])
    assert [found.origin(name) for name in ("requests", "psycopg", "urllib3", "numpy")] == [
        "base",
        "delta",
        "delta",
        "not installed",
    ]


def test_requirers_have_their_own_specifiers() -> None:
    assert graph(BASE, DELTA).requirers("protobuf") == [
        ("dbt-common", ">=6.0,<7.0"),
        ("dbt-core", ">=6.0,<7.0"),
    ]


def test_what_an_extra_requires_counts_where_somebody_asks_for_the_extra() -> None:
    lines = ["psycopg 3 | c; extra == 'c'", "c 1"]
    assert graph([], lines).requirers("c") == []
    assert graph([], [*lines, "user 1 | psycopg[c]"]).requirers("c") == [("psycopg", "")]


def test_an_extra_of_a_package_may_ask_for_its_other_extras() -> None:
    found = graph([], ["a 1 | a[x,y]; extra == 'all' | b; extra == 'x' | c; extra == 'y'", "b 1", "c 1"])
    assert [edge.node.name for edge in found.edges(Node("a", ("all",)))] == ["b", "c"]


def test_extras_that_ask_for_each_other_end() -> None:
    lines = [
        "foo 1 | foo[dev]; extra == 'all' | foo[all]; extra == 'dev' | b; extra == 'dev' | c",
        "b 1",
        "c 1",
    ]
    found = graph([], lines)
    for extra in ("all", "dev"):
        assert [edge.node.name for edge in found.edges(Node("foo", (extra,)))] == ["b", "c"]


def test_what_is_no_requirement_is_left_out() -> None:
    assert graph([], ["a 1 | b (>>1) | c", "c 1"]).edges(Node("a"))[0].node == Node("c")


NAMES = st.sampled_from("abcdef")


@given(st.dictionaries(NAMES, st.lists(NAMES, max_size=4), max_size=6), NAMES, NAMES)
def test_chains_are_real_and_none_is_shorter(needs: dict[str, list[str]], pin: str, name: str) -> None:
    found = graph([], [" | ".join([f"{each} 1", *below]) for each, below in needs.items()])
    chains, _ = found.chains(found.pins([f"{pin}==1"]), name)
    seen, steps, at = {pin}, 1, {pin}
    while at and name not in at:
        at = {below for each in at for below in needs.get(each, [])} - seen
        seen |= at
        steps += 1
    assert bool(chains) == (name in seen)
    assert {len(chain) for chain in chains} <= {steps}
    assert len(set(chains)) == len(chains)
    for chain in chains:
        walked = [edge.node.name for edge in chain]
        assert (walked[0], walked[-1]) == (pin, name)
        assert all(below in needs[above] for above, below in pairwise(walked))
