"""The values of options are none of what a command installs."""

import pytest

from ci.starting.options import of_apt, of_pip


@pytest.mark.parametrize(
    ("text", "others", "unknown"),
    [
        ("a==1 b", ["a==1", "b"], []),
        ("--trusted-host h --index-strategy=x a", ["a"], []),
        ("-t /x -rfile -qqU -i=u a", ["a"], []),
        ("--new-option h a", ["h", "a"], ["--new-option"]),
        ("--new-option=h a", ["a"], []),
        ("-qz a", ["a"], ["-qz"]),
        ("- a --python", ["a"], ["-"]),
    ],
)
def test_words_of_pip(text: str, others: list[str], unknown: list[str]) -> None:
    found = of_pip(text.split())
    assert (found.others, found.unknown) == (others, unknown)


@pytest.mark.parametrize(
    ("text", "others", "options"),
    [
        ("-o Dpkg::Use-Pty=0 install -y jq", ["install", "jq"], [("-o", "Dpkg::Use-Pty=0"), ("-y", "")]),
        ("install -t sid -oA=b jq", ["install", "jq"], [("-t", "sid"), ("-o", "A=b")]),
        ("install --target-release=sid jq", ["install", "jq"], [("--target-release", "sid")]),
    ],
)
def test_words_of_apt(text: str, others: list[str], options: list[tuple[str, str]]) -> None:
    found = of_apt(text.split())
    assert (found.others, found.options) == (others, options)
