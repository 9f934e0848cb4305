"""What a user asks to run: a DAG or one of its tasks, for a date, within a time; all mistakes are told."""

import re
from dataclasses import dataclass
from datetime import datetime

from ...errors import ConfigurationError

LONGEST_ID = 250  # characters, as Airflow has it
_OF_MAPPED = re.compile(r"(.*)\[(0|[1-9][0-9]{0,8})\]")  # such as load[3]
_MAPPED = ", and behind a mapped task's id its number as in load[0]"
SECONDS = 3600


@dataclass(frozen=True, kw_only=True)
class Request:
    """One run.

    ``task`` is empty for all tasks, and load[3] of a mapped one what it does with the fourth value; ``date``
    an ISO date or time, empty for now; ``seconds`` may it take.

    Raises:
        ConfigurationError: something of it can't be.
    """

    dag: str
    task: str = ""
    date: str = ""
    seconds: int = SECONDS

    def __post_init__(self) -> None:
        """Check it."""
        problems = [
            *_wrong_id("--dag-id", self.dag, self.dag),
            *(_wrong_id("--task-id", self.task, self.task_id, _MAPPED) if self.task else ()),
        ]
        if self.date and not _is_date(self.date):
            told = "expected an ISO date or time, such as 2026-01-31 or 2026-01-31T06:00:00+00:00"
            problems.append(f"--logical-date {self.date!r} is no date: {told}")
        if self.seconds <= 0:
            problems.append(f"--timeout {self.seconds}: expected seconds, 1 or more")
        if problems:
            raise ConfigurationError(problems)

    @property
    def task_id(self) -> str:
        """The task's id, without a number."""
        found = _OF_MAPPED.fullmatch(self.task)
        return found[1] if found else self.task

    @property
    def map_index(self) -> int:
        """Which of a mapped task's instances, from 0; -1 where no number is given, as Airflow has it."""
        found = _OF_MAPPED.fullmatch(self.task)
        return int(found[2]) if found else -1

    @property
    def arguments(self) -> list[str]:
        """The airflow command that does it."""
        verb = ["tasks", "test"] if self.task else ["dags", "test"]
        index = ["--map-index", str(self.map_index)] if self.map_index >= 0 else []
        values = [value for value in (self.dag, self.task_id, self.date) if value]
        return [
            "airflow",
            *verb,
            *index,
            "--",
            *values,
        ]  # what follows -- is no option, whatever it begins with

    @property
    def what(self) -> str:
        """The same for a person."""
        return f"task {self.task!r} of DAG {self.dag!r}" if self.task else f"DAG {self.dag!r}"


def _wrong_id(option: str, value: str, name: str, more: str = "") -> list[str]:
    if re.fullmatch(r"[\w.-]+", name) and len(name) <= LONGEST_ID:
        return []
    told = f"expected letters, digits and . _ - alone, {LONGEST_ID} at most{more}: see the DAG's file"
    return [f"{option} {value!r} can't be one of Airflow's: {told}"]


def _is_date(value: str) -> bool:
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True
