"""The output of a call: of one that ends in an object Dagger's CLI shows nothing but a handle."""

from dagger import dag

from ..text import table
from . import standard_output
from .caching import never_cached


async def shown(text: str) -> str:
    """Write a text to the standard output of the CLI, and return an id, which the CLI needs.

    It is what a ``sync`` does, which the CLI calls where a call ends in an object. The text is the last that
    it shows but for the handle, in a terminal, in a pipe and with --silent.
    """
    standard_output.write(text)
    return await dag.directory().id()


class Group:
    """An object that only groups calls."""

    # A remembered call shows nothing.
    @never_cached
    async def sync(self) -> str:
        """Show the calls that it groups. The CLI calls it where a call ends here."""
        methods = {name: method for name, method in vars(type(self)).items() if callable(method)}
        rows = [
            (name.replace("_", "-"), str(method.__doc__).partition("\n")[0])
            for name, method in sorted(methods.items())
            if not name.startswith("_")
        ]
        return await shown(table(rows))
