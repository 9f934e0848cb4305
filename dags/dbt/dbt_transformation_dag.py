"""The dbt project beside this file: seed, run and test, each in its own task."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from airflow.sdk import chain, dag, task

PROJECT = Path(__file__).parent / "project"


@dag(
    dag_id="dbt_transformation",
    schedule="@daily",
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,  # two runs would replace the same tables
    tags=["dbt", "postgres"],
    default_args={
        "owner": "data-team",
        "retries": 1,
        "retry_delay": timedelta(minutes=2),
        "execution_timeout": timedelta(hours=1),
    },
    doc_md="""
The dbt project `dags/dbt/project`: seed, run and test, each in its own task.

Tables land in the schemas `dbt_seeds`, `dbt_staging` and `dbt_marts`.

Set on the worker: `POSTGRES_HOST`, `POSTGRES_DATABASE`, `POSTGRES_USER`, `POSTGRES_PASSWORD`; where
the default does not fit also `POSTGRES_PORT` (5432).
""",
)
def dbt_transformation() -> None:
    """Build and test the models."""

    @task
    def dbt(command: Literal["seed", "run", "test"]) -> dict[str, str | int]:
        """Run one dbt command."""
        # Imported here: the scheduler parses this file without the scripts of this image.
        from airflow.exceptions import AirflowFailException  # noqa: PLC0415

        from scripts.dbt import project  # noqa: PLC0415
        from scripts.environment import SetupError  # noqa: PLC0415

        try:
            return project.dbt(command, PROJECT)
        except SetupError as error:
            raise AirflowFailException(str(error)) from error  # a retry cannot help

    chain(
        dbt.override(task_id="seed")("seed"),
        dbt.override(task_id="run")("run"),
        dbt.override(task_id="test")("test"),
    )


dbt_transformation()
