"""What the jobs of a workflow hand to each other: outputs of the first, and its plan as a file."""

import json
from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict

from ...errors import ConfigurationError
from ...publish.publication import Row
from .. import text
from ..affected import Findings
from ..event import Event

PLAN = "plan.json"
MOST = 256  # jobs of a matrix, by GitHub's "Usage limits"


class Plan(BaseModel):
    """What was to be made: the DAG types, why, and on which event; none where a person asked."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    found: Findings
    event: Event | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The DAG types."""
        return tuple(each.dag for each in self.found.affected)


def jobs(made: Plan) -> str:
    """Lines ``name=value`` for $GITHUB_OUTPUT.

    ``matrix`` has a job per DAG type, ``any`` says whether there is one, ``comment`` whether the run may
    comment on a pull request, ``upload`` whether it may upload findings and gets the registry's token: a
    fork's may do nothing of it.

    Raises:
        ConfigurationError: there are more types than GitHub has jobs in a matrix.
    """
    found, event = made.found, made.event
    if len(found.affected) > MOST:
        told = (
            f"{len(found.affected)} DAG types are affected, and a matrix of GitHub's has {MOST} jobs at most"
        )
        raise ConfigurationError(
            [f"{told}: split the change, or publish without a matrix (dagger call publish)"]
        )
    said = {
        "matrix": text.matrix(found),
        "any": json.dumps(bool(found.affected)),
        "comment": json.dumps(bool(event and event.commented)),
        "upload": json.dumps(not (event and event.fork)),
    }
    return "".join(f"{name}={value}\n" for name, value in said.items())


def plan(found: Findings, event: Event | None) -> str:
    """The plan as plan.json."""
    return Plan(found=found, event=event).model_dump_json(indent=2)


def subject(row: Row | None) -> str:
    """Lines for $GITHUB_OUTPUT that name what was pushed: name and digest, both empty where nothing was."""
    there = row if row and row.reference else None
    return f"name={there.repository if there else ''}\ndigest={there.digest if there else ''}\n"


def files(names: Sequence[str]) -> str:
    """Lines for $GITHUB_OUTPUT with the names of files, for the matrix of the jobs that upload them."""
    return f"files={json.dumps(sorted(names))}\n"
