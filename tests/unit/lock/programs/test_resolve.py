"""Why a resolution fails: the fewest packages and pins are named, whichever solver finds the versions."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.requirements import Requirement

from ci.lock.programs.available import outdated
from ci.lock.programs.job import Job
from ci.lock.programs.minimal_conflict import explain, fewest_released
from ci.lock.programs.resolve import lock_command
from ci.lock.programs.solver import Resolution, name_of, parse, pyproject, relaxed, required_range, toml

# name → version → what it depends on.
Index = dict[str, dict[str, list[str]]]
INDEX: Index = {
    "app": {"1": ["lib<2"], "2": ["lib>=2", "middle"], "3": ["lib"]},
    "middle": {"1": ["deep<5"]},
    "lib": {"1": [], "2": []},
    "deep": {"4": [], "5": []},
    "other": {"1": ["lib>=2"], "2": []},
    "lone": {"1": []},
    "old": {"1": ["lib<2"], "2": []},
}
SOURCES = {("old", "1")}  # versions without a wheel


def solver(index: Index) -> Any:  # noqa: ANN401 - what it gives has the shape of Solver
    """Return a solver that tries every choice of versions, preferred ones first and then the newest."""

    def solve(
        requirements: Sequence[str],
        fixed: Mapping[str, str],
        preferred: Mapping[str, str] | None = None,
        options: Sequence[str] = (),
    ) -> Resolution:
        first, bare = preferred or {}, "--no-deps" in options
        unusable = SOURCES if "--only-binary" in options else set[tuple[str, str]]()
        choices = [sorted(index[name], key=lambda v, n=name: (first.get(n) != v, -int(v))) for name in index]
        for versions in product(*choices):
            resolution = reached(index, dict(zip(index, versions, strict=True)), requirements, bare=bare)
            if resolution and unusable & set(resolution.versions.items()):
                continue
            if resolution and all(fixed.get(name, v) == v for name, v in resolution.versions.items()):
                return resolution
        return Resolution(message=message_of(index, requirements))

    return solve


def reached(
    index: Index, chosen: dict[str, str], requirements: Sequence[str], *, bare: bool
) -> Resolution | None:
    """Return what is installed with these versions; None where they don't fit."""
    versions: dict[str, str] = {}
    parents: dict[str, list[str]] = {}
    waiting = [("", one) for one in requirements]
    while waiting:
        parent, text = waiting.pop(0)
        requirement = Requirement(text)
        if requirement.name not in chosen or not requirement.specifier.contains(chosen[requirement.name]):
            return None
        parents.setdefault(requirement.name, []).extend([parent] if parent else [])
        if requirement.name not in versions:
            versions[requirement.name] = chosen[requirement.name]
            required = [] if bare else index[requirement.name][chosen[requirement.name]]
            waiting += [(requirement.name, other) for other in required]
    return Resolution(versions=versions, requirers=parents)


def message_of(index: Index, requirements: Sequence[str]) -> str:
    """Return uv's message, as far as it is read: what the exact pins depend on."""
    lines = [
        f"{pin} depends on {one}"
        for pin in requirements
        for one in index.get(name_of(pin), {}).get(pin.rpartition("==")[2], [])
    ]
    return "\n".join(["error: No solution found when resolving dependencies", *lines])


def job(pins: Sequence[str], installed: Mapping[str, str], **more: Any) -> Job:  # noqa: ANN401
    return Job(
        uv=["uv"], target=[], root="t", settings={}, pins=pins, installed=installed, constrained={}, **more
    )


def test_a_package_that_would_change_is_named_with_who_requires_it() -> None:
    facts = explain(solver(INDEX), job(["app==1", "lone==1"], {"lib": "2", "deep": "5"}))
    change = {"package": "lib", "base_version": "2", "resolved": "1", "installed": True}
    assert facts == {
        "conflicts": [],
        "changed": [{**change, "chain": ["app==1", "lib<2"]}],
        "fitting": {"app==1": "app==3"},
        "error": "",
    }


