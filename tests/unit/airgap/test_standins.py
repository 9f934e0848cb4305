"""The stand-ins as steps: one for each image, with inputs that follow what they are made of."""

import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from airgap import pins, standins
from airgap.errors import AirgapError
from airgap.pins import Image
from airgap.standins.airflow.image import airflow_step, environment_variables, labels
from airgap.standins.airflow.releases import Release, releases
from airgap.step import Step, all_steps
from airgap.steps import digest_of

_FOLDER = Path(standins.__file__).parent


def _airflow(release: Release) -> Step:
    needs = [Step(name=name, inputs=digest_of(name), build=lambda _, __: None) for name in ("base", "uv")]
    return airflow_step(release, *needs)


def test_every_image_and_every_release_of_airflow_has_a_stand_in() -> None:
    steps = standins.standin_steps()
    assert {*pins.images().values(), *standins.first_images()} <= steps.keys()
    airflow = pins.images()["airflow"]
    served = {str(image): step.name for image, step in steps.items()}
    for release in releases():
        reference = f"{airflow.registry}/{airflow.repository}:{release.version}-python3.13"
        assert served[reference] == f"standin-airflow-{release.version}"
    names = [step.name for step in all_steps(steps.values())]
    assert len(set(names)) == len(names)
    assert {f"standin-{name}" for name in pins.images() if name != "airflow"} <= set(names)
    bases = {
        image: [need for need in step.needs if need.name == "standin-base"] for image, step in steps.items()
    }
    assert len({id(base) for needs in bases.values() for base in needs}) == 1  # whose layer is shared
    assert bases[pins.images()["uv"]] == []


@pytest.mark.parametrize("name", sorted(pins.images().keys() - {"airflow"}))
def test_another_tag_is_another_image(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = {step.result for step in standins.standin_steps().values()}
    images = pins.images()
    old = images[name]
    images[name] = Image(old.registry, old.repository, f"{old.tag}-x")
    monkeypatch.setattr(pins, "images", lambda: images)
    after = standins.standin_steps()
    changed = {image for image, step in after.items() if step.result not in before}
    airflow = {image for image in after if image.repository == images["airflow"].repository}
    assert changed == {images[name]} | (airflow if name == "uv" else set())  # uv installs Airflow's packages


def test_an_airflow_that_is_not_locked_here_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    pinned = {**pins.images(), "airflow": pins.parse_image("docker.io/apache/airflow:2.1.4-python3.13")}
    monkeypatch.setattr(pins, "images", lambda: pinned)
    with pytest.raises(AirgapError, match=r"airflow:2\.1\.4-python3\.13 can't be stood in for"):
        standins.standin_steps()


def test_the_inputs_of_a_release_are_its_version_and_its_packages(tmp_path: Path) -> None:
    for version in ("3.1.5", "3.2.2"):
        (tmp_path / version).mkdir()
        (tmp_path / version / "requirements.in").write_text("a")
    one, two = releases(tmp_path)
    before = _airflow(one).inputs, _airflow(two).inputs
    assert before[0] != before[1]
    (two.folder / "requirements.in").write_text("b")
    assert _airflow(one).inputs == before[0]
    assert _airflow(two).inputs != before[1]


def test_scripts_are_valid_bash_and_root_gets_no_pip() -> None:
    for script in sorted(_FOLDER.rglob("*.sh")):
        done = subprocess.run(["bash", "-n", script], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")
    script = _FOLDER / "airflow" / "pip_as_root.sh"
    done = subprocess.run(["bash", script, "install", "x"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "USER airflow" in done.stderr


def test_variables_carry_the_versions_and_the_environment_comes_first_on_the_path_but_for_root() -> None:
    variables = environment_variables("3.1.5", "3.13.5", {"pip": "25.3", "uv": "0.9.18"})
    path = variables["PATH"].split(":")
    assert path[:3] == ["/root/bin", "/home/airflow/.local/bin", "/usr/python/bin"]
    versions = {"": "3.1.5", "PYTHON_": "3.13.5", "PIP_": "25.3", "UV_": "0.9.18"}
    expected = {f"AIRFLOW_{name}VERSION": version for name, version in versions.items()}
    expected |= {"AIRFLOW_UID": "50000", "AIRFLOW_HOME": "/opt/airflow"}
    expected |= {"VIRTUAL_ENV": "/home/airflow/.local"}
    assert {name: variables[name] for name in expected} == expected


def test_labels_point_at_airflow_itself() -> None:
    values = labels("3.1.5", "3.13.5", datetime(2025, 12, 20, tzinfo=UTC))
    oci = "org.opencontainers.image."
    assert values[f"{oci}source"] == "https://github.com/apache/airflow"
    assert values["org.apache.airflow.version"] == values[f"{oci}version"] == "3.1.5"
    assert values["org.apache.airflow.python.version"] == "3.13.5"
    assert values[f"{oci}created"] == "2025-12-20T00:00:00Z"
    names = "authors created description documentation licenses ref.name revision source title url vendor"
    reset = {f"{oci}{name}" for name in (*names.split(), "version")}
    assert {name for name in values if name.startswith("org.opencontainers.")} == reset
