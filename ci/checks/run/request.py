"""The request to run a DAG or one of its tasks, for a date, within a time; all its mistakes are reported."""

import re
from dataclasses import dataclass
from datetime import datetime

from ...errors import refuse

MAX_ID_LENGTH = 250  # Airflow's own limit
SECONDS = 3600
_MAPPED = re.compile(r"(.*)\[(0|[1-9][0-9]{0,8})\]")  # such as load[3]
_MAPPED_HINT = ", and after a mapped task's id a number as in load[0]"


@dataclass(frozen=True, kw_only=True)
class Request:
    """A run to make."""

    dag: str
    task: str = ""  # empty for all; load[3] is the instance of a mapped task for its fourth value
    date: str = ""  # an ISO date or time, empty for now
    seconds: int = SECONDS  # the time limit

    def __post_init__(self) -> None:
        """Raise ConfigurationError with all mistakes."""
        problems = _id_problems("--dag-id", self.dag, self.dag)
        problems += _id_problems("--task-id", self.task, self.task_id, _MAPPED_HINT) if self.task else []
        if self.date and not _is_date(self.date):
            expected = "an ISO date or time, such as 2026-01-31 or 2026-01-31T06:00:00+00:00"
            problems.append(f"invalid --logical-date {self.date!r}: expected {expected}")
        if self.seconds <= 0:
            problems.append(f"invalid --timeout {self.seconds}: expected at least 1 second")
        refuse(problems)

    @property
    def task_id(self) -> str:
        """Return the task's id, without a number."""
        match = _MAPPED.fullmatch(self.task)
        return match[1] if match else self.task

    @property
    def map_index(self) -> int:
        """Return the number of a mapped task's instance, from 0; -1 where none is given, as in Airflow."""
        match = _MAPPED.fullmatch(self.task)
        return int(match[2]) if match else -1

    @property
    def arguments(self) -> list[str]:
        """Return the airflow command."""
        index = ["--map-index", str(self.map_index)] if self.map_index >= 0 else []
        values = [value for value in (self.dag, self.task_id, self.date) if value]
        # After -- no value is an option, whatever it begins with.
        return ["airflow", "tasks" if self.task else "dags", "test", *index, "--", *values]

    @property
    def what(self) -> str:
        """Return the DAG or task in words."""
        return f"task {self.task!r} of DAG {self.dag!r}" if self.task else f"DAG {self.dag!r}"


def _id_problems(option: str, value: str, name: str, more: str = "") -> list[str]:
    if re.fullmatch(r"[\w.-]+", name) and len(name) <= MAX_ID_LENGTH:
        return []
    expected = f"expected at most {MAX_ID_LENGTH} letters, digits and . _ -{more}"
    return [f"invalid {option} {value!r}: {expected}; copy the id from the DAG's file"]


def _is_date(value: str) -> bool:
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True
