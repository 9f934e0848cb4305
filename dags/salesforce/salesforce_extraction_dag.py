"""Salesforce to PostgreSQL: one task per object, each going on from where its last run ended."""

from datetime import UTC, datetime, timedelta

from airflow.sdk import dag, task

OBJECTS = {
    "Account": ["Name", "Industry", "AnnualRevenue", "NumberOfEmployees", "BillingAddress", "CreatedDate"],
    "Contact": ["AccountId", "FirstName", "LastName", "Email", "Birthdate", "HasOptedOutOfEmail"],
    "Opportunity": ["AccountId", "Name", "StageName", "Amount", "Probability", "CloseDate", "IsWon"],
}
"""The objects to extract and their fields; an added field makes the next run read that object anew."""


@dag(
    dag_id="salesforce_extraction",
    schedule="@hourly",
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,  # the next run would only read the same records again
    tags=["salesforce", "postgres"],
    default_args={
        "owner": "data-team",
        "retries": 3,
        "retry_delay": timedelta(minutes=1),
        "retry_exponential_backoff": True,
        "execution_timeout": timedelta(hours=2),
    },
    doc_md="""
Salesforce to PostgreSQL: one task per object, each going on from where its last run ended.

Rows land in the schema `salesforce`, one table per object, upserted by `id`. Deleted records stay, with
`is_deleted` true. `salesforce.extraction_state` holds how far each object has been read; delete an object's
row there, or drop its table, to read it from the start.

Set on the worker: `SALESFORCE_USERNAME`, `SALESFORCE_PASSWORD`, `SALESFORCE_SECURITY_TOKEN`, `POSTGRES_HOST`,
`POSTGRES_DATABASE`, `POSTGRES_USER`, `POSTGRES_PASSWORD`; where the defaults do not fit also
`SALESFORCE_DOMAIN` (login), `POSTGRES_PORT` (5432) and `SALESFORCE_GATEWAY_URL` (none).
""",
)
def salesforce_extraction() -> None:
    """Extract every configured object."""

    @task
    def extract(object_name: str, fields: list[str]) -> dict[str, str | int | None]:
        """Extract one object."""
        # Imported here: the scheduler parses this file without the dependencies of this image.
        from airflow.exceptions import AirflowFailException  # noqa: PLC0415

        from scripts.environment import SetupError  # noqa: PLC0415
        from scripts.salesforce import extraction  # noqa: PLC0415

        try:
            return extraction.extract(object_name, fields)
        except SetupError as error:
            # A retry cannot help, and a repeated refused login would lock the user.
            raise AirflowFailException(str(error)) from error

    for object_name, fields in OBJECTS.items():
        extract.override(task_id=f"extract_{object_name.lower()}")(object_name, fields)


salesforce_extraction()
