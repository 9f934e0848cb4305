"""Accesses of a DAG file while it is parsed: to Variables, Connections, databases, the network and programs.

An access is recorded with its line, and gets a made-up answer, so that parsing goes on; for the network that
is the error of a machine without one. Programs are really started.
"""

from __future__ import annotations

import errno
import importlib
import inspect
import os
import shlex
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Any, NamedTuple, cast
from unittest.mock import MagicMock

from . import drivers

NETWORK = {"socket.connect", "socket.sendto", "socket.sendmsg"}  # audit events of Python's socket module
NAMES = {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"}
PROGRAMS = {"subprocess.Popen", "os.system", "os.posix_spawn", "os.exec"}
SHELLS = {"sh", "bash"}
PROGRAM = "program"
STARTED_BY = "_started_by"  # a thread's attribute: file and line
TREES = ("dags", "scripts")
IMPORT = "<frozen importlib"  # the file of its frames
DEFAULTS = ("default", "default_var")  # of Variable.get in the SDK and in Airflow's models


class MadeUp(dict[str, object]):
    """A stand-in for a Variable's JSON, in which every key has an empty value."""

    def __missing__(self, _: str) -> MadeUp:
        """Return an empty value."""
        return MadeUp()

    def get(self, _: str, default: object = None) -> object:
        """Return the default, or an empty value."""
        return MadeUp() if default is None else default


class MadeUpValues(NamedTuple):
    """The answers to accesses: a Variable's text, its JSON, and a Connection's host."""

    text: str
    json: object
    host: str


# With which a file is parsed; then again with the others where they may be the cause of an error.
MADE_UP = (
    MadeUpValues("1", MadeUp(), "localhost"),  # a text that is also a number
    MadeUpValues("@daily", [], "example.com"),
    MadeUpValues("{}", {}, "warehouse"),
    MadeUpValues("2026-01-01T00:00:00+00:00", "text", "https://example.com/path"),
    MadeUpValues("/tmp/folder", [MadeUp()], "db"),  # noqa: S108 - no file is made
)


class Recorder:
    """A recorder of accesses by code in the dags/ and scripts/ of a folder, with the answers to them."""

    def __init__(self, root: str, made_up: MadeUpValues = MADE_UP[0]) -> None:
        self.made_up = made_up
        self.accesses: list[dict[str, object]] = []
        self.active = True
        self._trees = tuple(f"{root}/{tree}/" for tree in TREES)
        self._root = f"{root}/"

    def record(self, kind: str, name: str) -> bool:
        """Record an access with the innermost line of the type's own code; return whether that made it."""
        location = self.location(kind) or getattr(threading.current_thread(), STARTED_BY, None)
        if location is None or not self.active:
            return False
        access: dict[str, object] = {"kind": kind, "name": name, "file": location[0], "line": location[1]}
        if access not in self.accesses:
            self.accesses.append(access)
        return True

    def location(self, kind: str = "") -> tuple[str, int] | None:
        """Return file and line of the innermost code of the type's own that this thread runs.

        Programs that a package starts while it is imported aren't attributed to the type.
        """
        frame = inspect.currentframe()
        while frame and not frame.f_code.co_filename.startswith(self._trees):
            if kind == PROGRAM and frame.f_code.co_filename.startswith(IMPORT):
                return None
            frame = frame.f_back
        return (frame.f_code.co_filename.removeprefix(self._root), frame.f_lineno) if frame else None

    def audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Record an audit event; raise OSError for the network."""
        address: object = arguments[-1] if arguments else None
        if event in NETWORK and isinstance(address, tuple):  # a path is a socket of this machine
            host, port = cast("tuple[Any, ...]", address)[:2]
            if self.record("network", f"{host}:{port}"):
                raise OSError(errno.ENETUNREACH, f"{os.strerror(errno.ENETUNREACH)}: {host}:{port}")
        elif event in NAMES and arguments[0] is not None:
            host = arguments[0].decode() if isinstance(arguments[0], bytes) else str(arguments[0])
            if self.record("network", host):
                raise socket.gaierror(socket.EAI_AGAIN, f"Temporary failure in name resolution: {host}")
        elif event in PROGRAMS:
            self.record(PROGRAM, program_of(event, arguments))


def program_of(event: str, arguments: tuple[Any, ...]) -> str:
    """Return the name of the program in an audit event; for a shell that of its first command."""
    words: list[str] = [os.fsdecode(arguments[0] or "")]
    if event == "os.system":
        words = ["sh", "-c", *words]
    elif isinstance(argv := arguments[1], (list, tuple)):
        words += [os.fsdecode(word) for word in cast("list[Any]", argv)[1:]]
    name = PurePosixPath(words[0]).name
    if name in SHELLS and words[1:2] == ["-c"] and words[2:]:
        try:
            name = PurePosixPath(next(iter(shlex.split(words[2])), name)).name
        except ValueError:
            return name
    return name


def watch(recorder: Recorder) -> None:
    """Record all accesses of this process from now on."""
    for module in ("airflow.sdk.definitions.variable", "airflow.models.variable"):
        variable = importlib.import_module(module).Variable
        _replace(variable, "get", lambda original: _variable(recorder, original))
        for method in ("set", "delete", "update", "keys"):
            _replace(variable, method, lambda original: _without_effect(recorder, original))
    sdk = importlib.import_module("airflow.sdk.definitions.connection").Connection
    _replace(sdk, "get", lambda original: _connection(recorder, sdk, original))
    model = importlib.import_module("airflow.models.connection").Connection
    _replace(model, "get_connection_from_secrets", lambda original: _connection(recorder, model, original))
    settings = importlib.import_module("airflow.settings")
    for session in ("Session", "NonScopedSession"):
        if original := getattr(settings, session, None):
            setattr(settings, session, _session(recorder, original))
    start_thread = threading.Thread.start

    def start(self: threading.Thread) -> None:
        setattr(self, STARTED_BY, recorder.location())  # its accesses count for this line
        start_thread(self)

    threading.Thread.start = start
    drivers.watch(lambda address: recorder.record("network", address))
    sys.addaudithook(recorder.audit)


def _replace(owner: type, name: str, wrap: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
    original = getattr(owner, name, None)  # a class method is bound already
    if original is not None:
        setattr(owner, name, staticmethod(wrap(original)))


def _variable(recorder: Recorder, original: Callable[..., Any]) -> Callable[..., Any]:
    def get(key: str, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401 - as Airflow has it
        if not recorder.record("Variable", key):
            return original(key, *arguments, **options)
        defaults = [*arguments[:1], *(options[name] for name in DEFAULTS if name in options)]
        if defaults:
            return defaults[0]
        as_json = options.get("deserialize_json") or arguments[1:2] == (True,)
        return recorder.made_up.json if as_json else recorder.made_up.text

    return get


def _connection(recorder: Recorder, cls: Any, original: Callable[..., Any]) -> Callable[..., Any]:  # noqa: ANN401
    def get(conn_id: str, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401 - as Airflow has it
        if not recorder.record("Connection", conn_id):
            return original(conn_id, *arguments, **options)
        made_up = {"conn_type": "generic", "login": "user", "password": "", "port": 1}
        made_up["host"] = recorder.made_up.host
        return cls(conn_id=conn_id, **made_up, extra="{}")

    return get


def _without_effect(recorder: Recorder, original: Callable[..., Any]) -> Callable[..., Any]:
    def replaced(*arguments: Any, **options: Any) -> Any:  # noqa: ANN401 - as Airflow has it
        name = str(arguments[0]) if arguments else str(options.get("key", options.get("prefix", "")))
        return None if recorder.record("Variable", name) else original(*arguments, **options)

    return replaced


def _session(recorder: Recorder, original: Any) -> Any:  # noqa: ANN401 - SQLAlchemy's own
    class Sessions:
        """A stand-in for SQLAlchemy's session factory."""

        def __call__(self, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401
            if recorder.record("metadata database", "session"):
                return MagicMock()
            return original(*arguments, **options)

        def __getattr__(self, name: str) -> Any:  # noqa: ANN401
            return getattr(original, name)

    return Sessions()
