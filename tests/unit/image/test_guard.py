"""The guard of the base: no lock moves its packages, no delta overwrites, hides or removes their files."""

import pytest

from ci.config.lockfile import Lock
from ci.image import guard
from ci.image.environment import Clash, Environment

from ..environments import environment
from ..refusals import refusal
from ..repository import FILE, dag_type

BASE = environment("psycopg2 2.9.10", "six 1.17.0", "odd 2004d")
ALLOWED = 'allow-base-changes = { psycopg2 = "the wheel is the same library" }'
OVER = Clash(kind="overwrites", owners=("psycopg2", "psycopg2-binary"), files=("psycopg2/__init__.py",))


def lock(**packages: str) -> Lock:
    return Lock(text="", packages=packages)


def built(*clashes: Clash, **lost: tuple[str, ...]) -> Environment:
    lines = ["psycopg2 2.9.10", "psycopg2-binary 2.9.11", "six 1.17.0", "opencv 4.1", "opencv-headless 4.1"]
    return environment(*lines, clashes=clashes, lost=lost)


@pytest.mark.parametrize(
    "packages",
    [{}, {"cowsay": "6.1"}, {"six": "1.17.0"}, {"six": "1.17"}, {"odd": "2004d"}, {"psycopg2": "2.9.11"}],
)
def test_a_lock_may_add_and_repeat_and_move_what_is_allowed(packages: dict[str, str]) -> None:
    assert guard.check_lock(dag_type(settings=ALLOWED), lock(**packages), BASE) is None


def test_every_moved_package_is_reported_with_both_versions_and_the_ways_out() -> None:
    moved = lock(Six="1.16.0", odd="2005a", psycopg2="1")
    odd, six = refusal(guard.check_lock, dag_type(settings=ALLOWED), moved, BASE)
    assert six.startswith(
        "images/salesforce/pylock.toml: would move 'six' of the base from 1.17.0 to 1.16.0: "
        "run: dagger call lock -y; or pin versions that agree with 1.17.0"
    )
    assert six.endswith("[tool.airflow-images] allow-base-changes")
    assert "'odd' of the base from 2004d to 2005a" in odd


@pytest.mark.parametrize(
    ("settings", "result"),
    [
        ("", built()),
        (ALLOWED, built(OVER)),
        (ALLOWED, built(psycopg2=("psycopg2/__init__.py",))),
        ("", built(cowsay=("x.py",))),
    ],
)
def test_a_delta_that_keeps_to_itself_or_is_allowed_passes(settings: str, result: Environment) -> None:
    assert guard.check_installed(dag_type(settings=settings), BASE, result) is None


def test_what_the_base_does_to_itself_is_its_own_matter_and_what_is_new_is_reported_alone() -> None:
    old, new = (Clash(kind="overwrites", owners=("a", "b"), files=files) for files in (("x",), ("x", "y")))
    base, more = (environment("a 1", "b 1", clashes=(clash,)) for clash in (old, new))
    lacking = environment("a 1", "b 1", clashes=(old,), lost={"a": ("z",)})
    assert guard.check_installed(dag_type(), lacking, lacking) is None
    (lost,) = refusal(guard.check_installed, dag_type(), base, lacking)
    assert "removes files of a 1 (of the base): z: " in lost
    (clash,) = refusal(guard.check_installed, dag_type(), base, more)
    assert "different content: y: " in clash


SHADOW = Clash(kind="shadows", owners=("opencv", "six"), files=("six.py", "six/__init__.py"))
BOTH_NEW = Clash(kind="overwrites", owners=("opencv", "opencv-headless"), files=tuple("abcde"))
CLASHES = {
    "psycopg2-binary 2.9.11 (of the delta) and psycopg2 2.9.10 (of the base) install the same files "
    "with different content: psycopg2/__init__.py: ": OVER,
    "opencv 4.1 (of the delta) and opencv-headless 4.1 (of the delta) install the same files "
    "with different content, and which of them wins is random: a, b, c and 2 more: ": BOTH_NEW,
    "opencv 4.1 (of the delta) and six 1.17.0 (of the base) hide modules of each other: "
    "six.py, six/__init__.py: ": SHADOW,
}


@pytest.mark.parametrize(("message", "clash"), CLASHES.items())
def test_a_clash_is_reported_with_both_packages_and_the_first_files(message: str, clash: Clash) -> None:
    (problem,) = refusal(guard.check_installed, dag_type(), BASE, built(clash))
    assert problem.startswith(f"{FILE}: {message}pin a package that keeps to its own files, ")


def test_every_clash_and_every_loss_is_reported() -> None:
    found = built(OVER, SHADOW, six=("six.py",))
    assert len(refusal(guard.check_installed, dag_type(settings=ALLOWED), BASE, found)) == 2
