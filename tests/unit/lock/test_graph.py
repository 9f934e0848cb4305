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


def chains(graph: Graph, pins: list[str], name: str) -> list[str]:
    return [" -> ".join(map(str, chain)) for chain in graph.chains(graph.pins(pins), name)]


@pytest.mark.parametrize(
    ("pins", "name", "expected"),
    [
        (["dbt-core==1.10.16"], "protobuf", ["dbt-core==1.10.16 -> protobuf>=6.0,<7.0"]),
        (["psycopg[binary]==3.3.2"], "psycopg-binary", ["psycopg[binary]==3.3.2 -> psycopg-binary==3.3.2"]),
        (["psycopg==3.3.2"], "psycopg-binary", []),
        (["psycopg==3.3.2"], "psycopg", ["psycopg==3.3.2"]),
        (["dbt-core==1.10.16"], "colorama", []),
        (["dbt-core==1.10.16; sys_platform == 'win32'"], "protobuf", []),
        (
            ["dbt-common==1.37.2", "a==1", "dbt-core==1.10.16"],
            "protobuf",
            [
                "dbt-common==1.37.2 -> protobuf>=6.0,<7.0",
                "dbt-core==1.10.16 -> protobuf>=6.0,<7.0",
                "a==1 -> dbt-core -> protobuf>=6.0,<7.0",
            ],
        ),
    ],
)
def test_the_shortest_chain_leads_from_each_pin_to_a_package(
    pins: list[str], name: str, expected: list[str]
) -> None:
    assert chains(graph(BASE, [*DELTA, "a 1 | dbt-core"]), pins, name) == expected


def test_a_circle_ends() -> None:
    packages = graph([], ["a 1 | b", "b 1 | a | c", "c 1 | b"])
    assert chains(packages, ["a==1"], "c") == ["a==1 -> b -> c"]
    assert packages.requirers("b") == [("a", ""), ("c", "")]


def test_a_package_is_of_the_base_where_its_version_is() -> None:
    packages = graph(BASE, [*DELTA, "urllib3 1.26.20"])
    names = ("requests", "psycopg", "urllib3", "numpy")
    assert [name for name in names if packages.is_from_base(name)] == ["requests"]


@pytest.mark.parametrize(
    ("lines", "name", "requirers"),
    [
        (DELTA, "protobuf", [("dbt-common", ">=6.0,<7.0"), ("dbt-core", ">=6.0,<7.0")]),
        (["psycopg 3 | c; extra == 'c'", "c 1"], "c", []),
        (["psycopg 3 | c; extra == 'c'", "c 1", "user 1 | psycopg[c]"], "c", [("psycopg", "")]),
    ],
)
def test_requirers_have_their_own_specifiers_and_extras_must_be_requested(
    lines: list[str], name: str, requirers: list[tuple[str, str]]
) -> None:
    assert graph(BASE, lines).requirers(name) == requirers


@pytest.mark.parametrize(
    ("line", "extras"),
    [
        ("a 1 | a[x,y]; extra == 'all' | b; extra == 'x' | c; extra == 'y'", ("all",)),
        ("a 1 | a[dev]; extra == 'all' | a[all]; extra == 'dev' | b; extra == 'dev' | c", ("all",)),
        ("a 1 | a[dev]; extra == 'all' | a[all]; extra == 'dev' | b; extra == 'dev' | c", ("dev",)),
        ("a 1 | b (>>1) | b | c", ()),  # no requirement
    ],
)
def test_an_extra_may_request_other_extras_of_its_package(line: str, extras: tuple[str, ...]) -> None:
    packages = graph([], [line, "b 1", "c 1"])
    assert [edge.node for edge in packages.edges(Node("a", extras))] == [Node("b"), Node("c")]


NAMES = st.sampled_from("abcdef")


@given(st.dictionaries(NAMES, st.lists(NAMES, max_size=4), max_size=6), NAMES, NAMES)
def test_a_chain_is_real_and_none_is_shorter(needs: dict[str, list[str]], pin: str, name: str) -> None:
    packages = graph([], [" | ".join([f"{package} 1", *required]) for package, required in needs.items()])
    seen, steps, reached = {pin}, 1, {pin}
    while reached and name not in reached:
        reached = {other for package in reached for other in needs.get(package, [])} - seen
        seen |= reached
        steps += 1
    result = packages.chains(packages.pins([f"{pin}==1"]), name)
    assert [len(chain) for chain in result] == ([steps] if name in seen else [])
    for chain in result:
        names = [edge.node.name for edge in chain]
        assert (names[0], names[-1]) == (pin, name)
        assert all(required in needs[package] for package, required in pairwise(names))
