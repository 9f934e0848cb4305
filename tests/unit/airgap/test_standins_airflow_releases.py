"""The releases of Airflow that are stood in for: what they hold, tags, days, and a pin without one."""

from pathlib import Path

import pytest

from airgap import pins
from airgap.errors import AirgapError
from airgap.pins import Image, parse_image
from airgap.standins.airflow.releases import Release, check_pin, constraints, images, releases
from ci.config.pins import default_base

_ALL = releases()
_PINNED = parse_image("docker.io/apache/airflow:3.1.5-python3.13")


def _asked(release: Release) -> dict[str, str]:
    lines = (release.folder / "requirements.in").read_text().splitlines()
    requirements = [line.split("#")[0].strip() for line in lines if line and not line.startswith("#")]
    return {name: version for name, _, version in (text.partition("==") for text in requirements)}


@pytest.fixture(name="release")
def make_release(tmp_path: Path) -> Release:
    folder = tmp_path / "3.1.5"
    folder.mkdir()
    (folder / "requirements.in").write_text("#     --exclude-newer 2025-12-20 --output-file x\na-b\n")
    (folder / "requirements.txt").write_text("apache-airflow==3.1.5 \\\n    --hash=sha256:0\n")
    return Release(folder)


def test_the_base_the_default_one_and_three_lines_of_airflow_are_served() -> None:
    base = pins.images()["airflow"]
    assert {base, parse_image(default_base())} <= set(images(base))
    assert {release.version.rpartition(".")[0] for release in _ALL} >= {"3.1", "3.2", "3.3"}
    # Two releases of one day would share a layer.
    assert len({release.created() for release in _ALL}) == len(_ALL)


@pytest.mark.parametrize("release", _ALL, ids=lambda release: release.version)
def test_a_lock_holds_the_release_and_what_it_asks_for_with_hashes(release: Release) -> None:
    locked, asked = release.packages(), _asked(release)
    assert locked["apache-airflow-core"] == release.version
    assert {name: version or locked[name] for name, version in asked.items()} == {
        name: locked[name] for name in asked
    }
    assert asked.keys() == _asked(_ALL[0]).keys()
    assert "apache-airflow-providers-fab" not in locked
    blocks = release.lock.read_text().split("\n\n")[-1]
    requirements = [line for line in blocks.splitlines() if line and line[0] not in " #"]
    assert len(requirements) == len(locked)
    assert [line for line in requirements if not line.endswith("\\")] == []


@pytest.mark.parametrize(
    ("version", "day", "sqlalchemy", "pydantic"),
    [
        ("3.1.5", "2025-12-20", "2.0.45", "2.12.5"),
        ("3.2.2", "2026-05-30", "2.0.50", "2.13.4"),
        ("3.3.2", "2026-09-18", "2.0.54", "2.13.5"),
    ],
)
def test_the_lock_is_of_the_releases_days(version: str, day: str, sqlalchemy: str, pydantic: str) -> None:
    (release,) = [release for release in _ALL if release.version == version]
    locked = release.packages()
    assert release.created().isoformat() == f"{day}T00:00:00+00:00"
    assert (locked["sqlalchemy"], locked["pydantic"]) == (sqlalchemy, pydantic)


def test_versions_are_read_from_the_lock_of_the_release_alone(release: Release) -> None:
    release.lock.write_text(
        "a-b==1.0 \\\n    --hash=sha256:0\n    # via c==9\napache-airflow==3.1.5 \\\n    --hash=x\n"
        "d==2 ; sys_platform == 'win32' \\\n    --hash=x\n"
    )
    assert release.packages() == {"a-b": "1.0", "apache-airflow": "3.1.5", "d": "2"}
    for text, held in (("apache-airflow==3.1.6 \\\n", "3.1.6"), ("a==1 \\\n", "(none)")):
        release.lock.write_text(text)
        with pytest.raises(AirgapError) as error:
            release.packages()
        assert f"{release.lock} holds apache-airflow {held}; expected 3.1.5, " in str(error.value)
    (release.folder / "requirements.in").write_text("# uv pip compile\na-b\n")
    with pytest.raises(AirgapError, match=r"requirements\.in says no day: expected `--exclude-newer"):
        release.created()


def test_releases_come_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    for version in ("3.10.0", "3.2.2", "3.1.5"):
        (tmp_path / version).mkdir()
        (tmp_path / version / "requirements.in").touch()
    (tmp_path / "notes").mkdir()
    assert [release.version for release in releases(tmp_path)] == ["3.1.5", "3.2.2", "3.10.0"]


def test_releases_are_served_beside_the_pin_which_keeps_its_digest_and_must_be_one_of_them() -> None:
    pinned = parse_image(f"quay.io/team/airflow:3.1.5-python3.13@sha256:{'0' * 64}")
    known = [Release(Path(version)) for version in ("3.1.5", "3.2.2")]
    assert list(images(pinned, known)) == [pinned, Image("quay.io", "team/airflow", "3.2.2-python3.13")]
    for tag in ("3.1.6-python3.13", "3.1.5-python3.12", "3.1.5", "latest"):
        other = Image(_PINNED.registry, _PINNED.repository, tag)
        with pytest.raises(AirgapError, match="can't be stood in for") as error:
            check_pin(other, images(other, known))
        assert str(error.value).startswith(f"docker.io/apache/airflow:{tag} ")
        names = "has 3.1.5-python3.13, 3.2.2-python3.13. Name one of these in images/base.toml"
        assert names in str(error.value)


def test_constraints_name_third_parties_and_providers_but_no_airflow() -> None:
    own = dict.fromkeys(("uv", "apache-airflow", "apache-airflow-core", "apache-airflow-task-sdk"), "1")
    lines = constraints({**own, "apache-airflow-providers-http": "5.6.1", "attrs": "25.1"}).splitlines()
    names = [line for line in lines if not line.startswith("#")]
    assert names == ["apache-airflow-providers-http==5.6.1", "attrs==25.1"]
