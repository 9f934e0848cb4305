"""Drivers of PostgreSQL: they connect in C, where Python's audit events don't see it."""

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
OnConnect = Callable[[str], object]
"""Gets the address of a connection."""


class Finder(MetaPathFinder):
    """A finder that has the drivers watched once they are imported."""

    def __init__(self, on_connect: OnConnect) -> None:
        self._on_connect = on_connect
        self._seeking = False

    def find_spec(
        self, fullname: str, _path: Sequence[str] | None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return a driver's own spec, whose loader then does more; None for every other module."""
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

        def execute_and_watch(module: ModuleType) -> None:
            execute(module)
            _watch(module, self._on_connect)

        setattr(spec.loader, "exec_module", execute_and_watch)  # noqa: B010 - a method is replaced on purpose
        return spec


def watch(on_connect: OnConnect) -> None:
    """Report the addresses that drivers connect to, whether they are imported already or later."""
    for name in DRIVERS:
        if name in sys.modules:
            _watch(sys.modules[name], on_connect)
    sys.meta_path.insert(0, Finder(on_connect))


def _watch(module: ModuleType, on_connect: OnConnect) -> None:
    original: Callable[..., Any] | None = getattr(module, "connect", None)
    if original is None:
        return

    def connect(*arguments: Any, **options: Any) -> Any:  # noqa: ANN401 - as the driver has it
        on_connect(address(*arguments[:1], **options))
        return original(*arguments, **options)  # which fails: there is no network

    setattr(module, "connect", connect)  # noqa: B010 - as above


def address(dsn: object = None, **options: object) -> str:
    """Return host and port of a connection from the driver's arguments."""
    text = str(options.get("dsn") or options.get("conninfo") or dsn or "")
    words = dict(re.findall(r"(\w+)\s*=\s*'?([^\s']+)", text))
    if "://" in text:
        netloc = urlsplit(text).netloc.rpartition("@")[2]
        words["host"], _, words["port"] = netloc.partition(":")
    host = options.get("host") or words.get("host") or "localhost"
    return f"{host}:{options.get('port') or words.get('port') or 5432}"
