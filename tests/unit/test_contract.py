"""What the module promises to its callers, without an engine: every word documented, every type accepted."""

import inspect
from collections.abc import Callable
from functools import partial
from typing import Any, get_type_hints

import pytest
from dagger.mod._converter import to_typedef
from dagger.mod._utils import get_doc

import ci

from .sources import message

# The SDK keeps what its decorators found in private places; its version is pinned.
MODULE: Any = vars(ci.AirflowImages)["__dagger_module__"]
OBJECTS: dict[str, Any] = MODULE._objects  # noqa: SLF001
ENUMS: dict[str, Any] = MODULE._enums  # noqa: SLF001
FUNCTIONS: dict[str, Any] = {
    f"{name}.{function or 'constructor'}": found
    for name, each in OBJECTS.items()
    # Only the main object's constructor is called from outside.
    for function, found in {
        **each.functions,
        **({"": each.get_constructor()} if each.cls is ci.AirflowImages else {}),
    }.items()
}
ARGUMENTS: dict[str, Any] = {
    f"{name}({argument.name})": argument
    for name, function in FUNCTIONS.items()
    for argument in function.parameters.values()
}
FIELDS: dict[str, tuple[Any, Any]] = {
    f"{name}.{field.original_name}": (each.cls, field)
    for name, each in OBJECTS.items()
    for field in each.fields.values()
}
CHECKS = {name: function for name, function in FUNCTIONS.items() if function.check or function.generate}


def refused(convert: Callable[[], object]) -> str:
    """Tell why the API has no such type; an empty text where it has."""
    try:
        convert()
    except TypeError as error:
        return str(error)
    return ""


def test_the_calls_a_user_makes_are_there() -> None:
    main = {name.removeprefix("AirflowImages.") for name in FUNCTIONS if name.startswith("AirflowImages.")}
    goals = {"list", "build", "test", "scan", "publish", "lock", "affected", "report"}
    groups = {"registry", "dependencies", "scaffold", "checks"}
    assert main == {"constructor", *goals, *groups}  # at most twelve: what is more specific hangs on these
    assert CHECKS
    assert ARGUMENTS
    assert FIELDS


def test_all_that_a_user_may_name_is_documented() -> None:
    documented = {
        "ci": inspect.getdoc(ci),
        **{name: get_doc(each.cls) for name, each in OBJECTS.items()},
        **{name: get_doc(each) for name, each in ENUMS.items()},
        **{name: function.doc for name, function in FUNCTIONS.items()},
        **{name: argument.doc for name, argument in ARGUMENTS.items()},
        **{name: get_doc(field.return_type) for name, (_, field) in FIELDS.items()},
    }
    bare = [name for name, text in documented.items() if not text]
    assert not bare, message("write a docstring, or Annotated[…, Doc('…')] with None inside", bare)


def test_arguments_are_described_by_phrases_not_sentences() -> None:
    sentences = [name for name, argument in ARGUMENTS.items() if str(argument.doc).endswith(".")]
    assert not sentences, message("leave the full stop out", sentences)


def test_all_types_are_of_the_api() -> None:
    types = {
        **{f"{name} → result": function.return_type for name, function in FUNCTIONS.items()},
        **{name: argument.resolved_type for name, argument in ARGUMENTS.items()},
        **{name: get_type_hints(cls)[field.original_name] for name, (cls, field) in FIELDS.items()},
    }
    reasons = {name: refused(partial(to_typedef, each)) for name, each in types.items()}
    offenders = [f"{name}: {reason}" for name, reason in reasons.items() if reason]
    assert not offenders, message("use a type that the API has", offenders)


def test_checks_and_generators_run_without_arguments() -> None:
    required = [
        f"{name}({argument.name})"
        for name, function in CHECKS.items()
        for argument in function.parameters.values()
        if not argument.is_optional
    ]
    assert not required, message("give these arguments a default", required)


@pytest.mark.parametrize("kind", [dict[str, str], int | str, set[str], object])
def test_a_type_that_the_api_lacks_is_seen(kind: object) -> None:
    assert "unsupported type" in refused(lambda: to_typedef(kind))
