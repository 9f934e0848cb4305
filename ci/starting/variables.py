"""What becomes of an ENV instruction's variables: the image's own, nothing, or a note; secrets never stay."""

import re
import shlex
from dataclasses import dataclass

from ..config.dag_type import RESERVED_ENV
from .installs import CONSTRAINT, INDEX, PINS
from .masking import is_secret

HOME = "/opt/airflow"
_BUILD = re.compile(r"DEBIAN_FRONTEND|PIP_\w+|UV_\w+")
# Of pip and uv, such as say what is installed: what each stands for.
_SOURCES = {
    re.compile(r"(?:PIP|UV)_.*(?:INDEX|FIND_LINKS).*"): INDEX,
    re.compile(r"(?:PIP|UV)_.*CONSTRAINT.*"): CONSTRAINT,
    re.compile(r"(?:PIP|UV)_.*REQUIREMENT.*"): PINS,
}
_SAME = {"AIRFLOW_HOME": {HOME}, "PYTHONPATH": {HOME, f"{HOME}/", f":{HOME}", f"{HOME}:"}}


@dataclass(frozen=True, kw_only=True)
class Fate:
    """What becomes of a variable: the outcome in words, and whether the image has it or a person must act."""

    outcome: str
    kept: bool = False
    todo: bool = False


def fate(name: str, value: str) -> Fate:
    """What becomes of a variable with that value, what is known filled in."""
    own = re.sub(r"\$(?:PYTHONPATH\b|\{PYTHONPATH\})", "", value)
    if own in _SAME.get(name, set()):
        return Fate(outcome="the image has it")
    source = next((told for pattern, told in _SOURCES.items() if pattern.fullmatch(name)), "")
    if source:
        outcome = source
    elif name == "_PIP_ADDITIONAL_REQUIREMENTS":
        outcome = "installs at every start of a pod: pin these in [project] dependencies"
    elif _BUILD.fullmatch(name) and not is_secret(name, value):
        return Fate(outcome="was for the build alone")
    elif name == "AIRFLOW_VERSION":
        outcome = "the base says which Airflow it has: to have another, pin it in ci/pins.toml, for all types"
    elif name in RESERVED_ENV:
        outcome = "belongs to the base: code is imported as scripts.<folder>, programs come in packages"
    elif is_secret(name, value):
        outcome = "looks like a secret, and who pulls an image can read it: give it in the pod, from a secret"
    elif "$" in value or "\0" in value or not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
        outcome = "nothing is filled in here: write the value into [tool.airflow-images.env]"
    else:
        return Fate(outcome=f"env: {name}", kept=True)
    return Fate(outcome=outcome, todo=True)


def assignments(text: str) -> list[tuple[str, str]]:
    """The variables of ENV, in either of its forms; none where it can't be read."""
    first, _, rest = text.replace("\t", " ").partition(" ")
    if "=" not in first:  # the old form: a name and the rest of the line
        value = _unquoted(rest.strip())
        return [(first, value)] if first and value else []
    if re.search(r"\\\$|'[^']*\$", text):  # a dollar that is meant as it is
        return []
    try:
        words = shlex.split(text)
    except ValueError:
        return []
    if not all("=" in word for word in words):
        return []
    return [(word.partition("=")[0], word.partition("=")[2]) for word in words]


def _unquoted(text: str) -> str:
    """The value of the old form; empty where it is none, or only Docker's own parser could tell it."""
    whole = re.fullmatch(r"""([^"'\\]*)|"([^"\\]*)"|'([^'"\\$]*)'""", text)
    return next((value for value in whole.groups() if value), "") if whole else ""
