"""The permissions that a lock was made with: with others it is stale."""

import pytest

from ci.config.lockfile import read, stamp, usable
from ci.lock.request import BasePackages, Upgrade, packages_of, pinned_by, validated

from ..refusals import refusal
from ..repository import dag_type

BASE = "registry.example/airflow:1"
CHANGES = 'allow-base-changes = { Httpx = "old server", anyio = "with it" }'
OUTSIDE = 'allow-outside-constraints = { cowsay = "the moose" }'


def test_permissions_are_written_by_name_and_in_order() -> None:
    text = stamp(dag_type(settings=f"{CHANGES}\n{OUTSIDE}"), BASE, "")
    changes = 'allow-base-changes = [\n    "anyio",\n    "httpx",\n]\n'
    assert text.endswith(f'{changes}allow-outside-constraints = [\n    "cowsay",\n]\n')


def test_a_reason_may_change_without_a_new_lock() -> None:
    text = stamp(dag_type(settings=CHANGES), BASE, "")
    assert read(dag_type(settings=CHANGES.replace("old", "very old")), BASE, text).packages == {}


@pytest.mark.parametrize(
    ("made", "now", "message"),
    [
        ("", CHANGES, "made with allow-base-changes for nothing, "),
        (CHANGES, "", "made with allow-base-changes for anyio, httpx, "),
        ("", OUTSIDE, "has it for cowsay; run: dagger call lock -y"),
        (OUTSIDE, "", "has it for nothing; run: dagger call lock -y"),
    ],
)
def test_a_lock_made_under_other_permissions_is_reported(made: str, now: str, message: str) -> None:
    (problem,) = refusal(read, dag_type(settings=now), BASE, stamp(dag_type(settings=made), BASE, ""))
    assert message in problem


INSTALLED = """[{"name": "Httpx", "version": "0.28.1"}, {"name": "anyio", "version": "4.0"},
{"name": "House_Lib", "version": "1.0+house", "editable_project_location": "/house"}]"""
HELD = BasePackages.parse(INSTALLED, "# all\ncowsay==6.0\nhttpx==0.1\nmoo==1 # x\n", "3.13.11")


def test_what_is_installed_goes_before_the_constraints() -> None:
    assert HELD.installed_for(dag_type()) == {"httpx": "0.28.1", "anyio": "4.0", "house-lib": "1.0+house"}
    assert HELD.constraints_for(dag_type()) == {"cowsay": "6.0", "moo": "1"}


def test_what_is_permitted_is_not_held() -> None:
    allowed = dag_type(settings=f"{CHANGES}\n{OUTSIDE}")
    assert HELD.installed_for(allowed) == {"house-lib": "1.0+house"}
    assert HELD.constraints_for(allowed) == {"moo": "1"}


def test_an_upgrade_names_what_is_locked_or_pinned() -> None:
    requested = Upgrade(packages=("Acme_Core", "acme.core", "b"), exclude_newer="2026-01-01T00:00:00Z")
    assert validated(requested, {"acme-core", "b"}).packages == ("acme-core", "b")
    assert pinned_by(dag_type(["Acme_Core[x]==1"])) == {"acme-core"}
    assert packages_of('[[packages]]\nname = "B"\n') == {"b"}


def test_all_that_is_wrong_with_an_upgrade_is_reported() -> None:
    assert refusal(
        validated, Upgrade(packages=("acme-cor", "zzz"), exclude_newer="30 days"), {"acme-core"}
    ) == (
        "--upgrade-package 'acme-cor': no lock or pin of these DAG types has it: did you mean 'acme-core'?",
        "--upgrade-package 'zzz': no lock or pin of these DAG types has it",
        "--exclude-newer '30 days': invalid date; expected a date like 2026-01-01 or 2026-01-01T12:00:00Z",
    )


KEPT = 'lock-version = "1.0"\ncreated-by = "uv"\n'
PACKAGES = '[[packages]]\nname = "a"\nversion = "1"\n'


@pytest.mark.parametrize("text", [f"{KEPT}packages = []", f'{KEPT}requires-python = ">=3.13"\n{PACKAGES}'])
def test_the_versions_of_a_lock_are_kept(text: str) -> None:
    assert usable(text) == text


@pytest.mark.parametrize(
    "text",
    [
        None,
        "<<<<<<< HEAD\nlock-version = 1\n",
        "a = 1",
        "packages = 3",
        KEPT,
        f"{KEPT}packages = 3",
        f'created-by = "uv"\n{PACKAGES}',
        f'lock-version = "2.0"\ncreated-by = "uv"\n{PACKAGES}',
        f'{KEPT}requires-python = "new"\n{PACKAGES}',
        f'{KEPT}[[packages]]\nname = "a"\n',
        f'{KEPT}[[packages]]\nname = "a b"\nversion = "1"\n',
        f'{KEPT}[[packages]]\nname = "a"\nversion = "one"\n',
        f"{KEPT}{PACKAGES}wheels = 3",
    ],
)
def test_what_is_no_lock_is_resolved_anew(text: str | None) -> None:
    assert usable(text) is None


def test_a_lock_that_a_merge_broke_names_no_package() -> None:
    assert packages_of("<<<<<<< HEAD\nlock-version = 1\n") == packages_of(None) == set()