MIDDLE = ["app==2", "middle==1", "deep<5"]


@pytest.mark.parametrize(
    ("pins", "installed", "chains"),
    [
        (["app==2"], {"lib": "2", "deep": "5"}, {"deep": MIDDLE}),
        (["app==2"], {"lib": "1", "deep": "5"}, {"deep": MIDDLE, "lib": ["app==2", "lib>=2"]}),
        (["lib==1"], {"lib": "2"}, {"lib": ["lib==1"]}),  # its own chain
    ],
)
def test_the_chain_leads_from_a_pin_to_every_package(
    pins: list[str], installed: dict[str, str], chains: dict[str, list[str]]
) -> None:
    changes = explain(solver(INDEX), job(pins, installed))["changed"]
    assert {change["package"]: change["chain"] for change in changes} == chains


def test_a_package_of_the_constraints_alone_is_marked() -> None:
    facts = explain(solver(INDEX), Job([], [], "t", {}, ["lib==1"], {}, {"lib": "2"}))
    assert [one["installed"] for one in facts["changed"]] == [False]


def test_pins_that_clash_are_named_alone_and_the_rest_is_judged_on() -> None:
    pins = ["lone==1", "app==1", "other==1", "deep==4"]
    facts = explain(solver(INDEX), job(pins, {"lib": "1", "deep": "5"}))
    assert [one["pins"] for one in facts["conflicts"]] == [["app==1", "other==1"]]
    assert [one["package"] for one in facts["changed"]] == ["deep"]
    assert facts["fitting"] == {"app==1": "", "other==1": "other==2", "deep==4": "deep==5"}


def test_a_missing_version_is_reported_with_the_newest() -> None:
    (clash,) = explain(solver(INDEX), job(["lone==1", "app==9"], {}))["conflicts"]
    assert (clash["pins"], clash["newest"]) == (["app==9"], "3")


def test_a_pin_without_a_wheel_is_named_first_and_changes_nothing() -> None:
    facts = explain(solver(INDEX), job(["other==1", "old==1", "app==1"], {"lib": "2", "deep": "5"}))
    assert [(one["pins"], one["newest"]) for one in facts["conflicts"]][:1] == [(["old==1"], "2")]
    assert (facts["fitting"]["old==1"], facts["changed"]) == ("old==2", [])
    (clash,) = explain(solver(INDEX), job(["deep==4", "old==1"], {"lib": "2", "deep": "5"}))["conflicts"]
    assert clash["pins"] == ["old==1"]
    facts = explain(solver(INDEX), job(["deep==4", "old==1"], {"lib": "2", "deep": "5"}))
    assert [(one["package"], one["chain"]) for one in facts["changed"]] == [("deep", ["deep==4"])]
    assert facts["fitting"]["deep==4"] == "deep==5"


def test_the_message_of_uv_is_kept_if_it_failed() -> None:
    def silent(*_: object, **__: object) -> Resolution:
        return Resolution(message="error: the index went away")

    facts = explain(silent, job(["app==1"], {}))
    assert facts == {"conflicts": [], "changed": [], "fitting": {}, "error": "error: the index went away"}


@given(moved=st.sets(st.sampled_from("abcdefgh")), required=st.sets(st.sampled_from("abcdefgh")))
def test_no_package_is_released_that_could_be_fixed(moved: set[str], required: set[str]) -> None:
    required &= moved

    def solve(
        requirements: Sequence[str],
        fixed: Mapping[str, str],
        preferred: Mapping[str, str] | None = None,
        options: Sequence[str] = (),
    ) -> Resolution:
        assert [*requirements, *(preferred or {}), *options] == []
        return Resolution(message="no" if required & set(fixed) else "")

    fixed = dict.fromkeys("abcdefgh", "1")
    assert fewest_released(solve, [], fixed, sorted(moved)) == sorted(required)


