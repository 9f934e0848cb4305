"""The shape of the DAG."""

import runpy
from pathlib import Path

from scripts.api import ingestion

FILE = Path(ingestion.__file__).parents[2] / "dags/api/api_ingestion_dag.py"


def test_one_task_loads_all() -> None:
    dag = runpy.run_path(str(FILE))["api_ingestion"]()
    assert dag.dag_id == "api_ingestion"
    assert [task.task_id for task in dag.tasks] == ["ingest_orders"]
    assert dag.catchup is False
