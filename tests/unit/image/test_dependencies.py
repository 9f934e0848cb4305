"""The digest of what the layers of a type's packages are made of."""

import dataclasses
from typing import Any

import pytest

from ci.config.dag_type import DagType, parse
from ci.config.layers import LayerSettings
from ci.config.lockfile import Build, Lock
from ci.image import dependencies
from ci.image.dependencies import bytecode_digest, inputs_digest
from ci.image.oci import Base

from ..repository import FILE

BASE = Base(reference="airflow@sha256:a", manifest={}, config={"os": "linux", "architecture": "amd64"})
LOCK = Lock(
    text='[[packages]]\nname = "zeep"\n\n[tool.airflow-images]\nbase = "airflow"\n', packages={"zeep": "1"}
)
BUILD = Build(packages={"zeep": "1"}, requirements=("setuptools @ x#sha256=1",))


def dag_type(name: str = "one", settings: str = "") -> DagType:
    text = f'[project]\nname = "{name}"\ndependencies = []\n[tool.airflow-images]\n{settings}'
    return parse(name, FILE, text)


def digest(**other: Any) -> str:  # noqa: ANN401 - of several types
    usual: dict[str, Any] = {"base": BASE, "dag_type": dag_type(), "lock": LOCK, "settings": LayerSettings()}
    return inputs_digest(**{**usual, **other})


def test_types_with_the_same_packages_have_the_same_digest() -> None:
    stamped = dataclasses.replace(LOCK, text=LOCK.text + 'requirements = ["zeep==1"]\n')
    other = LayerSettings.model_validate({"own": ["pandas"]})
    assert digest() == digest(dag_type=dag_type("two"), lock=stamped, settings=other)


@pytest.mark.parametrize(
    "other",
    [
        {"base": dataclasses.replace(BASE, reference="airflow@sha256:b")},
        {"base": dataclasses.replace(BASE, config={"os": "linux", "architecture": "arm64"})},
        {"lock": dataclasses.replace(LOCK, text=LOCK.text.replace("zeep", "lxml"))},
        {"lock": dataclasses.replace(LOCK, build=BUILD)},
        {"dag_type": dag_type(settings='bytecode = "none"')},
        {"dag_type": dag_type(settings='bytecode = "all"')},
        {"settings": LayerSettings.model_validate({"own": ["zeep"]})},
        {"settings": LayerSettings.model_validate({"compression": "zstd"})},
    ],
)
def test_every_input_changes_it(other: dict[str, Any]) -> None:
    assert digest(**other) not in {digest(), ""}


def test_another_format_of_layers_changes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    before = digest()
    monkeypatch.setattr(dependencies, "FORMAT", 0)
    assert digest() != before


def test_byte_code_of_the_base_is_said_of_types_without_packages() -> None:
    empty = Lock(text="", packages={})
    alone = digest(lock=empty)
    assert alone == digest(lock=dataclasses.replace(empty, text="# another"), dag_type=dag_type("two"))
    assert alone == bytecode_digest(BASE, "start", "gzip")
    every = digest(lock=empty, dag_type=dag_type(settings='bytecode = "all"'))
    assert len({alone, every, digest(), ""}) == 4


def test_nothing_is_said_of_no_layers_or_of_debians() -> None:
    assert digest(lock=Lock(text="", packages={}), dag_type=dag_type(settings='bytecode = "none"')) == ""
    assert digest(dag_type=dag_type(settings='system-packages = ["jq"]')) == ""
    assert digest(dag_type=dag_type(settings='build-packages = ["gcc"]')) == digest()
    built = dataclasses.replace(LOCK, build=BUILD)
    assert digest(dag_type=dag_type(settings='build-packages = ["gcc"]'), lock=built) == ""
