"""A composite action as the workflow that its steps would be, for a checker that knows workflows alone."""

from __future__ import annotations

import importlib
import json
from dataclasses import dataclass
from typing import Any


def composed(text: str) -> Any:  # noqa: ANN401 - a node of PyYAML, which only the checks' container has
    """The tree of a YAML file, whose nodes know their lines; None for an empty one.

    Raises:
        ValueError: it isn't YAML; with "LINE:COLUMN: what is wrong", counted from 1.
    """
    library = importlib.import_module("yaml")
    try:
        return library.compose(text, Loader=library.SafeLoader)
    except library.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise ValueError(f"{mark.line + 1}:{mark.column + 1}: {error.problem or error.context}") from error
    except library.YAMLError as error:
        raise ValueError(f"1:1: {' '.join(str(error).split())}") from error


def entries(node: Any) -> dict[str, tuple[Any, Any]]:  # noqa: ANN401 - as above
    """Key and value nodes of a mapping, by key; nothing for any other node."""
    if node is None or node.id != "mapping":
        return {}
    return {key.value: (key, value) for key, value in node.value if key.id == "scalar"}


@dataclass(frozen=True)
class Job:
    """A workflow of one job, and for each of its lines the line of the action it was made of, from 1."""

    text: str
    lines: tuple[int, ...]


def job(text: str) -> Job | None:
    """The workflow of an action's inputs, steps and outputs; None for an action that isn't composite.

    A step keeps its columns: what a checker says of it needs but another line number.

    Raises:
        ValueError: as `composed`.
    """
    action = entries(composed(text))
    runs = entries(action["runs"][1]) if "runs" in action else {}
    if "steps" not in runs or "using" not in runs or runs["using"][1].value != "composite":
        return None
    key, steps = runs["steps"]
    body = (" " * steps.start_mark.column + text[steps.start_mark.index : steps.end_mark.index]).rstrip()
    inputs = {
        name: {"type": "string"} for name in entries(action["inputs"][1] if "inputs" in action else None)
    }
    made = [
        # No secrets: an action knows none but what its inputs hold.
        (f"on: {json.dumps({'workflow_call': {'inputs': inputs, 'secrets': {}}})}", 1),
        ("jobs:", 1),
        (" action:", 1),
        ("  runs-on: ubuntu-latest", 1),
        *_outputs(action),
        ("  steps:", key.start_mark.line + 1),
        *((line, steps.start_mark.line + 1 + number) for number, line in enumerate(body.split("\n"))),
    ]
    return Job("".join(f"{line}\n" for line, _ in made), tuple(number for _, number in made))


def _outputs(action: dict[str, tuple[Any, Any]]) -> list[tuple[str, int]]:
    outputs = entries(action["outputs"][1]) if "outputs" in action else {}
    values = [
        (name, entries(output)["value"][1])
        for name, (_, output) in outputs.items()
        if "value" in entries(output)
    ]
    lines = [
        (f"   {json.dumps(name)}: {json.dumps(value.value)}", value.start_mark.line + 1)
        for name, value in values
    ]
    return [("  outputs:", lines[0][1]), *lines] if lines else []
