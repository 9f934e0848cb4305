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
        (
            ["psycopg[binary]==3.3.2"],
            "psycopg-binary",
            ["psycopg[binary]==3.3.2 -> psycopg-binary==3.3.2"],
        ),
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
    packages = graph([], ["a 1 | a[x,y]; extra == 'all' | b; extra == 'x' | c; extra == 'y'", "b 1", "c 1"])
    assert [edge.node.name for edge in packages.edges(Node("a", ("all",)))] == ["b", "c"]


def test_extras_that_ask_for_each_other_end() -> None:
    lines = [
        "foo 1 | foo[dev]; extra == 'all' | foo[all]; extra == 'dev' | b; extra == 'dev' | c",
        "b 1",
        "c 1",
    ]
    packages = graph([], lines)
    for extra in ("all", "dev"):
        assert [edge.node.name for edge in packages.edges(Node("foo", (extra,)))] == ["b", "c"]


def test_what_is_no_requirement_is_left_out() -> None:
    assert graph([], ["a 1 | b (>>1) | c", "c 1"]).edges(Node("a"))[0].node == Node("c")


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
