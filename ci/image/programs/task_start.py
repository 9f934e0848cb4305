"""Run one task as a pod of the Kubernetes executor does, with answers of our own for the API server's.

    task_start.py FOLDER        FOLDER/dags gets the DAG; it is Airflow's dags_folder

The pod's own command and the task's process import all that the start of a task needs. Exits with 1 where the
task didn't run. Runs under Airflow's Python, without a network.
"""

import importlib
import json
import runpy
import sys
from pathlib import Path
from typing import Any

COMMAND = "airflow.sdk.execution_time.execute_workload"
DAG = """
from airflow.sdk import dag, task

@dag
def start():
    @task
    def first():
        open({ran!r}, "w").close()

    first()

start()
"""
_DAY = "2021-01-01T00:00:00Z"
# The fields of all versions of Airflow together; one that isn't named here is null.
RUN: dict[str, Any] = {
    "dag_id": "start",
    "run_id": "manual",
    "run_type": "manual",
    "state": "running",
    "logical_date": _DAY,
    "run_after": _DAY,
    "start_date": _DAY,
    "consumed_asset_events": [],
}
WORKLOAD = {
    "type": "ExecuteTask",
    "token": "",
    "dag_rel_path": "start.py",
    "log_path": None,
    "bundle_info": {"name": "dags-folder", "version": None},
    "ti": {
        "id": "00000000-0000-0000-0000-000000000001",
        "dag_version_id": "00000000-0000-0000-0000-000000000002",
        "dag_id": "start",
        "task_id": "first",
        "run_id": "manual",
        "try_number": 1,
        "map_index": -1,
        "pool_slots": 1,
        "queue": "default",
        "priority_weight": 1,
    },
}


def answer_requests() -> None:
    """Have Airflow's client of the API server answer itself."""
    # Imported here: Airflow isn't installed where this is tested.
    httpx = importlib.import_module("httpx")
    client = importlib.import_module("airflow.sdk.api.client").Client
    dag_run = importlib.import_module("airflow.sdk.api.datamodels._generated").DagRun

    def answer(request: Any) -> Any:  # noqa: ANN401 - httpx's own types
        if not request.url.path.endswith("/run"):
            return httpx.Response(200, json={"ok": True})
        run = {name: RUN.get(name) for name in dag_run.model_fields}
        return httpx.Response(200, json={"dag_run": run, "max_tries": 0, "should_retry": False})

    connect = client.__init__

    def init(self: object, **options: object) -> None:
        own = {"base_url": None, "dry_run": True, "transport": httpx.MockTransport(answer)}
        connect(self, **{**options, **own})

    client.__init__ = init


def main(folder: Path) -> int:
    """Run the task; the exit code says whether it did."""
    sys.path[0] = ""  # as with -m: beside this file are modules of other programs
    ran = folder / "ran"
    (folder / "dags").mkdir()
    (folder / "dags/start.py").write_text(DAG.format(ran=str(ran)), encoding="utf-8")
    answer_requests()
    sys.argv = [COMMAND, "--json-string", json.dumps(WORKLOAD)]
    runpy.run_module(COMMAND, run_name="__main__", alter_sys=True)
    return 0 if ran.exists() else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
