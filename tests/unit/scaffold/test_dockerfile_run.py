"""What RUN installs: the values of options and files of others are none of it."""

import pytest

from ci.starting.recipe import Facts, Recipe, recipe

BASE = "docker.io/apache/airflow:3.1.5-python3.13@sha256:" + "0" * 64
NONE = frozenset[str]()
OWN = frozenset({"pyproject.crm.toml"})


def judged(text: str, files: frozenset[str] = NONE) -> Recipe:
    return recipe("Dockerfile.crm", text, Facts(dag_type="crm", base=BASE, files=files))


def of_run(command: str) -> Recipe:
    return judged(f"RUN {command}")


def todo(found: Recipe) -> list[str]:
    return [each.outcome for each in found.told if each.todo]


@pytest.mark.parametrize(
    ("command", "system", "told"),
    [
        (
            "apt-get -o Acquire::Retries=3 install -y --no-install-recommends jq",
            ["jq"],
            "-o Acquire::Retries=3:",
        ),
        (
            "apt-get install --no-install-recommends -t sid jq",
            ["jq"],
            "-t sid: packages come from the base's",
        ),
        ("apt-get install --no-install-recommends -c /x jq", ["jq"], "-c /x: packages come from the base's"),
        ("apt-get install --option A=b --no-install-recommends jq", ["jq"], "--option A=b: packages"),
        ("apt-get install --target-release sid jq", ["jq"], "--target-release sid: packages"),
    ],
)
def test_the_value_of_an_option_is_no_debian_package(command: str, system: list[str], told: str) -> None:
    found = of_run(command)
    assert list(found.installs.system) == system
    assert told in "\n".join(todo(found))


@pytest.mark.parametrize("purged", ["gcc", "gcc=4:14"])
def test_a_pinned_debian_package_is_removed_by_its_name(purged: str) -> None:
    found = of_run(f"apt-get install --no-install-recommends gcc=4:14 jq && apt-get purge {purged}")
    assert (list(found.installs.build), list(found.installs.system)) == (["gcc=4:14"], ["jq"])
    assert not todo(found)


APT = "apt-get install --no-install-recommends"


@pytest.mark.parametrize(
    ("commands", "system", "told"),
    [
        (["git", "git=1:2.39.2-1.1"], ["git=1:2.39.2-1.1"], "in the place of git"),
        (["git=1:2.39.2-1.1", "git"], ["git=1:2.39.2-1.1"], "git: git=1:2.39.2-1.1 holds"),
        (["git git=1:2.39.2-1.1 jq"], ["git=1:2.39.2-1.1", "jq"], "in the place of git"),
        (["git=1", "git=2"], ["git=2"], "in the place of git=1"),
        (["git", "git"], ["git"], "system-packages: git"),
        (["git=1", "git=1"], ["git=1"], "system-packages: git=1"),
    ],
)
def test_a_debian_package_is_there_once_and_its_pin_holds(
    commands: list[str], system: list[str], told: str
) -> None:
    found = of_run(" && ".join(f"{APT} {each}" for each in commands))
    assert list(found.installs.system) == system
    assert told in "\n".join(each.outcome for each in found.told)
    assert not [each for each in todo(found) if told not in each]


def test_a_debian_package_that_comes_again_stays() -> None:
    found = of_run(f"{APT} gcc jq=1 && apt-get purge gcc jq && {APT} gcc=4 jq")
    assert not found.installs.build
    assert list(found.installs.system) == ["gcc=4", "jq"]


@pytest.mark.parametrize(
    ("copy", "files", "own"),
    [
        ("", NONE, False),
        ("", OWN, True),
        ("COPY pyproject.toml ./", NONE, False),
        ("COPY pyproject.toml ./", OWN, False),
        ("COPY pyproject.crm.toml ./pyproject.toml", NONE, True),
        ("COPY pyproject.crm.toml ./", NONE, False),
        ("COPY pyproject.mail.toml pyproject.toml", NONE, False),
        ("COPY pyproject.mail.toml pyproject.toml", OWN, False),
        ("COPY . .", NONE, False),
    ],
)
@pytest.mark.parametrize(
    "command", ["uv sync", "pip install .", "pip install -e ./", "pip install -r pyproject.toml"]
)
def test_a_pyproject_toml_of_all_types_is_not_taken_for_the_types_own(
    copy: str,
    files: frozenset[str],
    own: bool,  # noqa: FBT001
    command: str,
) -> None:
    found = judged(f"{copy}\nRUN {command}\n", files)
    shared = [each for each in todo(found) if "write its dependencies into images/crm/pyproject.toml" in each]
    assert len(shared) == (0 if own else 1)


@pytest.mark.parametrize(
    ("options", "wishes"),
    [
        ("--trusted-host nexus.corp --index-strategy unsafe-best-match", ["x==1"]),
        ("-t /srv --no-binary :all: --progress-bar off -q", ["x==1"]),
        ("--new-option nexus.corp", []),
    ],
)
def test_the_value_of_an_option_is_no_requirement(options: str, wishes: list[str]) -> None:
    found = of_run(f"pip install {options} x==1")
    assert [each.text for each in found.installs.wishes] == wishes
    assert todo(found)


@pytest.mark.parametrize(
    ("before", "wishes"), [("PIP_NO_CACHE_DIR=1", ["x==1"]), ("PIP_NO_INDEX=1", []), ("UV_CONSTRAINT=c", [])]
)
def test_a_variable_before_a_command_may_say_what_is_installed(before: str, wishes: list[str]) -> None:
    found = of_run(f"{before} pip install x==1")
    assert [each.text for each in found.installs.wishes] == wishes
    assert bool(todo(found)) is not bool(wishes)
