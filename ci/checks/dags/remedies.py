"""What to do about an error with which Airflow refuses a DAG file or a DAG."""

import re

from .parsed import ParseError

BUSY = "if the machine was busy, test again: this result isn't kept"
_PROVIDERS = "airflow.providers."
_OF_KIND = {
    "timeout": f"move the slow code into a task; {BUSY}",
    "cycle": "remove one of these dependencies",
}
_OF_CAUSE = {
    r"(Syntax|Indentation|Tab)Error\b": "correct the line",
    r".*(No such file or directory: '[^'/]+'|\bexecutable\b|command not found)": (
        "install the program that is missing: pin the package that has it, or list it in system-packages"
    ),
}


def in_image(error: ParseError) -> str:
    """Return the remedy for an error in the finished image."""
    if error.missing:
        return _of_missing(error.missing)
    by_cause = (text for pattern, text in _OF_CAUSE.items() if re.match(pattern, error.cause))
    other = "correct the code; while a file is parsed there is no network, no database and no secret"
    return _OF_KIND.get(error.kind) or next(by_cause, "correct the DAG" if error.kind == "dag" else other)


def _of_missing(module: str) -> str:
    if module.startswith("airflow.") and not module.startswith(_PROVIDERS):
        return "correct the name: this Airflow has no such module; its release notes say what was moved"
    pin = f"pin the package that provides {module!r} in the type's pyproject.toml and lock"
    return f"{pin}, or list its file in scripts"


def in_base(error: ParseError) -> str:
    """Return the remedy for an error that only the plain base has."""
    if error.kind == "timeout":
        return in_image(error)
    package = error.missing if error.missing.startswith("airflow.") else error.missing.partition(".")[0]
    lacks = {"": "is a different one", "scripts": "has no scripts/"}.get(package, f"has no {package}")
    if package.startswith(_PROVIDERS):
        lacks += ", so its operators need another base"
    if error.statement:
        return f"move `{error.statement}` into the task that uses it; the scheduler's image {lacks}"
    if package:
        return f"import it in the task that uses it; the scheduler's image {lacks}"
    return (
        "move it into the task that uses it; the scheduler parses the file with the plain base: "
        "without the type's packages, scripts and environment"
    )
