"""The reference of the module, made from its functions without an engine.

python -m tests.docs.reference > docs/reference.md
"""

import functools
import inspect
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from typing import Any

import dagger
from dagger.mod._utils import get_doc

import ci

INTRODUCTION = """\
# Reference

Every function of the module with its flags, as `dagger call FUNCTION --help` prints them.
The flags of a function stand behind its name: `dagger call registry --owner acme rollback --dag api`.
A call that ends in an object prints its text and, in a last line, a handle: `Directory@xxh3:…`."""
SHARED = 3
"""Flags that as many functions have, with the same text, are explained once."""
# What the CLI calls by itself where a call ends in an object.
IMPLICIT = ("", "sync")
KINDS = {
    dagger.Changeset: "changeset",
    dagger.Container: "container",
    dagger.Directory: "folder",
    dagger.File: "file",
}
# The SDK keeps what its decorators found in private places; its version is pinned.
OBJECTS: dict[str, Any] = vars(ci.AirflowImages)["__dagger_module__"]._objects  # noqa: SLF001
BY_CLASS: dict[Any, Any] = {definition.cls: definition for definition in OBJECTS.values()}


def markdown() -> str:
    """Return the text of docs/reference.md."""
    main = BY_CLASS[ci.AirflowImages]
    paths = _paths(main)
    parts = [
        INTRODUCTION,
        "## Flags of every call, before the function's name",
        _listed(_flags(main.get_constructor())),
        "## Flags of several functions",
        _listed(_shared()),
        *_object("", main, paths),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _paths(main: Any) -> dict[Any, str]:  # noqa: ANN401
    """Return the shortest path of functions to each class of objects."""
    paths = {main.cls: ""}
    queue = [main]
    while queue:
        definition = queue.pop(0)
        for function in _functions(definition):
            if function.return_type in BY_CLASS and function.return_type not in paths:
                paths[function.return_type] = _path(paths[definition.cls], function)
                queue.append(BY_CLASS[function.return_type])
    return paths


def _object(path: str, definition: Any, paths: dict[Any, str]) -> Iterator[str]:  # noqa: ANN401
    """Yield the paragraphs on the fields and functions of an object."""
    functions = _functions(definition)
    simple = [function for function in functions if path and _is_simple(function)]
    entries = {field.name: get_doc(field.return_type) or "" for field in definition.fields.values()}
    entries |= {function.name: _summary(function) for function in simple}
    yield _listed({kebab(name): summary for name, summary in entries.items()})
    for function in functions:
        if function not in simple:
            yield from _function(_path(path, function), function, paths)


def _function(path: str, function: Any, paths: dict[Any, str]) -> Iterator[str]:  # noqa: ANN401
    yield f"{'###' if ' ' in path else '##'} {path}"
    yield _summary(function)
    flags, several = _flags(function), _shared()
    shared = [flag for flag, text in flags.items() if several.get(flag) == text]
    yield _listed({flag: text for flag, text in flags.items() if flag not in shared})
    yield f"Also {', '.join(f'`{flag}`' for flag in shared)}." if shared else ""
    result = function.return_type
    if result not in paths:
        return
    first = paths[result]
    if first != path:
        yield f"Result: as of [{first}](#{first.replace(' ', '-')})."
        return
    parts = list(_object(path, BY_CLASS[result], paths))
    if parts[0]:
        yield "Of the result:"
    yield from parts


def _functions(definition: Any) -> list[Any]:  # noqa: ANN401
    """Return the functions that a user calls, in the order of the source."""
    order = [name for parent in inspect.getmro(definition.cls) for name in vars(parent)]
    functions = [function for function in definition.functions.values() if function.name not in IMPLICIT]
    return sorted(functions, key=lambda function: order.index(function.original_name))


def _is_simple(function: Any) -> bool:  # noqa: ANN401
    return not function.parameters and function.return_type not in BY_CLASS


def _flags(function: Any) -> dict[str, str]:  # noqa: ANN401
    return {f"--{kebab(argument.name)}": _help(argument) for argument in function.parameters.values()}


@functools.cache
def _shared() -> dict[str, str]:
    every = [
        flag
        for definition in OBJECTS.values()
        for made in _functions(definition)
        for flag in _flags(made).items()
    ]
    return dict(sorted(flag for flag, count in Counter(every).items() if count >= SHARED))


def _help(argument: Any) -> str:  # noqa: ANN401
    text: str = argument.doc
    if not argument.is_optional:
        return f"{text}; required"
    default = json.loads(argument.default_value) if argument.default_value else None
    return f"{text}; default: {default}" if default and "default:" not in text else text


def _listed(texts: dict[str, str]) -> str:
    """Return a block with a line for each name, its text in a column of its own."""
    width = max(map(len, texts), default=0)
    return "\n".join(f"    {name:<{width}}  {text}" for name, text in texts.items())


def _summary(function: Any) -> str:  # noqa: ANN401
    line: str = function.doc.splitlines()[0]
    kind = KINDS.get(function.return_type)
    return f"{line} Gives a {kind}." if kind else line


def _path(path: str, function: Any) -> str:  # noqa: ANN401
    return f"{path} {kebab(function.name)}".strip()


def kebab(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"-\1", name).lower().replace("_", "-")


if __name__ == "__main__":
    sys.stdout.write(markdown())
