"""The shape of the DAG."""

import runpy
from pathlib import Path

from scripts.salesforce import extraction

FILE = Path(extraction.__file__).parents[2] / "dags/salesforce/salesforce_extraction_dag.py"


def test_one_task_per_object() -> None:
    dag = runpy.run_path(str(FILE))["salesforce_extraction"]()
    assert dag.dag_id == "salesforce_extraction"
    assert {task.task_id: task.upstream_task_ids for task in dag.tasks} == {
        "extract_account": set(),
        "extract_contact": set(),
        "extract_opportunity": set(),
    }
    assert dag.max_active_runs == 1
    assert dag.catchup is False
