"""What came of a run, as ``inside/run.py`` tells it, and its words for a person."""

import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from .errors import ConfigurationError, did_you_mean
from .run_request import Request
from .spec import DagType

GOOD = frozenset({"success", "skipped"})
LATE = 124  # the exit code of what took too long, as timeout(1) has it
SHOWN = 30  # lines of the log
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

    def check(self, request: Request, dag_type: DagType, others: str) -> None:
        """Raise ConfigurationError for what kept the run from being started, and for ids that aren't there.

        Args:
            request: what was asked for.
            dag_type: the type it was looked for in.
            others: a hint at other types, or an empty string.
        """
        if self.problems:
            raise ConfigurationError(self.problems)
        if self.late or self.tasks or self.status == 0:
            return
        if not self.dags and not self.broken:
            return  # Airflow ended before it parsed anything: the end of its log says why
        broken = "".join(f"\n  {file} can't be parsed: {why}" for file, why in sorted(self.broken.items()))
        if request.dag not in self.dags:
            what = f"no DAG {request.dag!r} in the DAG type {dag_type.name!r}"
            raise ConfigurationError([f"{what}{_there(request.dag, self.dags)}{others}{broken}"])
        tasks = self.dags[request.dag]
        if request.task and request.task not in tasks:
            what = f"no task {request.task!r} in the DAG {request.dag!r}"
            raise ConfigurationError([f"{what}{_there(request.task, tasks)}"])


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
        named = sorted(
            file.relative_to(root).as_posix()
            for file in files
            if file.suffix == ".py" and pattern.search(file.read_text(encoding="utf-8", errors="replace"))
        )
        found += [f"\n  {named[0]} names it: run it with --dag {dag_type.name}"] if named else []
    return "".join(found)
