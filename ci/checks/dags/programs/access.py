"""What a DAG file reaches for while it is parsed: Variables, Connections, databases, the network, programs.

Each is recorded with the line that does so, and answered with something made up, so that parsing goes on;
the network is answered as if there were none, and programs are started.
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
from typing import Any, cast
from unittest.mock import MagicMock

from . import drivers

NETWORK = {"socket.connect", "socket.sendto", "socket.sendmsg"}  # audit events of Python's socket module
NAMES = {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"}
PROGRAMS = {"subprocess.Popen", "os.system", "os.posix_spawn", "os.exec"}
SHELLS = {"sh", "bash"}
PROGRAM = "program"
BEGUN = "_begun_by"  # of a thread: file and line
TREES = ("dags", "scripts")
IMPORT = "<frozen importlib"  # what its frames are called


class MadeUp(dict[str, object]):
    """Stands for a Variable's JSON: whatever is looked up in it is there, and empty."""

    def __missing__(self, _: str) -> MadeUp:
        """An empty value again."""
        return MadeUp()

    def get(self, _: str, default: object = None) -> object:
        """The default where there is one."""
        return MadeUp() if default is None else default


class Recorder:
    """Accesses by the code below a folder that holds dags/ and scripts/; ``found`` in their order."""

    def __init__(self, root: str) -> None:
        self.found: list[dict[str, object]] = []
        self.active = True
        self._trees = tuple(f"{root}/{tree}/" for tree in TREES)
        self._root = f"{root}/"

    def note(self, kind: str, name: str) -> bool:
        """Record an access where code of the type's own is behind it, with the innermost line of it."""
        place = self.place(kind) or getattr(threading.current_thread(), BEGUN, None)
        if place is None or not self.active:
            return False
        access: dict[str, object] = {"kind": kind, "name": name, "file": place[0], "line": place[1]}
        if access not in self.found:
            self.found.append(access)
        return True

    def place(self, kind: str = "") -> tuple[str, int] | None:
        """File and line of the innermost code of the type's own that is being run by this thread.

        A program that a package starts when it is imported is the package's business.
        """
        found = inspect.currentframe()
        while found and not found.f_code.co_filename.startswith(self._trees):
            if kind == PROGRAM and found.f_code.co_filename.startswith(IMPORT):
                return None
            found = found.f_back
        return (found.f_code.co_filename.removeprefix(self._root), found.f_lineno) if found else None

    def audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        """A hook of Python's for what it is about to do; raises OSError for the network."""
        address: object = arguments[-1] if arguments else None
        if event in NETWORK and isinstance(address, tuple):  # a path else: a socket of this machine
            host, port = cast("tuple[Any, ...]", address)[:2]
            if self.note("network", f"{host}:{port}"):
                raise OSError(errno.ENETUNREACH, f"{os.strerror(errno.ENETUNREACH)}: {host}:{port}")
        elif event in NAMES and arguments[0] is not None:
            host = arguments[0].decode() if isinstance(arguments[0], bytes) else str(arguments[0])
            if self.note("network", host):
                raise socket.gaierror(socket.EAI_AGAIN, f"Temporary failure in name resolution: {host}")
        elif event in PROGRAMS:
            self.note(PROGRAM, program_of(event, arguments))


def program_of(event: str, arguments: tuple[Any, ...]) -> str:
    """The name of the program that an audit event is about; for a shell that of its first command."""
    words: list[str] = [os.fsdecode(arguments[0] or "")]
    if event == "os.system":
        words = ["sh", "-c", *words]
    elif isinstance(given := arguments[1], (list, tuple)):
        words += [os.fsdecode(each) for each in cast("list[Any]", given)[1:]]
    name = PurePosixPath(words[0]).name
    if name in SHELLS and words[1:2] == ["-c"] and words[2:]:
        try:
            name = PurePosixPath(next(iter(shlex.split(words[2])), name)).name
        except ValueError:
            return name
    return name


def watch(recorder: Recorder) -> None:
    """Have a recorder see all that is done in this process from now on."""
    for module, name in (
        ("airflow.sdk.definitions.variable", "Variable"),
        ("airflow.models.variable", "Variable"),
    ):
        variable = getattr(importlib.import_module(module), name)
        _replace(variable, "get", lambda original: _variable(recorder, original))
        for method in ("set", "delete", "update", "keys"):
            _replace(variable, method, lambda original: _answered(recorder, "Variable", original, None))
    sdk = importlib.import_module("airflow.sdk.definitions.connection").Connection
    _replace(sdk, "get", lambda original: _connection(recorder, sdk, original))
    model = importlib.import_module("airflow.models.connection").Connection
    _replace(model, "get_connection_from_secrets", lambda original: _connection(recorder, model, original))
    settings = importlib.import_module("airflow.settings")
    for session in ("Session", "NonScopedSession"):
        if original := getattr(settings, session, None):
            setattr(settings, session, _session(recorder, original))
    begin = threading.Thread.start

    def start(self: threading.Thread) -> None:
        setattr(self, BEGUN, recorder.place())  # what it does is done by the line that starts it
        begin(self)

    threading.Thread.start = start
    drivers.watch(lambda address: recorder.note("network", address))
    sys.addaudithook(recorder.audit)


def _replace(owner: type, name: str, made: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
    original = getattr(owner, name, None)  # bound already, where it is a class method
    if original is not None:
        setattr(owner, name, staticmethod(made(original)))


def _variable(recorder: Recorder, original: Callable[..., Any]) -> Callable[..., Any]:
    def get(key: str, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401 - as Airflow has it
        if not recorder.note("Variable", key):
            return original(key, *arguments, **options)
        defaults = [
            *arguments[:1],
            *(options[name] for name in ("default", "default_var") if name in options),
        ]
        if defaults:
            return defaults[0]
        as_json = options.get("deserialize_json") or arguments[1:2] == (True,)
        return MadeUp() if as_json else "1"  # a text, and a number for who needs one

    return get


def _connection(recorder: Recorder, made: Any, original: Callable[..., Any]) -> Callable[..., Any]:  # noqa: ANN401
    def get(conn_id: str, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401 - as Airflow has it
        if not recorder.note("Connection", conn_id):
            return original(conn_id, *arguments, **options)
        return made(
            conn_id=conn_id,
            conn_type="generic",
            host="localhost",
            login="user",
            password="",
            port=1,
            extra="{}",
        )

    return get


def _answered(
    recorder: Recorder, kind: str, original: Callable[..., Any], answer: object
) -> Callable[..., Any]:
    def replaced(*arguments: Any, **options: Any) -> Any:  # noqa: ANN401 - as Airflow has it
        name = str(arguments[0]) if arguments else str(options.get("key", options.get("prefix", "")))
        return answer if recorder.note(kind, name) else original(*arguments, **options)

    return replaced


def _session(recorder: Recorder, original: Any) -> Any:  # noqa: ANN401 - SQLAlchemy's own
    class Sessions:
        """Stands for SQLAlchemy's factory of sessions."""

        def __call__(self, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401
            if recorder.note("metadata database", "session"):
                return MagicMock()
            return original(*arguments, **options)

        def __getattr__(self, name: str) -> Any:  # noqa: ANN401
            return getattr(original, name)

    return Sessions()
