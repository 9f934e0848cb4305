"""What a DAG file reaches for while it is parsed is recorded with its line; the answer is made up."""

import socket
import sys
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager, nullcontext
from types import ModuleType, SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

import pytest

from ci.checks.dags.programs import access
from ci.checks.dags.programs.access import MadeUp, Recorder

FILE = "dags/api/dag.py"
Run = Callable[[str], dict[str, Any]]


@pytest.fixture
def recorder() -> Recorder:
    """Give a recorder of what code below /opt/airflow does."""
    return Recorder("/opt/airflow")


def run(code: str, file: str = f"/opt/airflow/{FILE}", **names: object) -> dict[str, Any]:
    """Run code as if it were in a file, with some names."""
    exec(compile(code, file, "exec"), space := dict(names))  # noqa: S102 - stands for Airflow's import of a file
    return space


def accesses(recorder: Recorder) -> list[tuple[object, ...]]:
    return [(each["kind"], each["name"], each["file"], each["line"]) for each in recorder.accesses]


def test_the_innermost_line_of_the_types_own_is_recorded_once(recorder: Recorder) -> None:
    code = "def reach():\n    return record('network', 'x')"
    inner = run(code, "/opt/airflow/scripts/tool.py", record=recorder.record)
    space = run("\n\nresult = [reach(), reach()]", reach=inner["reach"])
    assert space["result"] == [True, True]
    assert accesses(recorder) == [("network", "x", "scripts/tool.py", 2)]


def test_what_is_behind_no_line_of_the_types_own_is_left_alone(recorder: Recorder) -> None:
    code = "result = record('network', 'x')"
    assert run(code, "/opt/airflow/plugins/x.py", record=recorder.record)["result"] is False
    recorder.active = False
    assert run(code, record=recorder.record)["result"] is False
    assert recorder.accesses == []


@pytest.mark.parametrize(
    ("event", "arguments", "kind", "name"),
    [
        ("socket.connect", (None, ("1.1.1.1", 53)), "network", "1.1.1.1:53"),
        ("socket.connect", (None, ("::1", 53, 0, 0)), "network", "::1:53"),
        ("socket.sendto", (None, ("1.1.1.1", 53)), "network", "1.1.1.1:53"),
        ("socket.getaddrinfo", ("example.com", 443, 0, 0, 0), "network", "example.com"),
        ("socket.gethostbyname", (b"example.com",), "network", "example.com"),
        ("subprocess.Popen", ("/usr/bin/git", ["git", "status"], None, None), "program", "git"),
        ("subprocess.Popen", ("/bin/sh", ["/bin/sh", "-c", "/bin/ls -l | wc"], None, None), "program", "ls"),
        ("subprocess.Popen", ("/bin/sh", ["/bin/sh", "-c", "echo 'open"], None, None), "program", "sh"),
        ("subprocess.Popen", ("git", "git", None, None), "program", "git"),
        ("os.system", (b"dbt ls",), "program", "dbt"),
        ("os.posix_spawn", ("/usr/bin/curl", ["curl"], None), "program", "curl"),
        ("os.exec", (b"/usr/bin/curl", [b"curl"], None), "program", "curl"),
        ("socket.connect", (None, "/dev/log"), "", ""),
        ("socket.getaddrinfo", (None, 80, 0, 0, 0), "", ""),
        ("socket.__new__", (None, socket.AF_INET, 0, 0), "", ""),
        ("open", ("file", "r", 0), "", ""),
        ("import", (), "", ""),
    ],
)
def test_networks_and_programs_are_recorded_and_no_network_is_there(
    recorder: Recorder, event: str, arguments: tuple[object, ...], kind: str, name: str
) -> None:
    refused = pytest.raises(OSError, match=name.partition(":53")[0]) if kind == "network" else nullcontext()
    with refused:
        run("\naudit(event, arguments)", audit=recorder.audit, event=event, arguments=arguments)
    assert accesses(recorder) == ([(kind, name, FILE, 2)] if kind else [])


def test_a_program_that_an_imported_package_starts_is_none_of_the_types_own(recorder: Recorder) -> None:
    code = "def reach():\n    audit('os.system', (b'uname',)), record('network', 'x')"
    inner = run(code, "/lib/package.py", audit=recorder.audit, record=recorder.record)
    load = run("def load():\n    reach()", "<frozen importlib._bootstrap>", reach=inner["reach"])
    run("\nload()", load=load["load"])
    assert accesses(recorder) == [("network", "x", FILE, 2)]


