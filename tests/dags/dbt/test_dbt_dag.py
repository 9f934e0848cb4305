"""The shape of the DAG."""

import runpy
from pathlib import Path

from scripts.dbt import project

FILE = Path(project.__file__).parents[2] / "dags/dbt/dbt_transformation_dag.py"


def test_seed_then_run_then_test() -> None:
    dag = runpy.run_path(str(FILE))["dbt_transformation"]()
    assert dag.dag_id == "dbt_transformation"
    assert {task.task_id: task.upstream_task_ids for task in dag.tasks} == {
        "seed": set(),
        "run": {"seed"},
        "test": {"run"},
    }


def test_the_project_is_beside_the_dag() -> None:
    assert (runpy.run_path(str(FILE))["PROJECT"] / "dbt_project.yml").is_file()
