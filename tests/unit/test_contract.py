"""What the module promises to its callers, without an engine: every word documented, every type accepted."""

import inspect
from collections.abc import Callable
from typing import Any, get_type_hints

import pytest
from dagger.mod._converter import to_typedef
from dagger.mod._utils import get_doc

import ci

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

function_of = pytest.mark.parametrize("name", sorted(FUNCTIONS))
argument_of = pytest.mark.parametrize("name", sorted(ARGUMENTS))
field_of = pytest.mark.parametrize("name", sorted(FIELDS))


def refused(convert: Callable[[], object]) -> str:
    """Tell why the API has no such type; an empty text where it has."""
    try:
        convert()
    except TypeError as error:
        return str(error)
    return ""


def test_the_calls_a_user_makes_are_there() -> None:
    wanted = {"constructor", "list", "base", "build", "test", "lock"}
    assert wanted <= {name.removeprefix("AirflowImages.") for name in FUNCTIONS}
    assert CHECKS
    assert ARGUMENTS
    assert FIELDS


def test_the_module_is_documented() -> None:
    assert inspect.getdoc(ci)


@pytest.mark.parametrize("name", sorted(OBJECTS))
def test_an_object_is_documented(name: str) -> None:
    assert get_doc(OBJECTS[name].cls), f"write a docstring for the class {name}"


@function_of
def test_a_function_is_documented(name: str) -> None:
    assert FUNCTIONS[name].doc, f"write a docstring for {name}"


@argument_of
def test_an_argument_is_documented(name: str) -> None:
    assert ARGUMENTS[name].doc, f"write Annotated[…, Doc('…')] for {name}, with None inside of the brackets"


@argument_of
def test_an_argument_is_told_by_a_phrase_not_a_sentence(name: str) -> None:
    assert not str(ARGUMENTS[name].doc).endswith("."), f"{name}: leave the full stop out"


@field_of
def test_a_field_is_documented(name: str) -> None:
    assert get_doc(FIELDS[name][1].return_type), f"write Annotated[…, Doc('…')] for {name}"


@pytest.mark.parametrize("name", [*ENUMS, "none at all"])
def test_an_enumeration_is_documented(name: str) -> None:
    assert name not in ENUMS or get_doc(ENUMS[name]), f"write a docstring for the class {name}"


@function_of
def test_what_a_function_gives_has_a_type_of_the_api(name: str) -> None:
    assert not refused(lambda: to_typedef(FUNCTIONS[name].return_type))


@argument_of
def test_an_argument_has_a_type_of_the_api(name: str) -> None:
    assert not refused(lambda: to_typedef(ARGUMENTS[name].resolved_type))


@field_of
def test_a_field_has_a_type_of_the_api(name: str) -> None:
    cls, field = FIELDS[name]
    assert not refused(lambda: to_typedef(get_type_hints(cls)[field.original_name]))


@pytest.mark.parametrize("name", sorted(CHECKS))
def test_a_check_or_generator_runs_without_arguments(name: str) -> None:
    required = [argument.name for argument in CHECKS[name].parameters.values() if not argument.is_optional]
    assert not required, f"{name}: give {', '.join(required)} a default"


@pytest.mark.parametrize("kind", [dict[str, str], int | str, set[str], object])
def test_a_type_that_the_api_lacks_is_seen(kind: object) -> None:
    assert "unsupported type" in refused(lambda: to_typedef(kind))
