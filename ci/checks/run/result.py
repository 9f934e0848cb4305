"""The result of a run, as ``ci/checks/run/programs/run.py`` writes it, and its texts for the user."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from ...config.dag_type import DagType
from ...errors import ConfigurationError, did_you_mean
from .request import Request

GOOD = frozenset({"success", "skipped"})
TIMED_OUT = 124  # the exit code of timeout(1)
LOG_LINES = 30
# Messages of `airflow tasks test` for a task that is, or isn't, mapped; as of Airflow 3.1 to 3.3.
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
        """Return the name, such as load, or load[3] of a mapped task."""
        return self.id if self.map_index < 0 else f"{self.id}[{self.map_index}]"


class RunResult(BaseModel):
    """The result of a run.

    ``problems`` are why nothing was run, such as a malformed file of variables; all else is empty then.
    ``status`` is Airflow's exit code, None after a timeout; ``run_state`` is the DAG run's, None without one.
    ``dags`` are task ids by DAG id, ``import_errors`` causes by file.
    """

    model_config = ConfigDict(frozen=True)

    problems: tuple[str, ...] = ()
    status: int | None = 0
    run_state: str | None = None
    tasks: tuple[Task, ...] = ()
    tail: tuple[str, ...] = ()
    dags: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)
    import_errors: Mapping[str, str] = Field(default_factory=dict)

    def for_request(self, request: Request) -> "RunResult":
        """Return the result with only the requested instance of a mapped task."""
        if request.map_index < 0:
            return self
        tasks = tuple(task for task in self.tasks if task.map_index == request.map_index)
        return self.model_copy(update={"tasks": tasks})

    def state(self, request: Request) -> str:
        """Return the state of the DAG run, or of the task that was requested."""
        if self.status is None:
            return "timeout"
        if not request.task:
            return self.run_state or "none"
        states = (task.state or "none" for task in reversed(self.tasks))
        return next((state for state in states if state not in GOOD), "success")

    def code(self, request: Request) -> int:
        """Return the exit code: Airflow's if it failed, 1 for a failed task where Airflow exits with 0."""
        if self.status is None:
            return TIMED_OUT
        good = bool(self.tasks) and self.state(request) in GOOD
        return self.status or (0 if good else 1)

    def text(self, request: Request) -> str:
        """Return a summary."""
        lines = [f"dag    {request.dag}"]
        lines += [f"task   {request.task}"] if request.task else []
        counts = Counter(task.state or "none" for task in self.tasks)
        tasks = ", ".join(f"{number} {state}" for state, number in sorted(counts.items()))
        return "\n".join([*lines, f"state  {self.state(request)}", f"tasks  {tasks or 'none started'}"])

    def failure(self, request: Request) -> str:
        """Return why the run failed: its unsuccessful tasks, and the end of the log."""
        if self.status is None:
            advice = "raise --timeout, or find in the log what it waits for"
            what = f"timed out after {request.seconds} s: {advice}"
        else:
            what = f"failed with exit code {self.code(request)}"
        bad = [f"{task.name} ({task.state or 'none'})" for task in self.tasks if task.state not in GOOD]
        tasks = f"\n  not done: {', '.join(bad)}" if bad else ""
        log = [f"\n    {line}" for line in self.tail if not _INFO.search(line)][-LOG_LINES:]
        end = f"\n  the end of its log:{''.join(log)}" if log else ""
        return f"{request.what} {what}{tasks}{end}"

    def lacks_dag(self, request: Request) -> bool:
        """Return whether nothing was run because no DAG file has the DAG."""
        return self._has_parsed_only and request.dag not in self.dags

    def check(self, request: Request, dag_type: DagType, hint: str) -> None:
        """Raise ConfigurationError for what prevented the run, and for unknown ids, with the hint."""
        if self.problems:
            raise ConfigurationError(self.problems)
        if not self._has_started and (problem := _mapping_problem(request, self.tail)):
            raise ConfigurationError([problem])
        if not self._has_parsed_only:
            return
        if self.lacks_dag(request):
            errors = (f"\n  could not parse {file}: {why}" for file, why in self.import_errors.items())
            problem = f"no DAG {request.dag!r} in the DAG type {dag_type.name!r}"
            known = _names(request.dag, self.dags)
            raise ConfigurationError([f"{problem}{known}{hint}{''.join(sorted(errors))}"])
        tasks = self.dags[request.dag]
        if request.task and request.task_id not in tasks:
            problem = f"no task {request.task_id!r} in the DAG {request.dag!r}"
            raise ConfigurationError([f"{problem}{_names(request.task_id, tasks)}"])

    @property
    def _has_started(self) -> bool:
        return self.status is None or bool(self.tasks) or self.status == 0

    @property
    def _has_parsed_only(self) -> bool:
        """Return whether Airflow parsed DAG files and ran nothing; where it parsed none, the log says why."""
        return not self._has_started and bool(self.dags or self.import_errors)


def _mapping_problem(request: Request, tail: Iterable[str]) -> str:
    """Return the problem with the number of a task; empty where there is none."""
    log = "\n".join(tail)
    if request.task and _NO_INDEX in log:
        return f"task {request.task!r} is mapped: name one instance, such as --task-id '{request.task}[0]'"
    if request.map_index >= 0 and _INDEX in log:
        return f"task {request.task_id!r} isn't mapped: use --task-id {request.task_id}"
    return ""


def _names(value: str, names: Iterable[str]) -> str:
    known = sorted(names)
    if not known:
        return "; it has none"
    hint = did_you_mean(value, known)
    return f"{f'{hint} It' if hint else '; it'} has: {', '.join(known)}"


def other_types_hint(dag: str, root: Path, types: Iterable[DagType]) -> str:
    """Return a hint at the types whose files in the root's dags/ contain a DAG's id, or an empty string."""
    pattern = re.compile(rf"(?<![\w.-]){re.escape(dag)}(?![\w.-])")
    hints: list[str] = []
    for dag_type in types:
        paths = [root / "dags" / path for path in dag_type.dag_paths]
        files = [file for path in paths for file in ([path] if path.is_file() else path.rglob("*.py"))]
        named = sorted(file.relative_to(root).as_posix() for file in files if pattern.search(_code(file)))
        hints += [f"\n  {named[0]} contains this id: use --dag {dag_type.name}"] if named else []
    return "".join(hints)


def _code(file: Path) -> str:
    """Return the text of a Python file; empty for another or unreadable one: editors leave broken links."""
    try:
        readable = file.suffix == ".py" and file.is_file()
        return file.read_text(encoding="utf-8", errors="replace") if readable else ""
    except OSError:
        return ""