def test_newer_versions_are_listed() -> None:
    locked = {"app": "1", "lone": "1"}
    facts = outdated(solver(INDEX), job(["app==1", "lone==1"], {"lib": "1"}, locked=locked))
    rows = {row["package"]: row for row in facts["packages"]}
    assert (rows["app"]["allowed"], rows["app"]["newest"], rows["app"]["base"]) == ("3", "3", "")
    assert rows["lone"]["newest"] == "1"
    (row,) = outdated(solver(INDEX), job(["lib==1"], {"lib": "1"}))["packages"]
    assert (row["locked"], row["allowed"], row["newest"], row["base"]) == ("1", "1", "2", "1")


def test_a_lock_holds_what_the_base_has_and_adds_nothing_of_it(tmp_path: Path) -> None:
    command = lock_command(Job(["uv"], ["--x"], "t", {}, [], {"b": "2"}, {"a": "1"}, ["q"]), tmp_path)
    assert (tmp_path / "constraints.txt").read_text() == "a==1\nb==2\n"
    assert command[command.index("--no-emit-package") + 1 :] == ["b"]
    assert command[command.index("--upgrade-package") + 1] == "q"


def test_versions_are_read_with_who_asks_for_them() -> None:
    lines = (
        "a==1.0 ; python_version > '3'  # via b, c",
        "b[x]==2  # via -c fixed.txt, t (pyproject.toml)",
        "c==3\n",
    )
    resolution = parse("\n".join(lines))
    assert resolution.versions == {"a": "1.0", "b": "2", "c": "3"}
    assert resolution.requirers == {"a": ["b", "c"], "b": [], "c": []}
    assert resolution.is_solved


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Because app==1 depends on lib>=6,<7 and you", "lib>=6,<7"),
        ("app[x]==1 depends\n  on lib[y]<2, we", "lib[y]<2"),
        ("app>=1 depends on lib<2 and", "lib<2"),
        (
            "app==1 depends on one of:\n lib>=3,<4.0\n lib>4.0,<4.1\n lib>4.1,<5\n and",
            "lib>=3,!=4.0,!=4.1,<5",
        ),
        ("app==1 depends on one of:\n   lib<3\n   lib>=4\n and", "lib<3 or lib>=4"),
        ("app==1 depends on libs<2", ""),
        ("my-app==1 depends on lib<2", ""),
    ],
)
def test_the_required_range_is_read(text: str, expected: str) -> None:
    assert required_range(text, "app", "lib") == expected


@pytest.mark.parametrize(
    ("pin", "name", "bare", "upwards"),
    [
        ("a==1", "a", "a", "a>=1"),
        ("A_b[x,y] == 1.0", "a-b", "A_b[x,y]", "A_b[x,y]>=1.0"),
        ("a===1; os_name == 'x'", "a", "a; os_name == 'x'", "a>=1; os_name == 'x'"),
    ],
)
def test_a_pin_is_relaxed(pin: str, name: str, bare: str, upwards: str) -> None:
    assert (name_of(pin), relaxed(pin).replace(" ;", ";"), relaxed(pin, ">=")) == (name, bare, upwards)


JSON = st.recursive(
    st.booleans() | st.integers(-9, 9) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner),
    max_leaves=8,
)


@given(JSON)
def test_json_becomes_toml(value: object) -> None:
    assert tomllib.loads(f"it = {toml(value)}\n") == {"it": value}
    assert not re.search(r"[\r\n]", toml(value))


def test_tables_become_a_pyproject_toml_with_a_line_for_each_key() -> None:
    project = {"name": "a", "version": "0"}
    uv: dict[str, Any] = {"index": [{"url": "u"}], "a.b": {}}
    text = pyproject({"project": project, "tool.uv": uv, "x": {}})
    assert tomllib.loads(text) == {"project": project, "tool": {"uv": uv}, "x": {}}
    assert text.splitlines()[:3] == ["[project]", '"name" = "a"', '"version" = "0"']
