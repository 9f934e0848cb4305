"""What a call that must fail says is wrong."""

from collections.abc import Callable
from typing import ParamSpec

import pytest

from ci.errors import ConfigurationError

Arguments = ParamSpec("Arguments")


def refusal(
    call: Callable[Arguments, object], *positional: Arguments.args, **named: Arguments.kwargs
) -> tuple[str, ...]:
    """Return the problems of a call that is refused as wrongly configured."""
    with pytest.raises(ConfigurationError) as caught:
        call(*positional, **named)
    return caught.value.problems
