"""Plain installations are read; every other command is left to do, whole."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci.scaffold.dockerfile.run import commands, outcome

OWN = {"pyproject.toml"}


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
def test_commands(text: str, expected: list[str]) -> None:
    assert commands(text) == expected


@pytest.mark.parametrize(
    "command",
    [
        *("apt-get update -qq", "apt-get clean", "rm -rf /var/lib/apt/lists/* /tmp/*", "set -euxo pipefail"),
        *(
            "pip install --no-cache-dir --upgrade pip uv",
            "pip install .",
            "python -m pip install -r pyproject.toml",
        ),
        *("uv pip install --system -r ./pyproject.toml", "uv sync --frozen --no-dev"),
    ],
)
def test_what_the_build_does_itself_needs_nothing(command: str) -> None:
    decided = outcome(command, OWN)
    assert (decided.todo, decided.packages, decided.requirements) == (False, (), ())


@pytest.mark.parametrize(
    ("command", "packages", "requirements"),
    [
        (
            "apt-get install -qq -y --no-install-recommends jq libpq5=17.6-0+deb13u1",
            ("jq", "libpq5=17.6-0+deb13u1"),
            (),
        ),
        ("DEBIAN_FRONTEND=noninteractive apt-get -y install --no-install-recommends jq", ("jq",), ()),
        (
            "pip install -U a==1 \"b[c]>=2; python_version > '3'\"",
            (),
            ("a==1", "b[c]>=2; python_version > '3'"),
        ),
        ("uv pip install --system a[b]~=1.0 -r pyproject.toml", (), ("a[b]~=1.0",)),
    ],
)
def test_plain_installations_are_read(
    command: str, packages: tuple[str, ...], requirements: tuple[str, ...]
) -> None:
    decided = outcome(command, OWN)
    assert (decided.todo, decided.packages, decided.requirements) == (False, packages, requirements)


NOT_PLAIN = {
    "isn't a plain apt-get install": (
        *("apt-get install -y $PACKAGES", "apt-get install -y ./x.deb", "apt-get -o A=b install jq"),
        *("apt-get install -t sid jq", "apt-get purge -y gcc", "apt-get autoremove -y gcc"),
        *("apt-get -y upgrade", "apt-get install jq || true", "sudo apt-get install jq", "apt-get install"),
    ),
    "isn't a plain pip install": (
        *(
            "pip install a>1",
            "pip install --pre a==1",
            "pip install -r requirements.txt",
            "pip install ./lib",
        ),
        *("pip install -c c.txt a", "pip install --index-url https://example.com/simple a==1", "uv lock"),
        *("pip install a==$V", "pip uninstall -y a", "pip install git+https://github.com/a/b"),
        *("pip install 'a @ https://example.com/a.whl'", "PIP_NO_INDEX=1 pip install a==1", "pip install 'a"),
        *("uv sync --extra a", "pip install -r"),
    ),
    "no command runs in a build": ("make", "curl https://example.com/x | sh", "", "a '"),
}


@pytest.mark.parametrize(
    ("command", "remedy"),
    [(command, remedy) for remedy, not_plain in NOT_PLAIN.items() for command in not_plain],
)
def test_every_other_command_is_left_to_do(command: str, remedy: str) -> None:
    decided = outcome(command, OWN)
    assert decided.todo
    assert remedy in decided.text
    assert not decided.packages
    assert not decided.requirements


def test_packages_with_what_they_recommend_are_taken_and_left_to_do() -> None:
    decided = outcome("apt-get install -y jq", OWN)
    assert decided.packages == ("jq",)
    assert decided.todo


@pytest.mark.parametrize("command", ["pip install .", "pip install -r pyproject.toml", "uv sync"])
def test_a_file_of_all_types_is_not_the_types_own(command: str) -> None:
    assert outcome(command, {"pyproject.crm.toml"}).todo


@given(st.text(alphabet="ab '\"\\&;|#()$\n", max_size=30))
def test_no_part_of_a_command_is_lost(text: str) -> None:
    rest = text
    for command in commands(text):
        before, _, rest = rest.partition(command)
        assert not set(before) - set("&; \n")
    assert not set(rest) - set("&; \n")
