"""Airflow's own way to a DAG file's DAGs, as its task runner and its DAG processor go; here versions differ.

Airflow is imported where it is used: it isn't there when these functions are tested.
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
Bagged = Callable[[Any, "Exception | None"], None]


def bundle() -> Any:  # noqa: ANN401 - Airflow's own object, with a path and a name
    """The bundle of the DAGs' folder, ready to be read; raises ValueError where Airflow has another one."""
    manager = importlib.import_module("airflow.dag_processing.bundles.manager")
    found = manager.DagBundlesManager().get_bundle(name=BUNDLE, version=None)
    found.initialize()
    return found


def python_files(folder: Path) -> list[str]:
    """The files that Airflow would look at: .airflowignore is heeded, safe mode is not."""
    listed = importlib.import_module("airflow.utils.file").list_py_file_paths(str(folder), safe_mode=False)
    return sorted(map(str, listed))


def skipped(path: str) -> bool:
    """Whether the DAG processor passes over a file, by Airflow's own guess."""
    return not importlib.import_module("airflow.utils.file").might_contain_dag(path, safe_mode=True)


def bag_class() -> Any:  # noqa: ANN401 - Airflow's own class
    """The DagBag that task runner and DAG processor use: of a bundle, where Airflow has that."""
    try:
        return importlib.import_module("airflow.dag_processing.dagbag").BundleDagBag
    except (ImportError, AttributeError):
        return importlib.import_module("airflow.models.dagbag").DagBag


def bag_of(path: str, parts: Any, *, safe_mode: bool, bagged: Bagged) -> Any:  # noqa: ANN401
    """A DagBag of one file.

    Args:
        path: the file.
        parts: its bundle.
        safe_mode: as the DAG processor has it; the task runner has none.
        bagged: is told of every DAG that was found, and what is wrong with it.
    """
    root = str(parts.path)
    if root not in sys.path:  # a BundleDagBag does so by itself
        sys.path.append(root)
    above = bag_class()
    taken_in: Callable[..., Any] = above.bag_dag

    class Bag(above):
        """Tells of what it takes in."""

        def bag_dag(self, dag: Any, *others: Any, **options: Any) -> Any:  # noqa: ANN401
            try:
                done = taken_in(self, dag, *others, **options)
            except Exception as error:
                bagged(dag, error)
                raise
            bagged(dag, None)
            return done

    options = {
        "include_examples": False,
        "safe_mode": safe_mode,
        "load_op_links": False,
        "bundle_path": Path(root),
        "bundle_name": BUNDLE,
    }
    return Bag(dag_folder=path, **_accepted(above, options))


def _accepted(above: type, options: dict[str, Any]) -> dict[str, Any]:
    """The options that a class knows by any of its ancestors; they come and go between Airflow's versions."""
    known = {name for each in above.__mro__ for name in inspect.signature(each.__init__).parameters}
    given = {name: value for name, value in options.items() if name in known}
    if above.__name__ == "BundleDagBag":
        given.pop("include_examples", None)  # a bundle has none, and says so
    return given


def round_trip(dag: Any) -> Any:  # noqa: ANN401
    """The DAG as the scheduler reads it back from the database; raises whatever Airflow does."""
    module = importlib.import_module("airflow.serialization.serialized_objects")
    serializer = getattr(module, "DagSerialization", None) or module.SerializedDAG
    return serializer.from_dict(json.loads(json.dumps(serializer.to_dict(dag))))


def check_serializable(value: object) -> None:
    """Raise what Airflow does where a value can't be written to the database as it is."""
    module = importlib.import_module("airflow.serialization.serialized_objects")
    module.BaseSerialization.serialize(value, strict=True)


def pod_class() -> type:
    """The Kubernetes client's V1Pod."""
    return importlib.import_module("kubernetes.client.models").V1Pod
