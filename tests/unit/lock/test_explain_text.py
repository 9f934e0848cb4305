"""What a person reads of an image's packages: explanations and the tree of the delta."""

import pytest

from ci.errors import ConfigurationError
from ci.lock.explain_text import explanation, tree

from ..environments import graph

BASE = [
    "protobuf 6.33.0",
    "requests 2.32.5 | urllib3>=1.21.1,<3",
    "urllib3 2.5.0",
    "airflow 3.1.5 | requests>=2",
]
DELTA = [
    "dbt-core 1.10.16 | protobuf<7.0,>=6.0 | dbt-common>=1.25 | requests",
    "dbt-common 1.37.2 | protobuf>=5 | agate",
    "agate 1.9.1 | dbt-common",
    "psycopg 3.3.2 | psycopg-binary==3.3.2; extra == 'binary'",
    "psycopg-binary 3.3.2",
]
PINS = ["dbt-core==1.10.16", "psycopg[binary]==3.3.2"]


def test_a_package_of_the_base_is_explained() -> None:
    assert explanation("dbt", PINS, graph(BASE, DELTA), "Requests").splitlines() == [
        "requests 2.32.5, of the base",
        "required by the dependencies of dbt:",
        "  dbt-core==1.10.16 -> requests (2.32.5)",
        "in the base, 1 package requires it: airflow",
        "asked for by:",
        "  airflow 3.1.5 (base)  >=2",
        "  dbt-core 1.10.16      any version",
    ]


def test_a_package_that_only_the_base_requires_is_explained() -> None:
    found = graph(["a 1 | x", "b 1 | x", "c 1 | x", "d 1 | x", "e 1 | x", "f 1 | x", "x 1"], [])
    lines = explanation("dbt", [], found, "x").splitlines()
    assert lines[1:3] == [
        "no dependency of dbt requires it",
        "in the base, 6 packages require it: a, b, c, d, e, …",
    ]


def test_a_package_of_the_delta_is_explained_with_longer_chains() -> None:
    lines = explanation("dbt", PINS, graph(BASE, DELTA), "protobuf").splitlines()
    assert lines[1:4] == [
        "required by the dependencies of dbt:",
        "  dbt-core==1.10.16 -> protobuf>=6.0,<7.0 (6.33.0)",
        "  and 1 longer chain",
    ]
    assert "in the base, no other package requires it" in lines


@pytest.mark.parametrize(("pin", "told"), [("psycopg==3.3.2", ""), ("psycopg==3.3.*", " (3.3.2)")])
def test_a_pin_is_called_one(pin: str, told: str) -> None:
    lines = explanation("dbt", [pin], graph(BASE, DELTA), "psycopg").splitlines()
    assert lines == [
        "psycopg 3.3.2, of the delta",
        "required by the dependencies of dbt:",
        f"  {pin}{told}, its own pin",
        "asked for by no package",
    ]


def test_a_moved_package_is_told_with_what_the_base_had() -> None:
    found = graph(BASE, ["urllib3 1.26.20"])
    lines = explanation("dbt", ["urllib3==1.26.20"], found, "urllib3").splitlines()
    assert lines[0] == "urllib3 1.26.20, of the delta, in place of the base's 2.5.0"
    assert tree("dbt", ["urllib3==1.26.20"], found).splitlines()[1] == "└── urllib3 1.26.20 (base has 2.5.0)"


@pytest.mark.parametrize(
    ("package", "told"),
    [
        ("protobuff", "'protobuff' isn't installed in the image of dbt: did you mean 'protobuf'?"),
        ("zzz", "'zzz' isn't installed in the image of dbt: see all with: dagger call tree --dag dbt"),
    ],
)
def test_what_is_not_installed_is_told(package: str, told: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        explanation("dbt", PINS, graph(BASE, DELTA), package)
    assert str(caught.value) == told


def test_the_tree_has_what_the_type_adds_and_the_base_as_leaves() -> None:
    assert tree("dbt", PINS, graph(BASE, [*DELTA, "stray 1 | agate"])).splitlines() == [
        "dbt",
        "├── dbt-core 1.10.16",
        "│   ├── dbt-common 1.37.2",
        "│   │   ├── agate 1.9.1",
        "│   │   │   └── dbt-common 1.37.2 (…)",
        "│   │   └── protobuf 6.33.0 (base)",
        "│   ├── protobuf 6.33.0 (base)",
        "│   └── requests 2.32.5 (base)",
        "└── psycopg[binary] 3.3.2",
        "    └── psycopg-binary 3.3.2",
        "added, and required by none of these:",
        "└── stray 1",
        "    └── agate 1.9.1 (…)",
    ]


def test_the_tree_of_a_type_without_dependencies_is_its_name() -> None:
    assert tree("dbt", [], graph(BASE, [])) == "dbt"
