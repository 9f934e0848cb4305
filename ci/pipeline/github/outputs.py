"""What jobs of a workflow pass to each other: the plan of the first as a file, and outputs."""

import json
from collections.abc import Iterator, Mapping, Sequence

from ...config.values import Value
from ...errors import ConfigurationError
from ...publish.publication import Publication, Row
from .. import text
from ..event import Event
from ..selection import ReasonKind, Selection

PLAN = "plan.json"
MAX_JOBS = 256  # of a matrix, by GitHub's "Usage limits"
NO_RESULT = "its job ended without a result: see its log"


class JobPlan(Value):
    """The DAG types that get a job, with the reasons, and the event of the run; None for a call by hand."""

    found: Selection
    event: Event | None = None

    def as_json(self) -> str:
        """Return the text of plan.json."""
        return self.model_dump_json(indent=2)


def without_result(done: Publication, plan: JobPlan | None) -> dict[str, tuple[str, ...]]:
    """Return the DAG types of a plan without a result, each with its mistakes that the plan knows."""
    known = {row.dag for row in done.rows}
    return {
        affected.dag: tuple(
            changed.how
            for reason in affected.reasons
            if reason.kind is ReasonKind.WRONG
            for changed in reason.touches
        )
        for affected in (plan.found.affected if plan else ())
        if affected.dag not in known
    }


def problems(missing: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, str]]:
    """Yield the name and each problem of DAG types without a result."""
    return ((name, problem) for name, mistakes in missing.items() for problem in mistakes or (NO_RESULT,))


def jobs(plan: JobPlan) -> str:
    """Return a plan as lines ``name=value`` for $GITHUB_OUTPUT.

    ``matrix`` has a job per DAG type, and ``any`` says whether it has one. ``comment`` says whether the run
    may comment on a pull request, ``upload`` whether it may upload findings and gets the registry's token; a
    fork's run may do neither. Raise ConfigurationError for more DAG types than a matrix has jobs.
    """
    affected, event = plan.found.affected, plan.event
    if len(affected) > MAX_JOBS:
        limit = f"a matrix of GitHub Actions has {MAX_JOBS} jobs at most"
        remedy = "split the change, or publish without a matrix (dagger call publish)"
        raise ConfigurationError([f"{len(affected)} DAG types are affected, but {limit}: {remedy}"])
    values = {
        "matrix": text.matrix(plan.found),
        "any": json.dumps(bool(affected)),
        "comment": json.dumps(bool(event and event.commented)),
        "upload": json.dumps(not (event and event.fork)),
    }
    return "".join(f"{name}={value}\n" for name, value in values.items())


def subject(row: Row | None) -> str:
    """Return name and digest of what was pushed as lines for $GITHUB_OUTPUT; empty if nothing was."""
    pushed = row if row and row.reference else None
    return f"name={pushed.repository if pushed else ''}\ndigest={pushed.digest if pushed else ''}\n"


def files(names: Sequence[str]) -> str:
    """Return names of files as a line for $GITHUB_OUTPUT, for the matrix of the jobs that upload them."""
    return f"files={json.dumps(sorted(names))}\n"
