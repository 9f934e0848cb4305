"""Plain installations are read; every other command is left to do, whole."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci.scaffold.dockerfile.run import commands, outcome

OWN = {"pyproject.toml"}
DEBIAN, PYTHON = "isn't a plain apt-get install", "isn't a plain pip install"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a && b;c", ["a", "b", "c"]),
        ("a 'b && c' && d \"e; f\"", ["a 'b && c'", 'd "e; f"']),
        ("a | b && c", ["a | b", "c"]),
        *((whole, [whole]) for whole in ("if a; then b; fi", "(a && b)", "a && { b; c; }", "a $(b && c)")),
        *((whole, [whole]) for whole in ('["a", "&&"]', "a # b && c", "a 'b && c", "for x in y; do z; done")),
        ("", []),
    ],
)
def test_commands_are_split_unless_they_depend_on_each_other(text: str, expected: list[str]) -> None:
    assert commands(text) == expected


JQ = ("jq", "libpq5=17.6-0+deb13u1")
B = "b[c]>=2; python_version > '3'"
PLAIN: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    **dict.fromkeys(
        (
            *(
                "apt-get update -qq",
                "apt-get clean",
                "rm -rf /var/lib/apt/lists/* /tmp/*",
                "set -euxo pipefail",
            ),
            *("pip install --no-cache-dir --upgrade pip uv", "pip install .", "uv sync --frozen --no-dev"),
            *("python -m pip install -r pyproject.toml", "uv pip install --system -r ./pyproject.toml"),
        ),
        ((), ()),
    ),
    f"apt-get install -qq -y --no-install-recommends {' '.join(JQ)}": (JQ, ()),
    "DEBIAN_FRONTEND=noninteractive apt-get -y install --no-install-recommends jq": (("jq",), ()),
    f'pip install -U a==1 "{B}"': ((), ("a==1", B)),
    "uv pip install --system a[b]~=1.0 -r pyproject.toml": ((), ("a[b]~=1.0",)),
}


@pytest.mark.parametrize("command", PLAIN)
def test_a_plain_command_needs_nothing_but_what_it_installs(command: str) -> None:
    decided = outcome(command, OWN)
    assert not decided.todo
    assert (decided.packages, decided.requirements) == PLAIN[command]


OTHERS = {
    DEBIAN: (
        *("apt-get install -y $PACKAGES", "apt-get install -y ./x.deb", "apt-get -o A=b install jq"),
        *("apt-get install -t sid jq", "apt-get purge -y gcc", "apt-get autoremove -y gcc"),
        *("apt-get -y upgrade", "apt-get install jq || true", "sudo apt-get install jq", "apt-get install"),
    ),
    PYTHON: (
        *(
            "pip install a>1",
            "pip install --pre a==1",
            "pip install -r r.txt",
            "pip install ./lib",
        ),
        *("pip install a -r $X", "pip install --index-url https://example.com/simple a==1", "uv lock"),
        *("pip install a==$V", "pip uninstall -y a", "pip install git+https://github.com/a/b"),
        *("pip install 'a @ https://example.com/a.whl'", "PIP_NO_INDEX=1 pip install a==1", "pip install 'a"),
        *("uv sync --extra a", "pip install -r"),
    ),
    "no command runs in a build": ("make", "curl https://example.com/x | sh", "", "a '"),
}


@pytest.mark.parametrize(
    ("command", "remedy"), [(command, remedy) for remedy, others in OTHERS.items() for command in others]
)
def test_every_other_command_is_left_to_do(command: str, remedy: str) -> None:
    decided = outcome(command, OWN)
    assert (decided.todo, decided.packages, decided.requirements) == (True, (), ())
    assert remedy in decided.text


def test_packages_with_what_they_recommend_are_taken_and_left_to_do() -> None:
    decided = outcome("apt-get install -y jq", OWN)
    assert (decided.packages, decided.todo) == (("jq",), True)


def test_a_pyproject_of_all_types_is_not_the_types_own() -> None:
    shared = ("pip install .", "pip install -r pyproject.toml", "uv sync")
    assert all(outcome(command, {"pyproject.crm.toml"}).todo for command in shared)


@given(st.text(alphabet="ab '\"\\&;|#()$\n", max_size=30))
def test_no_part_of_a_command_is_lost(text: str) -> None:
    rest = text
    for command in commands(text):
        before, _, rest = rest.partition(command)
        assert not set(before) - set("&; \n")
    assert not set(rest) - set("&; \n")
