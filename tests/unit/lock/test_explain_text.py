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


EXPLANATIONS = {
    "Requests": """\
requests 2.32.5, part of the base
from the pins of dbt:
  dbt-core==1.10.16 -> requests (2.32.5)
required by:
  airflow 3.1.5 (base)  >=2
  dbt-core 1.10.16      any version""",
    "urllib3": """\
urllib3 2.5.0, part of the base
from the pins of dbt:
  dbt-core==1.10.16 -> requests (2.32.5) -> urllib3>=1.21.1,<3 (2.5.0)
required by:
  requests 2.32.5 (base)  >=1.21.1,<3""",
}


def test_a_package_is_explained() -> None:
    packages = graph(BASE, DELTA)
    assert {name: explanation("dbt", PINS, packages, name) for name in EXPLANATIONS} == EXPLANATIONS
    assert explanation("dbt", ["psycopg==3.3.*"], packages, "psycopg").splitlines() == [
        *("psycopg 3.3.2, added to the base", "from the pins of dbt:", "  psycopg==3.3.*"),
        "required by no package",
    ]
    assert explanation("dbt", [], graph(BASE, ["urllib3 1.26.20"]), "urllib3").splitlines() == [
        *("urllib3 1.26.20, replaces 2.5.0 of the base", "no pin of dbt requires it", "required by:"),
        "  requests 2.32.5 (base)  >=1.21.1,<3",
    ]


@pytest.mark.parametrize(
    ("package", "message"),
    [
        ("protobuff", "'protobuff' isn't installed in the image of dbt: did you mean 'protobuf'?"),
        ("zzz", "'zzz' isn't installed in the image of dbt: see all with: dagger call build --dag dbt tree"),
    ],
)
def test_a_package_that_is_not_installed_is_refused(package: str, message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        explanation("dbt", PINS, graph(BASE, DELTA), package)
    assert str(caught.value) == message


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
        "added, but required by none of these:",
        "└── stray 1",
        "    └── agate 1.9.1 (…)",
    ]


def test_a_replaced_package_is_marked_and_the_tree_of_no_dependencies_is_a_name() -> None:
    lines = tree("dbt", ["urllib3==1.26.20"], graph(BASE, ["urllib3 1.26.20"])).splitlines()
    assert lines == ["dbt", "└── urllib3 1.26.20 (base has 2.5.0)"]
    assert tree("dbt", [], graph(BASE, [])) == "dbt"
