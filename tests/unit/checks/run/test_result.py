"""The result of a run: exit code, texts, and mistakes in the request."""

from pathlib import Path

import pytest

from ci.checks.run import result as run_result
from ci.checks.run.request import Request
from ci.checks.run.result import RunResult, Task
from ci.config import dag_type as config_dag_type
from ci.errors import ConfigurationError

PROJECT = '[project]\nname = "{0}"\ndependencies = []\n[tool.airflow-images]\n{1}'
DAG, TASK = Request(dag="d"), Request(dag="d", task="t")
ONE = Request(dag="d", task="t[1]")
# The last words of real runs of Airflow 3.1.
COMMAND = '  File "/lib/python3.13/site-packages/airflow/cli/commands/task_command.py", line 188, in _get_ti'
NO_INDEX = (COMMAND, "    raise RuntimeError(...)", "RuntimeError: No map_index passed to mapped task")
INDEX = (COMMAND, "    raise RuntimeError(...)", "RuntimeError: map_index passed to non-mapped task")
DONE, FAILED = Task(id="t", state="success"), Task(id="t", state="failed")


def dag_type(name: str, settings: str = "") -> config_dag_type.DagType:
    return config_dag_type.parse(name, f"images/{name}/pyproject.toml", PROJECT.format(name, settings))


@pytest.mark.parametrize(
    ("request_", "result", "code", "state"),
    [
        (DAG, RunResult(run_state="success", tasks=(DONE,)), 0, "success"),
        (DAG, RunResult(run_state="failed", tasks=(FAILED,)), 1, "failed"),
        (DAG, RunResult(run_state="failed", tasks=(FAILED,), status=7), 7, "failed"),
        (DAG, RunResult(run_state="running", tasks=(DONE,)), 1, "running"),
        (DAG, RunResult(run_state="success", tasks=(DONE,), status=137), 137, "success"),
        (DAG, RunResult(), 1, "none"),
        (DAG, RunResult(run_state="running", tasks=(DONE,), status=None), 124, "timeout"),
        (TASK, RunResult(tasks=(DONE,)), 0, "success"),
        (TASK, RunResult(tasks=(Task(id="t", state="skipped"),)), 0, "success"),
        (TASK, RunResult(tasks=(FAILED,)), 1, "failed"),
        (TASK, RunResult(tasks=(Task(id="t", state="up_for_retry"),)), 1, "up_for_retry"),
        (TASK, RunResult(tasks=(Task(id="t"),)), 1, "none"),
        (TASK, RunResult(), 1, "success"),
    ],
)
def test_a_run_is_good_only_where_airflow_and_its_database_say_so(
    request_: Request, result: RunResult, code: int, state: str
) -> None:
    assert result.code(request_) == code
    assert result.state(request_) == state


def test_a_run_in_a_few_lines() -> None:
    tasks = (DONE, Task(id="m", map_index=0, state="success"), Task(id="m", map_index=1, state="skipped"))
    text = RunResult(run_state="success", tasks=tasks).text(DAG)
    assert text == "dag    d\nstate  success\ntasks  1 skipped, 2 success"
    assert RunResult(tasks=(DONE,)).text(TASK) == "dag    d\ntask   t\nstate  success\ntasks  1 success"
    assert RunResult(run_state="success").text(DAG).endswith("tasks  none started")


def test_a_failure_names_the_tasks_and_ends_with_the_log() -> None:
    tail = ("2026 [info     ] Task started", "ValueError: the moon is full", "DagRun failed")
    tasks = (DONE, Task(id="m", map_index=1, state="failed"), Task(id="n"))
    text = RunResult(run_state="failed", status=1, tasks=tasks, tail=tail).failure(DAG)
    assert text.splitlines() == [
        "DAG 'd' failed with exit code 1",
        "  not done: m[1] (failed), n (none)",
        "  the end of its log:",
        "    ValueError: the moon is full",
        "    DagRun failed",
    ]
    late = RunResult(status=None).failure(Request(dag="d", seconds=5))
    assert late == "DAG 'd' timed out after 5 s: raise --timeout, or find in the log what it waits for"


GOOT, RED = Request(dag="goot"), Request(dag="d", task="red")
NO_DAG = "no DAG 'goot' in the DAG type 'x': did you mean 'good'? It has: bad, good\n  others"
NO_DAGS = "no DAG 'd' in the DAG type 'x'; it has none\n  others\n  could not parse a.py: ImportError: a\n"
NO_TASK = "no task 't' in the DAG 'd'; it has: tea, u"
DID_YOU_MEAN = "no task 'red' in the DAG 'd': did you mean 'read'? It has: read, write"
BROKEN = {"b.py": "SyntaxError: b", "a.py": "ImportError: a"}
PROBLEMS = ("--env-file: line 1 is wrong", "--env-file: line 2 too")


