"""The variables of ENV instructions, and what becomes of each in an image."""

import re
import shlex
from dataclasses import dataclass

from ...config.fields import RESERVED_ENV
from ...config.secrets import credentials

HOME = "/opt/airflow"
_OF_BUILD = frozenset(
    {"DEBIAN_FRONTEND", "PIP_NO_CACHE_DIR", "PIP_DISABLE_PIP_VERSION_CHECK", "PIP_ROOT_USER_ACTION"}
    | {"UV_SYSTEM_PYTHON", "UV_NO_CACHE", "UV_COMPILE_BYTECODE", "UV_LINK_MODE"}
)
_SAME = {"AIRFLOW_HOME": {HOME}, "PYTHONPATH": {HOME, f"{HOME}/", f":{HOME}", f"{HOME}:"}}


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What becomes of a variable, in words; ``kept`` where the image has it."""

    text: str
    kept: bool = False
    todo: bool = False
    secret: bool = False


def outcome(name: str, value: str) -> Outcome:
    """Decide what becomes of a variable with that value."""
    if re.sub(r"\$(?:PYTHONPATH\b|\{PYTHONPATH\})", "", value) in _SAME.get(name, set()):
        return Outcome(text="the image has it")
    if name in _OF_BUILD:
        return Outcome(text="was for the build alone")
    if kind := credentials.kind(name, value):
        text = f"{name} isn't carried over: {kind}: {credentials.REMEDY}"
        return Outcome(text=text, todo=True, secret=True)
    if name.startswith(("PIP_", "UV_")):
        text = "set indexes in [[tool.uv.index]] and pins in [project] dependencies (docs/dependencies.md)"
    elif name == "_PIP_ADDITIONAL_REQUIREMENTS":
        text = "installs at every start of a pod: pin these in [project] dependencies"
    elif name == "AIRFLOW_VERSION":
        text = (
            "the base decides on the version of Airflow: name another base in images/base.toml to change it"
        )
    elif name in RESERVED_ENV:
        text = "belongs to the base: import code as scripts.<folder>, and install programs as packages"
    elif "$" in value or "\0" in value or not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
        text = "variables aren't filled in: write the value into [tool.airflow-images.env]"
    else:
        return Outcome(text=f"env: {name}", kept=True)
    return Outcome(text=text, todo=True)


def assignments(text: str) -> list[tuple[str, str]]:
    """Return the variables of ENV with their values; none where only Docker's own parser could read them."""
    first, rest = (*text.split(maxsplit=1), "", "")[:2]
    if "=" not in first:  # the old form: a name and the rest of the line
        plain = re.fullmatch(r"""([^"'\\]+)|"([^"\\]+)"|'([^'\\$]+)'""", rest.strip())
        return [(first, plain[plain.lastindex or 0])] if plain else []
    if re.search(r"\\\$|'[^']*\$", text):  # a dollar that is meant as it is
        return []
    try:
        words = shlex.split(text)
    except ValueError:  # a quote that isn't closed
        return []
    pairs = [word.partition("=") for word in words]
    return [(name, value) for name, _, value in pairs] if all(equals for _, equals, _ in pairs) else []
