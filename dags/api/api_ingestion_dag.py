"""Orders from a paged HTTP API to PostgreSQL: every record is checked, and all are loaded or none."""

from datetime import UTC, datetime, timedelta

from airflow.sdk import dag, task


@dag(
    dag_id="api_ingestion",
    schedule="@daily",
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,  # each run reads everything
    tags=["api", "postgres"],
    default_args={
        "owner": "data-team",
        "retries": 3,
        "retry_delay": timedelta(minutes=5),
        "retry_exponential_backoff": True,
        "execution_timeout": timedelta(hours=1),
    },
    doc_md="""
Orders from a paged HTTP API to PostgreSQL: every record is checked, and all are loaded or none.

Rows land in `api.orders`, upserted by `id`; an older version of an order never replaces a newer one.

Set on the worker: `API_BASE_URL`, `POSTGRES_HOST`, `POSTGRES_DATABASE`, `POSTGRES_USER`, `POSTGRES_PASSWORD`;
where needed also `API_TOKEN` (none) and `POSTGRES_PORT` (5432).
""",
)
def api_ingestion() -> None:
    """Load the orders."""

    @task
    def ingest_orders() -> dict[str, int]:
        """Load every order."""
        # Imported here: the scheduler parses this file without the dependencies of this image.
        from airflow.exceptions import AirflowFailException  # noqa: PLC0415

        from scripts.api import ingestion  # noqa: PLC0415
        from scripts.environment import SetupError  # noqa: PLC0415

        try:
            return ingestion.ingest()
        except SetupError as error:
            raise AirflowFailException(str(error)) from error  # a retry cannot help

    ingest_orders()


api_ingestion()
