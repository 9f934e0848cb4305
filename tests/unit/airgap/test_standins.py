"""The stand-ins as steps: one for each pinned image, with inputs that follow what they are made of."""

import subprocess
from pathlib import Path

import pytest

from airgap import pins, standins
from airgap.errors import AirgapError
from airgap.standins.airflow import environment
from airgap.standins.airflow.image import environment_variables, labels
from airgap.step import all_steps

_FOLDER = Path(standins.__file__).parent
_LOCK = environment.locked_versions()


def test_every_pinned_image_has_a_stand_in() -> None:
    assert standins.standin_steps().keys() == pins.images().keys()


def test_the_steps_have_names_of_their_own() -> None:
    steps = all_steps(standins.standin_steps().values())
    names = [step.name for step in steps]
    assert len(set(names)) == len(names)
    assert {f"standin-{name}" for name in pins.images()} <= set(names)


@pytest.mark.parametrize("name", sorted(pins.images()))
def test_another_tag_is_another_image(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = standins.standin_steps()
    images = pins.images()
    old = images[name]
    images[name] = pins.Image(old.registry, old.repository, f"{old.tag}-x")
    monkeypatch.setattr(pins, "images", lambda: images)
    after = standins.standin_steps()
    changed = {other for other in images if after[other].result != before[other].result}
    assert changed == ({"uv", "airflow"} if name == "uv" else {name})  # uv installs Airflow's packages


def test_images_with_a_system_share_its_layer() -> None:
    steps = standins.standin_steps()
    bases = {
        name: [need for need in step.needs if need.name == "standin-base"] for name, step in steps.items()
    }
    assert len({id(base) for found in bases.values() for base in found}) == 1
    assert bases["uv"] == []


@pytest.mark.parametrize(
    "script", sorted(_FOLDER.rglob("*.sh")), ids=lambda path: f"{path.parent.name}/{path.name}"
)
def test_scripts_are_valid_bash(script: Path) -> None:
    done = subprocess.run(["bash", "-n", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_root_gets_no_pip() -> None:
    script = _FOLDER / "airflow" / "pip_as_root.sh"
    done = subprocess.run(["bash", script, "install", "x"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "USER airflow" in done.stderr


def test_the_lock_is_for_the_pinned_airflow() -> None:
    assert environment.check_lock(pins.images()["airflow"].tag, _LOCK) == _LOCK["apache-airflow"]


@pytest.mark.parametrize("tag", ["3.1.6-python3.13", "3.1.5-python3.12", "3.1.5", "latest", ""])
def test_a_tag_that_the_lock_is_not_for_is_refused(tag: str) -> None:
    with pytest.raises(AirgapError, match="can't be stood in for") as error:
        environment.check_lock(tag, {"apache-airflow": "3.1.5"})
    assert f"apache/airflow:{tag} " in str(error.value)


def test_the_lock_holds_what_is_asked_for() -> None:
    lines = (_FOLDER / "airflow" / "requirements.in").read_text().splitlines()
    asked = [line.split("#")[0].strip() for line in lines if line and not line.startswith("#")]
    for requirement in asked:
        name, _, version = requirement.partition("==")
        assert name in _LOCK
        assert version in ("", _LOCK[name])


def test_every_locked_package_has_hashes() -> None:
    blocks = (_FOLDER / "airflow" / "requirements.txt").read_text().split("\n\n")[-1]
    requirements = [line for line in blocks.splitlines() if line and line[0] not in " #"]
    assert len(requirements) == len(_LOCK)
    assert [line for line in requirements if not line.endswith("\\")] == []


def test_the_lock_is_of_the_day_of_the_release() -> None:
    assert (_LOCK["sqlalchemy"], _LOCK["pydantic"]) == ("2.0.45", "2.12.5")
    assert "apache-airflow-providers-fab" not in _LOCK


def test_versions_are_read_from_the_lock(tmp_path: Path) -> None:
    lock = tmp_path / "requirements.txt"
    lock.write_text(
        "a-b==1.0 \\\n    --hash=sha256:0\n    # via c==9\nd==2 ; sys_platform == 'win32' \\\n    --hash=x\n"
    )
    assert environment.locked_versions(lock) == {"a-b": "1.0", "d": "2"}


def test_constraints_name_third_parties_and_providers_but_no_airflow() -> None:
    versions = {
        "uv": "1",
        "apache-airflow": "3.1.5",
        "apache-airflow-core": "3.1.5",
        "apache-airflow-task-sdk": "1.1.5",
        "apache-airflow-providers-http": "5.6.1",
        "attrs": "25.1",
    }
    lines = environment.constraints(versions).splitlines()
    assert [line for line in lines if not line.startswith("#")] == [
        "apache-airflow-providers-http==5.6.1",
        "attrs==25.1",
    ]


def test_the_environment_comes_first_on_the_path_but_for_root() -> None:
    path = environment_variables("3.1.5", "3.13.5", _LOCK)["PATH"].split(":")
    assert path[:3] == ["/root/bin", "/home/airflow/.local/bin", "/usr/python/bin"]


def test_variables_carry_the_versions() -> None:
    variables = environment_variables("3.1.5", "3.13.5", {"pip": "25.3", "uv": "0.9.18"})
    expected = {
        "AIRFLOW_VERSION": "3.1.5",
        "AIRFLOW_PYTHON_VERSION": "3.13.5",
        "AIRFLOW_PIP_VERSION": "25.3",
        "AIRFLOW_UV_VERSION": "0.9.18",
        "AIRFLOW_UID": "50000",
        "AIRFLOW_HOME": "/opt/airflow",
        "VIRTUAL_ENV": "/home/airflow/.local",
    }
    assert {name: variables[name] for name in expected} == expected


def test_labels_point_at_airflow_itself() -> None:
    found = labels("3.1.5", "3.13.5")
    assert found["org.opencontainers.image.source"] == "https://github.com/apache/airflow"
    assert found["org.apache.airflow.version"] == found["org.opencontainers.image.version"] == "3.1.5"
    assert found["org.apache.airflow.python.version"] == "3.13.5"
    reset = (
        "authors created description documentation licenses ref.name revision source title url vendor version"
    )
    assert {name for name in found if name.startswith("org.opencontainers.")} == {
        f"org.opencontainers.image.{name}" for name in reset.split()
    }
