"""What came of a run: its exit code, its words, and whose mistake it was."""

from pathlib import Path

import pytest

from ci.checks.run import outcome as run_outcome
from ci.checks.run.outcome import Outcome, Task
from ci.checks.run.request import Request
from ci.config import dag_type as config_dag_type
from ci.errors import ConfigurationError

PROJECT = '[project]\nname = "{0}"\ndependencies = []\n[tool.airflow-images]\n{1}'
DAG, TASK = Request(dag="d"), Request(dag="d", task="t")
ONE = Request(dag="d", task="t[1]")
NO_INDEX = ("raise RuntimeError(...)", "RuntimeError: No map_index passed to mapped task")
INDEX = ("RuntimeError: map_index passed to non-mapped task",)
DONE, FAILED = Task(id="t", state="success"), Task(id="t", state="failed")


def dag_type(name: str, settings: str = "") -> config_dag_type.DagType:
    return config_dag_type.parse(name, f"images/{name}/pyproject.toml", PROJECT.format(name, settings))


@pytest.mark.parametrize(
    ("request_", "outcome", "code", "state"),
    [
        (DAG, Outcome(run="success", tasks=(DONE,)), 0, "success"),
        (DAG, Outcome(run="failed", tasks=(FAILED,)), 1, "failed"),
        (DAG, Outcome(run="failed", tasks=(FAILED,), status=7), 7, "failed"),
        (DAG, Outcome(run="running", tasks=(DONE,)), 1, "running"),
        (DAG, Outcome(run="success", tasks=(DONE,), status=137), 137, "success"),
        (DAG, Outcome(), 1, "none"),
        (DAG, Outcome(run="running", tasks=(DONE,), status=None, late=True), 124, "timeout"),
        (TASK, Outcome(tasks=(DONE,)), 0, "success"),
        (TASK, Outcome(tasks=(Task(id="t", state="skipped"),)), 0, "success"),
        (TASK, Outcome(tasks=(FAILED,)), 1, "failed"),
        (TASK, Outcome(tasks=(Task(id="t", state="up_for_retry"),)), 1, "up_for_retry"),
        (TASK, Outcome(tasks=(Task(id="t"),)), 1, "none"),
        (TASK, Outcome(), 1, "success"),
    ],
)
def test_a_run_is_good_only_where_airflow_and_its_database_say_so(
    request_: Request, outcome: Outcome, code: int, state: str
) -> None:
    assert outcome.code(request_) == code
    assert outcome.state(request_) == state


def test_a_run_in_a_few_lines() -> None:
    tasks = (DONE, Task(id="m", map_index=0, state="success"), Task(id="m", map_index=1, state="skipped"))
    told = Outcome(run="success", tasks=tasks).text(DAG)
    assert told == "dag    d\nstate  success\ntasks  1 skipped, 2 success"
    assert Outcome(tasks=(DONE,)).text(TASK) == "dag    d\ntask   t\nstate  success\ntasks  1 success"
    assert Outcome(run="success").text(DAG).endswith("tasks  none was started")


def test_a_failure_names_the_tasks_and_ends_with_the_log() -> None:
    tail = ("2026 [info     ] Task started", "ValueError: the moon is full", "DagRun failed")
    tasks = (DONE, Task(id="m", map_index=1, state="failed"), Task(id="n"))
    told = Outcome(run="failed", status=1, tasks=tasks, tail=tail).failure(DAG)
    assert told.splitlines() == [
        "DAG 'd' failed with exit code 1",
        "  not done: m[1] (failed), n (none)",
        "  the end of its log:",
        "    ValueError: the moon is full",
        "    DagRun failed",
    ]


def test_a_run_that_was_ended_says_so() -> None:
    told = Outcome(status=None, late=True).failure(Request(dag="d", seconds=5))
    assert told == "DAG 'd' was ended after 5 s: raise --timeout, or see in the log what it waits for"


