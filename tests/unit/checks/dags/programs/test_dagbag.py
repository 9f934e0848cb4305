"""Airflow's own ways, which differ between versions: each is taken as that version has it."""

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from ci.checks.dags.programs import dagbag

Install = Callable[..., None]


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Install:
    """Give a function that installs a module with some names instead of Airflow's."""

    def installed(name: str, **names: object) -> None:
        module = ModuleType(name)
        for each, value in names.items():
            setattr(module, each, value)
        monkeypatch.setitem(sys.modules, name, module)

    for parent in ("airflow", "airflow.dag_processing", "airflow.models", "airflow.serialization"):
        installed(parent)
    return installed


class Base:
    """Stands for the DagBag of any version: takes in two DAGs, and refuses the second."""

    def collect(self, given: dict[str, object]) -> None:
        """Take in both."""
        self.given = given
        self.bag_dag(dag="one")
        try:
            self.bag_dag(dag="two")
        except ValueError as error:
            self.refused = str(error)

    def bag_dag(self, dag: str) -> str:
        """Take in one."""
        if dag == "two":
            raise ValueError("refused")
        return dag


class Old(Base):
    """The signature of Airflow 3.1's airflow.models.dagbag.DagBag."""

    def __init__(  # noqa: PLR0913, PLR0917 - as Airflow has it
        self,
        dag_folder: object = None,
        include_examples: object = None,
        safe_mode: object = None,
        load_op_links: object = None,
        collect_dags: object = True,  # noqa: FBT002 - as Airflow has it
        known_pools: object = None,
        bundle_path: object = None,
    ) -> None:
        assert (collect_dags, known_pools) == (True, None)
        self.collect(
            {
                "dag_folder": dag_folder,
                "include_examples": include_examples,
                "safe_mode": safe_mode,
                "load_op_links": load_op_links,
                "bundle_path": bundle_path,
            }
        )


class New(Base):
    """The signature of Airflow 3.3's airflow.dag_processing.dagbag.DagBag."""

    def __init__(
        self,
        dag_folder: object = None,
        safe_mode: object = None,
        load_op_links: object = None,
        bundle_path: object = None,
        bundle_name: object = None,
    ) -> None:
        self.collect(
            {
                "dag_folder": dag_folder,
                "safe_mode": safe_mode,
                "load_op_links": load_op_links,
                "bundle_path": bundle_path,
                "bundle_name": bundle_name,
            }
        )


class BundleDagBag(New):
    """The signature of Airflow 3.2's and 3.3's."""

    def __init__(self, *args: Any, bundle_path: Path | None = None, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, bundle_path=bundle_path, **kwargs)


def old(install: Install) -> None:
    install("airflow.models.dagbag", DagBag=Old)


def new(install: Install) -> None:
    install("airflow.dag_processing.dagbag", BundleDagBag=BundleDagBag, DagBag=New)
    install("airflow.models.dagbag", DBDagBag=object)


@pytest.mark.parametrize(
    ("version", "own"), [(old, {"include_examples": False}), (new, {"bundle_name": "dags-folder"})]
)
def test_a_bag_of_one_file_is_made_as_each_version_does(
    install: Install,
    monkeypatch: pytest.MonkeyPatch,
    version: Callable[[Install], None],
    own: dict[str, object],
) -> None:
    version(install)
    monkeypatch.setattr(sys, "path", ["/lib"])
    dags: list[tuple[str, str]] = []

    def on_dag(dag: str, error: Exception | None) -> None:
        dags.append((dag, str(error)))

    bag = dagbag.dag_bag("/dags/a.py", SimpleNamespace(path=Path("/dags")), safe_mode=True, on_dag=on_dag)
    assert bag.given == {
        "dag_folder": "/dags/a.py",
        "safe_mode": True,
        "load_op_links": False,
        "bundle_path": Path("/dags"),
        **own,
    }
    assert dags == [("one", "None"), ("two", "refused")]
    assert bag.refused == "refused"
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


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ({"SerializedDAG": Serializer}, "Serializer"),
        ({"SerializedDAG": object, "DagSerialization": Newer}, "Newer"),
    ],
)
def test_a_round_trip_goes_through_json_by_the_versions_own_serializer(
    install: Install, names: dict[str, object], expected: str
) -> None:
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


def test_the_bundle_is_that_of_the_dags_folder_and_ready(install: Install) -> None:
    class Bundle:
        ready = False

        def initialize(self) -> None:
            self.ready = True

    class Manager:
        def get_bundle(self, name: str, version: str | None) -> Bundle:
            assert (name, version) == ("dags-folder", None)
            return Bundle()

    install("airflow.dag_processing.bundles")
    install("airflow.dag_processing.bundles.manager", DagBundlesManager=Manager)
    assert dagbag.dags_bundle().ready


def test_files_are_listed_without_safe_mode_and_skipped_by_it(install: Install) -> None:
    def listed(folder: str, *, safe_mode: bool) -> list[Path]:
        return [Path(folder, "b.py"), Path(folder, "a.py")] if not safe_mode else []

    def might_contain_dag(path: str, safe_mode: bool) -> bool:  # noqa: FBT001 - as Airflow has it
        return not safe_mode or "dag" in path

    install("airflow.utils")
    install("airflow.utils.file", list_py_file_paths=listed, might_contain_dag=might_contain_dag)
    assert dagbag.list_python_files(Path("/x")) == ["/x/a.py", "/x/b.py"]
    assert [dagbag.is_skipped("/x/dag.py"), dagbag.is_skipped("/x/a.py")] == [False, True]


def test_the_pod_is_the_kubernetes_clients(install: Install) -> None:
    install("kubernetes")
    install("kubernetes.client")
    install("kubernetes.client.models", V1Pod=Serializer)
    assert dagbag.pod_class() is Serializer
