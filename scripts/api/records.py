"""The schema of what the API sends: what is not as described here does not reach the database."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from scripts.warehouse import Table

SHOWN_ERRORS = 10
SHOWN_CHARACTERS = 80


Text = Annotated[str, Field(strict=True, pattern=r"^[^\x00]*$")]
"""Text as PostgreSQL holds it: without the character of code zero."""


class BadRecordError(ValueError):
    """A page or a record is not as the schema says."""


class Order(BaseModel):
    """One order; fields that the API may add later are left out."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: Annotated[int, Field(strict=True, ge=1, lt=2**63)]
    customer_email: Annotated[str, Field(strict=True, pattern=r"^[^@\s\x00]+@[^@\s\x00]+$")]
    status: Literal["open", "paid", "cancelled"]
    amount: Annotated[Decimal, Field(allow_inf_nan=False, ge=0)]
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")]
    note: Text | None = None
    updated_at: AwareDatetime


class Page(BaseModel):
    """The envelope of one page; its items are checked one by one."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    items: list[object]
    next_cursor: str | None


ORDERS = Table(
    schema="api",
    name="orders",
    columns={
        "id": "bigint",
        "customer_email": "text",
        "status": "text",
        "amount": "numeric",
        "currency": "text",
        "note": "text",
        "updated_at": "timestamp with time zone",
    },
    key="id",
    version="updated_at",
)


def read_page(body: object, number: int) -> Page:
    """Check the envelope of a page, which is named by its number from 1."""
    try:
        return Page.model_validate(body)
    except ValidationError as error:
        raise BadRecordError(
            f"page {number} is not a page: {_describe(error)}. "
            "Expected an object with 'items', a list, and 'next_cursor', a string or null."
        ) from error


def read_orders(items: Sequence[object], page: int) -> list[Order]:
    """Check every record of a page; one error names all the bad ones by page and index, both from 1."""
    orders: list[Order] = []
    bad: list[str] = []
    for index, item in enumerate(items, start=1):
        try:
            orders.append(Order.model_validate(item))
        except ValidationError as error:
            bad.append(f"page {page}, record {index}: {_describe(error)}")
    if bad:
        more = f"\n… and {len(bad) - SHOWN_ERRORS} more on this page" if len(bad) > SHOWN_ERRORS else ""
        listed = "\n".join(bad[:SHOWN_ERRORS])
        raise BadRecordError(
            f"{len(bad)} of {len(items)} records are not as the schema says; nothing was loaded. "
            f"Correct them at the source, or change the schema in scripts/api/records.py.\n{listed}{more}"
        )
    return orders


def row_of(order: Order) -> tuple[object, ...]:
    """Convert an order to a row in the order of the table's columns."""
    return tuple(getattr(order, column) for column in ORDERS.columns)


def _describe(error: ValidationError) -> str:
    parts: list[str] = []
    for detail in error.errors(include_url=False):
        where = ".".join(map(str, detail["loc"])) or "the record"
        shown = repr(detail["input"])
        if detail["type"] == "missing":
            parts.append(f"{where}: missing")
        else:
            cut = shown if len(shown) <= SHOWN_CHARACTERS else shown[:SHOWN_CHARACTERS] + "…"
            parts.append(f"{where}: {detail['msg']} (got {cut})")
    return "; ".join(parts)