@pytest.mark.parametrize(
    ("request_", "outcome", "told"),
    [
        (
            Request(dag="goot"),
            Outcome(status=1, dags={"good": (), "bad": ()}),
            "no DAG 'goot' in the DAG type 'x': did you mean 'good'? There are: bad, good\n  others",
        ),
        (
            DAG,
            Outcome(status=1, broken={"b.py": "SyntaxError: b", "a.py": "ImportError: a"}),
            "no DAG 'd' in the DAG type 'x': it has none\n  others\n  a.py can't be parsed: ImportError: a\n",
        ),
        (
            TASK,
            Outcome(status=1, dags={"d": ("tea", "u")}),
            "no task 't' in the DAG 'd': There are: tea, u",
        ),
        (TASK, Outcome(status=1, tail=NO_INDEX), "'t' is mapped: write --task-id 't[0]', or another"),
        (ONE, Outcome(status=1, tail=INDEX, dags={"d": ("t",)}), "'t' isn't mapped: write --task-id t"),
        (ONE, Outcome(status=1, dags={"d": ("tea", "u")}), "no task 't' in the DAG 'd': There are: tea, u"),
        (
            DAG,
            Outcome(problems=("--env-file: line 1 is wrong", "--env-file: line 2 too")),
            "2 problems:\n--env-file: line 1 is wrong",
        ),
    ],
)
def test_a_mistake_in_what_was_asked_for_is_told(request_: Request, outcome: Outcome, told: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        outcome.check(request_, dag_type("x"), "\n  others")
    assert str(caught.value).startswith(told)


@pytest.mark.parametrize(
    ("outcome", "code"),
    [
        (Outcome(tasks=(DONE,)), 0),
        (Outcome(status=1, tasks=(FAILED,)), 1),
        (Outcome(status=1, dags={"d": ("t",)}), 1),
        (Outcome(status=1, tail=("the end",)), 1),
        (Outcome(status=137), 137),
        (Outcome(status=None, late=True), 124),
    ],
)
def test_what_was_there_is_no_mistake_of_who_asked(outcome: Outcome, code: int) -> None:
    outcome.check(TASK, dag_type("x"), "")
    assert outcome.code(TASK) == code


@pytest.mark.parametrize(
    ("request_", "outcome"),
    [
        (TASK, Outcome(tail=NO_INDEX)),
        (TASK, Outcome(status=1, tasks=(FAILED,), tail=NO_INDEX)),
        (DAG, Outcome(status=1, tail=NO_INDEX)),
        (TASK, Outcome(status=1, tail=INDEX)),
    ],
)
def test_words_about_mapping_in_a_log_are_no_mistake_by_themselves(
    request_: Request, outcome: Outcome
) -> None:
    outcome.check(request_, dag_type("x"), "")
    assert outcome.tail


def test_of_a_mapped_task_the_one_that_was_asked_for_counts() -> None:
    states = {-1: None, 0: None, 1: "success", 2: "failed"}
    every = Outcome(tasks=tuple(Task(id="t", map_index=index, state=each) for index, each in states.items()))
    assert every.of(TASK) == every
    assert every.of(ONE).code(ONE) == 0
    assert every.of(ONE).text(ONE) == "dag    d\ntask   t[1]\nstate  success\ntasks  1 success"
    two = Request(dag="d", task="t[2]")
    assert every.of(two).code(two) == 1
    assert "task 't[2]' of DAG 'd' failed" in every.of(two).failure(two)
    absent = Request(dag="d", task="t[7]")
    assert every.of(absent).code(absent) == 1


@pytest.mark.parametrize(
    ("outcome", "missed"),
    [
        (Outcome(status=1, dags={"e": ()}), True),
        (Outcome(status=1, broken={"a.py": "x"}), True),
        (Outcome(status=1, dags={"d": ()}), False),
        (Outcome(status=1), False),
        (Outcome(dags={"e": ()}), False),
        (Outcome(status=1, dags={"e": ()}, tasks=(FAILED,)), False),
        (Outcome(status=None, late=True, dags={"e": ()}), False),
        (Outcome(problems=("--env-file: x",)), False),
    ],
)
def test_a_dag_is_missed_where_nothing_ran_and_no_file_has_it(outcome: Outcome, *, missed: bool) -> None:
    assert outcome.misses_dag(DAG) is missed


@pytest.mark.parametrize("request_", [DAG, TASK])
def test_of_an_airflow_that_parsed_nothing_the_log_is_told(request_: Request) -> None:
    ended = Outcome(status=137, tail=("airflow.cfg: no such key", "Killed"))
    ended.check(request_, dag_type("x"), "\n  others")
    assert ended.code(request_) == 137
    assert ended.failure(request_).splitlines()[1:] == [
        "  the end of its log:",
        "    airflow.cfg: no such key",
        "    Killed",
    ]


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
    assert run_outcome.elsewhere("load", tmp_path, types).splitlines() == [
        "",
        "  dags/a/one.py names it: run it with --dag a",
        "  dags/c.py names it: run it with --dag c",
    ]
    assert not run_outcome.elsewhere("nothing", tmp_path, types)


def test_what_is_no_readable_file_names_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
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
    told = run_outcome.elsewhere("load", tmp_path, [dag_type("a")])
    assert told == "\n  dags/a/latin.py names it: run it with --dag a"
