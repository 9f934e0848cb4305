"""Modules of this package that run at their first use: a call needs a part of them, and starts sooner.

The standard library's LazyLoader does the work, until Python has lazy imports of its own (PEP 810).
"""

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import LazyLoader
from types import ModuleType

_PREFIX = f"{__package__}."


class _LazyFinder(MetaPathFinder):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        spec = PathFinder.find_spec(fullname, path, target) if fullname.startswith(_PREFIX) else None
        if spec and spec.loader:
            spec.loader = LazyLoader(spec.loader)
        return spec


def install() -> None:
    """Import this package's modules lazily from now on."""
    sys.meta_path.insert(0, _LazyFinder())
