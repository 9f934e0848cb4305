"""Values that several callers share: made once, by the first who asks."""

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from typing import Any, TypeVar

T = TypeVar("T")


class Memo:
    """Values by key; callers that ask while a value is being made wait for it."""

    def __init__(self) -> None:
        self._values: dict[Hashable, asyncio.Future[Any]] = {}

    async def get(self, key: Hashable, make: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Return the value of a key; ``make`` is called by the first caller alone."""
        self.begin(key, make)
        return await self._values[key]

    async def begun(self, key: Hashable) -> Any:  # noqa: ANN401 - whatever was begun
        """Return the value of a key, which was begun."""
        return await self._values[key]

    def begin(self, key: Hashable, make: Callable[[], Coroutine[Any, Any, T]]) -> None:
        """Begin to make the value of a key, which is needed later; an error is raised to who gets it."""
        if key not in self._values:
            self._values[key] = asyncio.ensure_future(make())

    async def close(self) -> None:
        """Stop to make values that nobody waits for any more."""
        for value in self._values.values():
            value.cancel()
        await asyncio.gather(*self._values.values(), return_exceptions=True)

    def forget(self, key: Hashable) -> None:
        """Remove a value, if it was made."""
        self._values.pop(key, None)
