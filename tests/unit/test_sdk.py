"""The cure for the SDK's converters: it works, and is needed still."""

import pytest
from dagger import dag
from dagger.client import _core

import ci


def test_fields_of_queries_share_a_converter_that_the_sdk_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ci.AirflowImages
    shared = _core.make_converter(_core.Context())
    made: list[_core.Context] = []

    def count(context: _core.Context) -> object:
        made.append(context)
        return shared

    monkeypatch.setattr(_core, "make_converter", count)
    container = dag.container().with_env_variable("A", "a").with_env_variable("B", "b")
    assert len(made) > 2, "the SDK makes no converter for each field any more: remove ci/sdk.py"
    monkeypatch.undo()
    assert _core.make_converter(_core.Context()) is shared
    assert container
