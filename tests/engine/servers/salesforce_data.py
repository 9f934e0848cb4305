"""What the small Salesforce holds, and what a table must hold after it was extracted."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

USERNAME, PASSWORD, SECURITY_TOKEN = "loader@example.com", "pa<ss&word", "tok3n"
SESSION = "00D000000000001!session"

FIELDS: dict[str, dict[str, str]] = {
    "Account": {
        "Name": "string",
        "Industry": "picklist",
        "AnnualRevenue": "currency",
        "NumberOfEmployees": "int",
        "BillingAddress": "address",
        "CreatedDate": "datetime",
    },
    "Contact": {
        "AccountId": "reference",
        "FirstName": "string",
        "LastName": "string",
        "Email": "email",
        "Birthdate": "date",
        "HasOptedOutOfEmail": "boolean",
    },
    "Opportunity": {
        "AccountId": "reference",
        "Name": "string",
        "StageName": "picklist",
        "Amount": "currency",
        "Probability": "percent",
        "CloseDate": "date",
        "IsWon": "boolean",
    },
}
STANDARD = {"Id": "id", "IsDeleted": "boolean", "SystemModstamp": "datetime"}

Record = dict[str, object]

FIRST_DAY = datetime(2026, 3, 1, 8, tzinfo=UTC)
REVISION_DAY = datetime(2026, 3, 9, 8, tzinfo=UTC)
COUNTS = {"Account": 250, "Contact": 330, "Opportunity": 120}
PREFIXES = {"Account": "001", "Contact": "003", "Opportunity": "006"}
NAMES = ("O'Hara & Söhne", 'Quote "Q" Ltd', "株式会社サンプル", "Plain Inc", "Back\\slash {0} %s")


def data(*, revised: bool = False) -> dict[str, list[Record]]:
    """Return every object's records; `revised`, as they are after POST /revise."""
    records = {name: [_record(name, number) for number in range(count)] for name, count in COUNTS.items()}
    if revised:
        now = {"SystemModstamp": _stamp(REVISION_DAY)}
        accounts = records["Account"]
        accounts[7] |= {"Name": "Renamed Ltd", "AnnualRevenue": None, **now}
        accounts[8] |= {"IsDeleted": True, **now}
        accounts.append(_record("Account", 1000) | now)
        # As a long transaction leaves it: it appears now, with a time before the newest of the first day.
        late = datetime.fromisoformat(str(accounts[249]["SystemModstamp"])) - timedelta(minutes=5)
        accounts.append(_record("Account", 1001) | {"SystemModstamp": _stamp(late)})
    return records


def expected(object_name: str, *, revised: bool = False) -> list[Record]:
    """Return what `select_statement(object_name)` gives after a run, read as JSON."""
    rows = [
        {
            _column(field): str(value) if isinstance(value, Decimal) else value
            for field, value in record.items()
        }
        for record in data(revised=revised)[object_name]
    ]
    return sorted(rows, key=lambda row: str(row["id"]))


def select_statement(object_name: str) -> str:
    """Return SQL that reads an object's table as one JSON array, in the form of `expected`."""
    shown = {
        "datetime": "to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"+0000\"')",
        "currency": "{}::text",
        "percent": "{}::text",
    }
    columns = ", ".join(
        f"{shown.get(kind, '{}').format(_column(field))} AS {_column(field)}"
        for field, kind in (STANDARD | FIELDS[object_name]).items()
    )
    rows = f"SELECT {columns} FROM salesforce.{object_name.lower()}"  # noqa: S608 - names of this file
    return f"SELECT coalesce(json_agg(rows ORDER BY id COLLATE \"C\"), '[]') FROM ({rows}) AS rows"  # noqa: S608


def _column(field: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", field).lower()


def _stamp(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}.000+0000"


def _id(object_name: str, number: int) -> str:
    return f"{PREFIXES[object_name]}000000{number:09d}"


def _record(object_name: str, number: int) -> Record:
    standard: Record = {
        "Id": _id(object_name, number),
        "IsDeleted": number % 29 == 28,
        # Forty records share each time, so that pages and batches end between equal ones.
        "SystemModstamp": _stamp(FIRST_DAY + timedelta(hours=number // 40)),
    }
    return standard | {field: _value(field, kind, number) for field, kind in FIELDS[object_name].items()}


def _value(field: str, kind: str, number: int) -> object:
    if number % 11 == 10 and field not in ("Name", "LastName"):
        return None
    values: Record = {
        "string": f"{NAMES[number % len(NAMES)]} {number}",
        "picklist": ("Energy", "Banking", "Closed Won")[number % 3],
        # More digits than a float holds.
        "currency": Decimal(f"1234567890123{number:03d}.25"),
        "percent": Decimal(f"{number % 100}.5"),
        "int": number * 1000,
        "address": {"city": f"Zürich {number}", "latitude": 47.25, "street": None},
        "datetime": _stamp(FIRST_DAY - timedelta(days=number)),
        "date": str((FIRST_DAY - timedelta(days=number)).date()),
        "reference": _id("Account", number % COUNTS["Account"]),
        "email": f"person{number}@example.com",
        "boolean": number % 2 == 0,
    }
    return values[kind]
