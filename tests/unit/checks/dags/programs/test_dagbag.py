"""Airflow's own ways, which differ between versions: each is taken as that version has it."""

import sys
from collections.abc import Callable
from inspect import Parameter, Signature
from pathlib import Path
from types import ModuleType, SimpleNamespace
from unittest.mock import MagicMock, call

import pytest

from ci.checks.dags.programs import dagbag

Install = Callable[..., None]


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Install:
    """Give a function that installs a module with some names instead of Airflow's."""

    def installed(name: str, **names: object) -> None:
        module = ModuleType(name)
        vars(module).update(names)
        monkeypatch.setitem(sys.modules, name, module)

    for parent in ("airflow", "airflow.dag_processing", "airflow.models", "airflow.serialization"):
        installed(parent)
    return installed


class Base:
    """Stands for the DagBag of any version: takes in two DAGs, and refuses the second."""

    def __init__(self, **given: object) -> None:
        """Take in both."""
        self.given = given
        self.bag_dag(dag="one")
        try:
            self.bag_dag(dag="two")
        except ValueError as error:
            self.refused = error

    def bag_dag(self, dag: str) -> str:
        """Take in one."""
        if dag == "two":
            raise ValueError("refused")
        return dag


def bag_class(base: type, name: str, parameters: str) -> type:
    """Return a class whose constructor has the parameters of a version of Airflow."""

    def construct(self: Base, **given: object) -> None:
        Base.__init__(self, **given)

    keywords = [Parameter(keyword, Parameter.KEYWORD_ONLY) for keyword in parameters.split()]
    vars(construct)["__signature__"] = Signature(keywords)
    return type(name, (base,), {"__init__": construct})


OPTIONS = "dag_folder include_examples safe_mode load_op_links bundle_path"
OLD = bag_class(Base, "DagBag", OPTIONS)  # of airflow.models.dagbag in 3.1
NEW = bag_class(Base, "DagBag", f"{OPTIONS} bundle_name")  # of airflow.dag_processing.dagbag in 3.2
BUNDLE = bag_class(NEW, "BundleDagBag", "bundle_path")  # it has more options than it names


VERSIONS = {
    "3.1": {"airflow.models.dagbag": {"DagBag": OLD}},
    "3.2": {
        "airflow.dag_processing.dagbag": {"BundleDagBag": BUNDLE, "DagBag": NEW},
        "airflow.models.dagbag": {"DBDagBag": object},
    },
}


@pytest.mark.parametrize(
    ("version", "own"), [("3.1", {"include_examples": False}), ("3.2", {"bundle_name": "dags-folder"})]
)
def test_a_bag_of_one_file_is_made_as_each_version_does(
    install: Install, monkeypatch: pytest.MonkeyPatch, version: str, own: dict[str, object]
) -> None:
    for name, names in VERSIONS[version].items():
        install(name, **names)
    monkeypatch.setattr(sys, "path", ["/lib"])
    on_dag = MagicMock()
    bag = dagbag.dag_bag("/dags/a.py", SimpleNamespace(path=Path("/dags")), safe_mode=True, on_dag=on_dag)
    assert bag.given == {
        "dag_folder": "/dags/a.py",
        "safe_mode": True,
        "load_op_links": False,
        "bundle_path": Path("/dags"),
        **own,
    }
    assert on_dag.call_args_list == [call("one", None), call("two", bag.refused)]
    assert sys.path == ["/lib", "/dags"]


class Serializer:
    """Stands for a serializer: what it makes of a DAG."""

    @classmethod
    def to_dict(cls, dag: str) -> dict[str, object]:
        """Something that JSON can hold."""
        return {cls.__name__: (dag,)}

    @staticmethod
    def from_dict(data: dict[str, object]) -> dict[str, object]:
        """Return the data."""
        return data


class Newer(Serializer):
    """Of a later version."""


def test_a_round_trip_goes_through_json_by_the_versions_own_serializer(install: Install) -> None:
    for names, expected in (
        ({"SerializedDAG": Serializer}, "Serializer"),
        ({"SerializedDAG": object, "DagSerialization": Newer}, "Newer"),
    ):
        install("airflow.serialization.serialized_objects", **names)
        assert dagbag.round_trip("x") == {expected: ["x"]}


def test_a_value_is_checked_strictly(install: Install) -> None:
    def serialize(value: object, *, strict: bool) -> None:
        if strict and not isinstance(value, dict):
            raise TypeError(str(value))

    install(
        "airflow.serialization.serialized_objects", BaseSerialization=SimpleNamespace(serialize=serialize)
    )
    dagbag.check_serializable({})
    with pytest.raises(TypeError, match="5"):
        dagbag.check_serializable(5)


def test_bundle_and_pod_are_those_of_airflow_and_kubernetes(install: Install) -> None:
    manager = MagicMock()
    for parent in ("airflow.dag_processing.bundles", "kubernetes", "kubernetes.client"):
        install(parent)
    install("airflow.dag_processing.bundles.manager", DagBundlesManager=manager)
    install("kubernetes.client.models", V1Pod=Serializer)
    bundle = dagbag.dags_bundle()
    manager().get_bundle.assert_called_once_with(name="dags-folder", version=None)
    bundle.initialize.assert_called_once_with()
    assert dagbag.pod_class() is Serializer


def test_files_are_listed_without_safe_mode_and_skipped_by_it(install: Install) -> None:
    def listed(folder: str, *, safe_mode: bool) -> list[Path]:
        return [Path(folder, "b.py"), Path(folder, "a.py")] if not safe_mode else []

    def might_contain_dag(path: str, safe_mode: bool) -> bool:  # noqa: FBT001 - as Airflow has it
        return not safe_mode or "dag" in path

    install("airflow.utils")
    install("airflow.utils.file", list_py_file_paths=listed, might_contain_dag=might_contain_dag)
    assert dagbag.list_python_files(Path("/x")) == ["/x/a.py", "/x/b.py"]
    assert [dagbag.is_skipped("/x/dag.py"), dagbag.is_skipped("/x/a.py")] == [False, True]