@pytest.mark.parametrize(
    ("request_", "result", "text"),
    [
        (GOOT, RunResult(status=1, dags={"good": (), "bad": ()}), NO_DAG),
        (DAG, RunResult(status=1, import_errors=BROKEN), NO_DAGS),
        (TASK, RunResult(status=1, dags={"d": ("tea", "u")}), NO_TASK),
        (ONE, RunResult(status=1, dags={"d": ("tea", "u")}), NO_TASK),
        (RED, RunResult(status=1, dags={"d": ("read", "write")}), DID_YOU_MEAN),
        (TASK, RunResult(status=1, tail=NO_INDEX), "task 't' is mapped: name one instance, such as "),
        (ONE, RunResult(status=1, tail=INDEX, dags={"d": ("t",)}), "task 't' isn't mapped: use --task-id t"),
        (DAG, RunResult(problems=PROBLEMS), "2 problems:\n--env-file: line 1 is wrong"),
    ],
)
def test_a_mistake_in_the_request_is_an_error(request_: Request, result: RunResult, text: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        result.check(request_, dag_type("x"), "\n  others")
    assert str(caught.value).startswith(text)


def test_a_failed_run_is_no_mistake_in_the_request() -> None:
    for request, result, code in (
        (TASK, RunResult(tasks=(DONE,)), 0),
        (TASK, RunResult(status=1, tasks=(FAILED,)), 1),
        (TASK, RunResult(status=1, dags={"d": ("t",)}), 1),
        (TASK, RunResult(status=1, tail=("the end",)), 1),
        (TASK, RunResult(status=137), 137),
        (TASK, RunResult(status=None), 124),
        (TASK, RunResult(tail=NO_INDEX), 1),
        (TASK, RunResult(status=1, tasks=(FAILED,), tail=NO_INDEX), 1),
        (DAG, RunResult(status=1, tail=NO_INDEX), 1),
        (TASK, RunResult(status=1, tail=INDEX), 1),
    ):
        result.check(request, dag_type("x"), "")
        assert result.code(request) == code


def test_of_a_mapped_task_the_requested_instance_counts() -> None:
    states = {-1: None, 0: None, 1: "success", 2: "failed"}
    tasks = tuple(Task(id="t", map_index=index, state=state) for index, state in states.items())
    every = RunResult(tasks=tasks)
    assert every.for_request(TASK) == every
    assert every.for_request(ONE).code(ONE) == 0
    assert every.for_request(ONE).text(ONE) == "dag    d\ntask   t[1]\nstate  success\ntasks  1 success"
    two = Request(dag="d", task="t[2]")
    assert every.for_request(two).code(two) == 1
    assert "task 't[2]' of DAG 'd' failed" in every.for_request(two).failure(two)
    absent = Request(dag="d", task="t[7]")
    assert every.for_request(absent).code(absent) == 1


def test_a_dag_is_lacking_where_nothing_ran_and_no_file_has_it() -> None:
    lacking = [RunResult(status=1, dags={"e": ()}), RunResult(status=1, import_errors={"a.py": "x"})]
    others = [
        RunResult(status=1, dags={"d": ()}),
        RunResult(status=1),
        RunResult(dags={"e": ()}),
        RunResult(status=1, dags={"e": ()}, tasks=(FAILED,)),
        RunResult(status=None, dags={"e": ()}),
        RunResult(problems=("--env-file: x",)),
    ]
    assert [result for result in (*lacking, *others) if result.lacks_dag(DAG)] == lacking


def test_the_types_whose_files_name_a_dag_are_found(tmp_path: Path) -> None:
    for path, text in {
        "dags/a/one.py": "DAG('load')",
        "dags/a/two.py": "def load(): ...",
        "dags/b/three.py": "DAG('load_all')  # and re-load",
        "dags/c.py": "DAG('load')",
        "dags/a/four.txt": "load",
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    types = [dag_type("a"), dag_type("b"), dag_type("c", 'dags = ["c.py"]')]
    assert run_result.other_types_hint("load", tmp_path, types).splitlines() == [
        "",
        "  dags/a/one.py contains this id: use --dag a",
        "  dags/c.py contains this id: use --dag c",
    ]
    assert not run_result.other_types_hint("nothing", tmp_path, types)


def test_unreadable_files_are_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "dags/a/gen.py").mkdir(parents=True)
    (tmp_path / "dags/a/.#one.py").symlink_to("me@host.123:1")
    (tmp_path / "dags/a/latin.py").write_bytes(b"# \xe9: load\n")
    (tmp_path / "dags/a/closed.py").write_text("load", encoding="utf-8")
    read = Path.read_text

    def guarded(path: Path, encoding: str, errors: str) -> str:
        if path.name == "closed.py":
            raise PermissionError(path)
        return read(path, encoding=encoding, errors=errors)

    monkeypatch.setattr(Path, "read_text", guarded)
    text = run_result.other_types_hint("load", tmp_path, [dag_type("a")])
    assert text == "\n  dags/a/latin.py contains this id: use --dag a"
