"""Airflow's own functions around DAG bags, which differ between its versions.

Airflow is imported inside the functions: it isn't installed where they are tested.
"""

from __future__ import annotations

import importlib
import inspect
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

BUNDLE = "dags-folder"  # the bundle that Airflow makes of [core] dags_folder
OnDag = Callable[[Any, "Exception | None"], None]
"""Gets a DAG, and the error with which Airflow refused it."""


def dags_bundle() -> Any:  # noqa: ANN401 - Airflow's own object, with a path and a name
    """Return the initialized bundle of the DAGs' folder; raise ValueError where Airflow has another one."""
    manager = importlib.import_module("airflow.dag_processing.bundles.manager")
    bundle = manager.DagBundlesManager().get_bundle(name=BUNDLE, version=None)
    bundle.initialize()
    return bundle


def list_python_files(folder: Path) -> list[str]:
    """Return the files that Airflow would look at, by .airflowignore but without safe mode."""
    paths = importlib.import_module("airflow.utils.file").list_py_file_paths(str(folder), safe_mode=False)
    return sorted(map(str, paths))


def is_skipped(path: str) -> bool:
    """Return whether the DAG processor passes over a file in safe mode."""
    return not importlib.import_module("airflow.utils.file").might_contain_dag(path, safe_mode=True)


def lacking_word(path: str) -> str:
    """Return the word without which Airflow's own rule of safe mode passes over a file; empty for none."""
    try:
        text = Path(path).read_bytes().lower()
    except OSError:
        return ""
    if b"airflow" not in text:
        return "airflow"
    return "" if b"dag" in text or b"asset" in text else "dag"


def bag_class() -> Any:  # noqa: ANN401 - Airflow's own class
    """Return the DagBag of task runner and DAG processor: that of a bundle, if this Airflow has it."""
    try:
        return importlib.import_module("airflow.dag_processing.dagbag").BundleDagBag
    except (ImportError, AttributeError):
        return importlib.import_module("airflow.models.dagbag").DagBag


def dag_bag(path: str, bundle: Any, *, safe_mode: bool, on_dag: OnDag) -> Any:  # noqa: ANN401
    """Return a DagBag of one file in its bundle; safe mode is the DAG processor's, not the task runner's."""
    root = str(bundle.path)
    if root not in sys.path:  # a BundleDagBag does this itself
        sys.path.append(root)
    base = bag_class()
    base_method: Callable[..., Any] = base.bag_dag

    class Bag(base):
        """A DagBag that reports its DAGs."""

        def bag_dag(self, dag: Any, *others: Any, **options: Any) -> Any:  # noqa: ANN401
            try:
                result = base_method(self, dag, *others, **options)
            except Exception as error:
                on_dag(dag, error)
                raise
            on_dag(dag, None)
            return result

    options = {
        "include_examples": False,
        "safe_mode": safe_mode,
        "load_op_links": False,
        "bundle_path": Path(root),
        "bundle_name": BUNDLE,
    }
    return Bag(dag_folder=path, **_accepted(base, options))


def _accepted(base: type, options: dict[str, Any]) -> dict[str, Any]:
    """Return the options that a class or its bases take, which depends on Airflow's version."""
    known = {name for cls in base.__mro__ for name in inspect.signature(cls.__init__).parameters}
    accepted = {name: value for name, value in options.items() if name in known}
    if base.__name__ == "BundleDagBag":
        accepted.pop("include_examples", None)  # a bundle has none, and warns about it
    return accepted


def round_trip(dag: Any) -> Any:  # noqa: ANN401
    """Return the DAG as the scheduler reads it from the database; raise whatever Airflow does."""
    module = importlib.import_module("airflow.serialization.serialized_objects")
    serializer = getattr(module, "DagSerialization", None) or module.SerializedDAG
    return serializer.from_dict(json.loads(json.dumps(serializer.to_dict(dag))))


def check_serializable(value: object) -> None:
    """Raise what Airflow raises where the database can't hold a value."""
    module = importlib.import_module("airflow.serialization.serialized_objects")
    module.BaseSerialization.serialize(value, strict=True)


def pod_class() -> type:
    """Return the Kubernetes client's V1Pod."""
    return importlib.import_module("kubernetes.client.models").V1Pod
