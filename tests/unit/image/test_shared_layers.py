"""Layers that DAG types share, and the savings of a layer of its own."""

import dataclasses

from hypothesis import given
from hypothesis import strategies as st

from ci.config import layers
from ci.image.shared_layers import WORTH, Delta, DeltaPackage, packages, same, shared, table

LXML = DeltaPackage("lxml", "6.0.2", 5_000_000)
ZEEP = DeltaPackage("zeep", "4.3.2", 400_000)


def delta(dag: str, layer: str, *result: DeltaPackage) -> Delta:
    return Delta(dag=dag, layer=layer, packages=result)


A, B, C = delta("a", "1", LXML, ZEEP), delta("b", "2", LXML), delta("c", "1", LXML, ZEEP)


def test_types_with_the_same_layer_have_one_delta() -> None:
    assert same([A, B, C, delta("d", "0"), delta("e", "0")]) == (("a", "c"),)


def test_a_package_saves_as_often_as_it_is_in_another_delta() -> None:
    (result,) = shared([A, B, C], [])
    assert (result.package, result.dags) == (LXML, ("a", "b", "c"))
    assert (result.saves, result.own) == (5_000_000, False)


def test_what_saves_too_little_is_reported_only_where_it_has_a_layer() -> None:
    other = delta("d", "3", ZEEP)
    assert [one.package for one in shared([A, other], [])] == []
    assert [one.package for one in shared([A, other], ["zeep"])] == [ZEEP]


def test_a_large_package_has_a_layer_without_being_named() -> None:
    large = dataclasses.replace(B, own=frozenset({"lxml"}))
    assert [one.own for one in shared([A, large], [])] == [True]
    assert "fix:" not in table([A, large], [])
    assert not shared([large], [])  # nobody shares it


def test_another_version_is_another_package() -> None:
    assert shared([A, delta("d", "3", DeltaPackage("lxml", "5", 5_000_000))], []) == ()


def test_the_table_says_what_is_shared_and_what_could_be() -> None:
    assert table([A, B, C], ["pandas", "zeep"]).splitlines() == [
        "one delta  a, c",
        "could be    lxml 6.0.2                   saves    5.0 MB  a, b, c",
        "own layer  zeep 4.3.2                   saves    0.0 kB  a, c",
        "unused     pandas: no DAG type adds it: remove it from images/layers.toml",
        'fix: write [layers] own = ["lxml", "zeep"] into images/layers.toml',
    ]
    assert table([A, delta("z", "9")], []) == "no two DAG types add the same"


def test_a_lock_gets_its_sizes_by_name_and_version() -> None:
    sizes = {"lxml": ("6.0.2", 7), "zeep": ("1", 8)}
    assert packages(sizes, {"zeep": "4.3.2", "lxml": "6.0.2", "gone": "1"}) == (
        DeltaPackage("lxml", "6.0.2", 7),
    )


def test_no_more_is_advised_than_the_settings_take() -> None:
    many = [DeltaPackage(f"p{number:02}", "1", WORTH + number) for number in range(25)]
    advice = table([delta("a", "1", *many), delta("b", "2", *many)], []).splitlines()[-1]
    named = advice.partition(" into ")[0].removeprefix("fix: write ")
    assert layers.parse(named.replace("[layers] ", "[layers]\n")).own == tuple(
        f"p{number:02}" for number in range(25 - layers.LIMIT, 25)
    )


PACKAGES = st.builds(DeltaPackage, st.sampled_from("pqr"), st.sampled_from("12"), st.just(WORTH))
DELTAS = st.lists(
    st.builds(
        Delta,
        dag=st.sampled_from("abcdef"),
        layer=st.sampled_from("123"),
        packages=st.lists(PACKAGES, unique=True, max_size=3).map(tuple),
    ),
    unique_by=lambda one: one.dag,
)


@given(DELTAS)
def test_no_saving_is_more_than_what_is_there_twice(deltas: list[Delta]) -> None:
    by_layer = {one.layer: one for one in deltas}.values()
    total = sum(package.size for one in deltas for package in one.packages)
    assert all(0 < one.saves < total for one in shared(deltas, []))
    assert shared(list(by_layer)[:1], []) == ()
