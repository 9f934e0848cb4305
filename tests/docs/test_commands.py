"""Calls that documents, workflows and messages name: each has functions, fields and flags of the module."""

import re
from typing import Any

import ci

from .reference import BY_CLASS, kebab
from .test_links import PROJECT

FILES = ("*.md", "docs/*.md", "docs/examples/*", ".github/workflows/*.yml", "ci/**/*.py", "images/*.toml")
CALL = re.compile(r"(?:dagger|daggerw) call ((?:[^`|\\\n]|\\\n)*)")
OF_DAGGER = {"yes", "progress", "silent", "mod"}  # flags that dagger itself takes behind call
OTHER_MODULES = {"development"}
SENTENCES = {"has"}  # words that follow "dagger call" in a comment


def missing(call: str) -> str:
    """Return the first word of a call that the module doesn't have; an empty text if there is none."""
    definition: Any = BY_CLASS[ci.AirflowImages]
    switches = {f"--{name}": True for name in OF_DAGGER} | _switches(definition.get_constructor())
    value_follows = False
    for word in call.replace("\\\n", " ").split():
        if value_follows:
            value_follows = False
        elif flag := re.match(r"--[a-z][a-z-]*", word):
            if flag[0] not in switches:
                return flag[0]
            value_follows = word == flag[0] and not switches[flag[0]]
        elif re.fullmatch(r"[a-z][a-z-]*", word):
            functions = {kebab(function.name): function for function in definition.functions.values()}
            if word not in functions:
                return "" if word in map(kebab, definition.fields) else word
            switches |= _switches(functions[word])
            if functions[word].return_type not in BY_CLASS:
                return ""  # what is called on a file or a folder is Dagger's own
            definition = BY_CLASS[functions[word].return_type]
        elif not re.fullmatch(r"-[a-z]", word):
            return ""  # a placeholder, or the rest of a sentence
    return ""


def _switches(function: Any) -> dict[str, bool]:  # noqa: ANN401
    """Return for each flag of a function whether it stands without a value."""
    return {
        f"--{kebab(each.name)}": "bool" in str(each.resolved_type) for each in function.parameters.values()
    }


def test_every_call_that_is_named_can_be_made() -> None:
    calls = [
        (path.relative_to(PROJECT), call)
        for pattern in FILES
        for path in sorted(PROJECT.glob(pattern))
        for call in CALL.findall(path.read_text(encoding="utf-8"))
        if call.split() and call.split()[0] not in OTHER_MODULES | SENTENCES
    ]
    assert len(calls) > 90
    offenders = [f"{path}: {word} in: {call[:80]}" for path, call in calls if (word := missing(call))]
    assert not offenders, "\n".join(["name what the module has:", *offenders])
