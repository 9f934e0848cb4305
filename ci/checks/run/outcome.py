"""What came of a run, as ``ci/checks/run/programs/run.py`` tells it, and its words for a person."""

import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from ...config.dag_type import DagType
from ...errors import ConfigurationError, did_you_mean
from .request import Request

GOOD = frozenset({"success", "skipped"})
LATE = 124  # the exit code of what took too long, as timeout(1) has it
SHOWN = 30  # lines of the log
# What `airflow tasks test` says of a task that is, or isn't, mapped; as of Airflow 3.1 to 3.3.
_NO_INDEX, _INDEX = "No map_index passed to mapped task", "map_index passed to non-mapped task"
_INFO = re.compile(r"\[info\s*\]|\bINFO\b")  # such lines name no cause


class Task(BaseModel):
    """A task instance; ``map_index`` is -1 where the task isn't mapped."""

    model_config = ConfigDict(frozen=True)

    id: str
    map_index: int = -1
    state: str | None = None

    @property
    def name(self) -> str:
        """Such as load, or load[3] of a mapped one."""
        return self.id if self.map_index < 0 else f"{self.id}[{self.map_index}]"


class Outcome(BaseModel):
    """What came of a run.

    ``problems`` are why nothing was run, such as a file of variables, and leave all else empty. ``status`` is
    Airflow's exit code, None where it took too long; ``run`` the state of the DAG run, None where there was
    none.
    """

    model_config = ConfigDict(frozen=True)

    problems: tuple[str, ...] = ()
    status: int | None = 0
    late: bool = False
    run: str | None = None
    tasks: tuple[Task, ...] = ()
    tail: tuple[str, ...] = ()
    dags: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)
    broken: Mapping[str, str] = Field(default_factory=dict)

    def of(self, request: Request) -> "Outcome":
        """The same, of a mapped task with the one instance that was asked for."""
        if request.map_index < 0:
            return self
        tasks = tuple(each for each in self.tasks if each.map_index == request.map_index)
        return self.model_copy(update={"tasks": tasks})

    def state(self, request: Request) -> str:
        """The state of what was asked for: of the DAG run, or of the task."""
        if self.late:
            return "timeout"
        if not request.task:
            return self.run or "none"
        return next(
            (each.state or "none" for each in reversed(self.tasks) if each.state not in GOOD), "success"
        )

    def code(self, request: Request) -> int:
        """The exit code: Airflow's own where it fails; Airflow gives 0 for a task that failed."""
        if self.late or self.status is None:
            return LATE
        good = bool(self.tasks) and self.state(request) in GOOD
        return self.status or (0 if good else 1)

    def text(self, request: Request) -> str:
        """The run in a few lines."""
        lines = [f"dag    {request.dag}"]
        lines += [f"task   {request.task}"] if request.task else []
        lines += [f"state  {self.state(request)}"]
        counted = Counter(each.state or "none" for each in self.tasks)
        told = ", ".join(f"{number} {state}" for state, number in sorted(counted.items()))
        return "\n".join([*lines, f"tasks  {told or 'none was started'}"])

    def failure(self, request: Request) -> str:
        """Why it failed: which tasks, and the end of the log."""
        if self.late:
            what = (
                f"was ended after {request.seconds} s: raise --timeout, or see in the log what it waits for"
            )
        else:
            what = f"failed with exit code {self.code(request)}"
        bad = [f"{each.name} ({each.state or 'none'})" for each in self.tasks if each.state not in GOOD]
        named = f"\n  not done: {', '.join(bad)}" if bad else ""
        telling = [line for line in self.tail if not _INFO.search(line)][-SHOWN:]
        tail = "".join(f"\n    {line}" for line in telling)
        return f"{request.what} {what}{named}" + (f"\n  the end of its log:{tail}" if tail else "")

    def misses_dag(self, request: Request) -> bool:
        """Whether nothing was run because no DAG file has the DAG."""
        return self._is_told_by_files and request.dag not in self.dags

    def check(self, request: Request, dag_type: DagType, others: str) -> None:
        """Raise ConfigurationError for what kept the run from being started, and for ids that aren't there.

        Args:
            request: what was asked for.
            dag_type: the type it was looked for in.
            others: a hint at other types, or an empty string.
        """
        if self.problems:
            raise ConfigurationError(self.problems)
        if not self._is_started and (told := _mapping(request, self.tail)):
            raise ConfigurationError([told])
        if not self._is_told_by_files:
            return
        if self.misses_dag(request):
            told = (f"\n  {file} can't be parsed: {why}" for file, why in sorted(self.broken.items()))
            what = f"no DAG {request.dag!r} in the DAG type {dag_type.name!r}"
            raise ConfigurationError([f"{what}{_there(request.dag, self.dags)}{others}{''.join(told)}"])
        tasks = self.dags[request.dag]
        if request.task and request.task_id not in tasks:
            what = f"no task {request.task_id!r} in the DAG {request.dag!r}"
            raise ConfigurationError([f"{what}{_there(request.task_id, tasks)}"])

    @property
    def _is_started(self) -> bool:
        return self.late or bool(self.tasks) or self.status == 0

    @property
    def _is_told_by_files(self) -> bool:
        """Whether the DAG files may say why nothing was run; the log does where Airflow parsed none."""
        return not self._is_started and bool(self.dags or self.broken)


def _mapping(request: Request, tail: tuple[str, ...]) -> str:
    """What is wrong with the number of a task; empty where it isn't that."""
    said = "\n".join(tail)
    if request.task and _NO_INDEX in said:
        return f"{request.task!r} is mapped: write --task-id '{request.task}[0]', or another of its numbers"
    if request.map_index >= 0 and _INDEX in said:
        return f"{request.task_id!r} isn't mapped: write --task-id {request.task_id}"
    return ""


def _there(value: str, names: "Mapping[str, object] | tuple[str, ...]") -> str:
    hint = did_you_mean(value, names) or ":"
    return f"{hint} There are: {', '.join(sorted(names))}" if names else ": it has none"


def elsewhere(dag: str, root: Path, types: list[DagType]) -> str:
    """A hint at the types whose DAG files name a DAG, or an empty string.

    Args:
        dag: the DAG's id.
        root: the folder that holds dags/.
        types: those to look in.
    """
    pattern = re.compile(rf"(?<![\w.-]){re.escape(dag)}(?![\w.-])")
    found: list[str] = []
    for dag_type in types:
        places = [root / "dags" / path for path in dag_type.dag_paths]
        files = [file for place in places for file in ([place] if place.is_file() else place.rglob("*.py"))]
        named = sorted(file.relative_to(root).as_posix() for file in files if pattern.search(_code(file)))
        found += [f"\n  {named[0]} names it: run it with --dag {dag_type.name}"] if named else []
    return "".join(found)


def _code(file: Path) -> str:
    """The text of a Python file; empty where there is none to read: editors leave links to nothing."""
    try:
        readable = file.suffix == ".py" and file.is_file()
        return file.read_text(encoding="utf-8", errors="replace") if readable else ""
    except OSError:
        return ""