def real(*arguments: object) -> tuple[object, ...]:
    return ("real", *arguments)


def stand_in(base: type, *methods: str) -> type:
    return type("StandIn", (base,), dict.fromkeys(methods, staticmethod(real)))


@contextmanager
def _real() -> Generator[str]:
    yield "real"


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch, recorder: Recorder) -> Run:
    """Give a function that runs code of a DAG file in a process that is watched, with Airflow's names."""
    modules = {
        "airflow.sdk.definitions.variable": {"Variable": stand_in(object, "get", "set", "keys")},
        "airflow.models.variable": {"Variable": stand_in(object, "get", "set")},
        "airflow.sdk.definitions.connection": {"Connection": stand_in(SimpleNamespace, "get")},
        "airflow.models.connection": {"Connection": stand_in(SimpleNamespace, "get_connection_from_secrets")},
        "airflow.settings": {"Session": _real},
    }
    for name, names in modules.items():
        module = ModuleType(name)
        vars(module).update(names)
        monkeypatch.setitem(sys.modules, name, module)
    hooks: list[object] = []
    monkeypatch.setattr(sys, "addaudithook", hooks.append)
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    monkeypatch.setattr(threading.Thread, "start", threading.Thread.start)  # taken back with what is set
    access.watch(recorder)
    assert hooks == [recorder.audit]
    names: dict[str, Any] = {
        "Variable": modules["airflow.sdk.definitions.variable"]["Variable"],
        "Old": modules["airflow.models.variable"]["Variable"],
        "Connection": modules["airflow.sdk.definitions.connection"]["Connection"],
        "OldConnection": modules["airflow.models.connection"]["Connection"],
        "settings": sys.modules["airflow.settings"],
    }
    return lambda code: run(f"result = {code}", **names)


@pytest.mark.parametrize(
    ("code", "answer"),
    [
        ("Variable.get('x')", "1"),
        ("Variable.get(key='x')", "1"),
        ("Variable.get('x', default='d')", "d"),
        ("Variable.get('x', 'd', True)", "d"),
        ("Variable.get('x', deserialize_json=True)", {}),
        ("Old.get('x')", "1"),
        ("Old.get('x', default_var=None)", None),
        ("Variable.set('x', 1)", None),
        ("Old.set(key='x', value=1)", None),
        ("Variable.keys(prefix='x')", None),
    ],
)
def test_a_variable_is_recorded_and_made_up(
    watched: Run, recorder: Recorder, code: str, answer: object
) -> None:
    assert watched(code)["result"] == answer
    assert accesses(recorder) == [("Variable", "x", FILE, 1)]


def test_a_connection_and_a_session_are_recorded_and_made_up(watched: Run, recorder: Recorder) -> None:
    for code, name in (("Connection.get", "x"), ("OldConnection.get_connection_from_secrets", "y")):
        result = watched(f"{code}({name!r})")["result"]
        assert (result.conn_id, result.host, result.port) == (name, "localhost", 1)
    assert isinstance(watched("settings.Session()")["result"], MagicMock)
    assert accesses(recorder) == [
        ("Connection", "x", FILE, 1),
        ("Connection", "y", FILE, 1),
        ("metadata database", "session", FILE, 1),
    ]


@pytest.mark.usefixtures("watched")
def test_what_a_thread_does_is_the_line_that_starts_it(recorder: Recorder) -> None:
    def reach() -> None:
        recorder.record("network", "x")

    run("thread.start()\nthread.join()", thread=threading.Thread(target=reach))
    assert accesses(recorder) == [("network", "x", FILE, 1)]


def test_airflows_own_accesses_are_answered_by_airflow(watched: Run, recorder: Recorder) -> None:
    recorder.active = False
    assert watched("Variable.get('x', 'd')")["result"] == ("real", "x", "d")
    assert watched("Variable.set('x', 2)")["result"] == ("real", "x", 2)
    assert watched("Connection.get('x')")["result"] == ("real", "x")
    with watched("settings.Session()")["result"] as session:
        assert session == "real"
    assert watched("settings.Session.__name__")["result"] == "_real"


def test_a_made_up_json_has_whatever_is_looked_up_in_it() -> None:
    tables = MadeUp()["tables"]
    assert isinstance(tables, MadeUp)
    assert list(tables) == []
    assert MadeUp().get("x", 5) == 5
    assert MadeUp().get("x") == {}
