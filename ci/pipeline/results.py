"""Reader of the files that jobs leave for the last one: a published.json each, and plan.json of the first."""

from collections.abc import Mapping
from pathlib import PurePosixPath

from pydantic import ValidationError

from ..errors import ConfigurationError, refuse
from ..publish import publication
from ..publish.publication import Publication
from .github import outputs
from .github.outputs import JobPlan

NAMES = (outputs.PLAN, publication.FILE)


def parse(texts: Mapping[str, str]) -> tuple[Publication, str]:
    """Return one publication of all results, by path, and the text of the plan, empty if there is none.

    Raise ConfigurationError if a file is invalid, there are two results of one DAG type, or two plans.
    """
    problems: list[str] = []
    plans = {path: text for path, text in sorted(texts.items()) if PurePosixPath(path).name == outputs.PLAN}
    if len(plans) > 1:
        problems.append(f"--results: {' and '.join(plans)}: expected one plan")
    parts: list[Publication] = []
    for path, text in sorted(texts.items()):
        try:
            if path in plans:
                JobPlan.model_validate_json(text)
            elif PurePosixPath(path).name == publication.FILE:
                parts.append(publication.parse(text))
        except ValueError as error:
            problems.append(f"--results: {path} can't be read: {_cause(error)}")
    try:
        joined = publication.joined(parts)
    except ValueError as error:
        raise ConfigurationError([*problems, f"--results: {error}"]) from None
    refuse(problems)
    return joined, next(iter(plans.values()), "")


def _cause(error: ValueError) -> str:
    """Return the first mistake, in one line."""
    if not isinstance(error, ValidationError):
        return str(error).splitlines()[0]
    first = error.errors()[0]
    return ": ".join(filter(None, (".".join(map(str, first["loc"])), first["msg"])))
