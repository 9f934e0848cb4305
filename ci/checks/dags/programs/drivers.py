"""Drivers of databases that reach for the network in C, where Python sees nothing of it: PostgreSQL's."""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Callable, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

DRIVERS = ("psycopg", "psycopg2")
Told = Callable[[str], object]


class Finder(MetaPathFinder):
    """Finds the drivers as Python does, and has each watched once it is imported."""

    def __init__(self, told: Told) -> None:
        self._told = told
        self._seeking = False

    def find_spec(
        self, fullname: str, _path: Sequence[str] | None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The driver's own spec, whose loader does more; None for every other module."""
        if fullname not in DRIVERS or self._seeking:
            return None
        self._seeking = True
        try:
            spec = importlib.util.find_spec(fullname)
        finally:
            self._seeking = False
        if spec is None or spec.loader is None:
            return None
        execute = spec.loader.exec_module

        def executed(module: ModuleType) -> None:
            execute(module)
            _watch(module, self._told)

        setattr(spec.loader, "exec_module", executed)  # noqa: B010 - a method is replaced on purpose
        return spec


def watch(told: Told) -> None:
    """Have the address told that a driver connects to, whether it is imported already or later."""
    for name in DRIVERS:
        if name in sys.modules:
            _watch(sys.modules[name], told)
    sys.meta_path.insert(0, Finder(told))


def _watch(module: ModuleType, told: Told) -> None:
    original: Callable[..., Any] | None = getattr(module, "connect", None)
    if original is None:
        return

    def connect(*arguments: Any, **options: Any) -> Any:  # noqa: ANN401 - as the driver has it
        told(address(*arguments[:1], **options))
        return original(*arguments, **options)  # and there is no network

    setattr(module, "connect", connect)  # noqa: B010 - as above


def address(dsn: object = None, **options: object) -> str:
    """Host and port of a connection, as the driver is given it."""
    text = str(options.get("dsn") or options.get("conninfo") or dsn or "")
    words = dict(re.findall(r"(\w+)\s*=\s*'?([^\s']+)", text))
    if "://" in text:
        netloc = urlsplit(text).netloc.rpartition("@")[2]
        words["host"], _, words["port"] = netloc.partition(":")
    host = options.get("host") or words.get("host") or "localhost"
    return f"{host}:{options.get('port') or words.get('port') or 5432}"
