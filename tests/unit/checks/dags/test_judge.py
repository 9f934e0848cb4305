"""The judgement of DAG files: what worker and scheduler make of them, each mistake told once."""

import pytest

from ci.checks.dags.judge import outcome
from ci.checks.dags.parsed import Access, Dag, Error, Parsed, ParsedFile
from ci.checks.report import Outcome
from ci.config.dag_type import DagType, parse

FILE = "dags/sample/dag.py"
MISSING = Error(
    kind="import", cause="ModuleNotFoundError: No module named 'dbt.cli'", line=5, statement="import dbt.cli"
)
READS = Access(kind="Variable", name="tables", file=FILE, line=3)


def dag_type(settings: str = "") -> DagType:
    text = f'[project]\nname = "sample"\ndependencies = []\n[tool.airflow-images]\n{settings}'
    return parse("sample", "images/sample/pyproject.toml", text)


def dag(name: str = "load", *tasks: str, line: int = 7) -> Dag:
    return Dag(id=name, line=line, tasks=tasks)


def error(cause: str, kind: str = "import", statement: str = "", line: int = 4) -> Error:
    return Error(kind=kind, cause=cause, line=line, statement=statement)


def file(*dags: Dag, name: str = FILE, **others: object) -> ParsedFile:
    return ParsedFile.model_validate({"file": name, "dags": dags, **others})


def judged(
    worker: ParsedFile, scheduler: ParsedFile | None = None, settings: str = "", **others: ParsedFile
) -> Outcome:
    """The judgement of one file, which the scheduler sees as the worker does where nothing else is said."""
    return outcome(
        dag_type(settings),
        Parsed(files=(worker,)),
        Parsed(files=(scheduler or worker,)),
        {name: Parsed(files=(each,)) for name, each in others.items()},
    )


def told(found: Outcome) -> list[tuple[str, str, int, str]]:
    return [(each.check, each.file, each.line, each.cause) for each in found.findings]


def test_files_that_both_see_alike_are_a_fact() -> None:
    both = Parsed(files=(file(dag("b", "x")), file(dag("a"), name="dags/sample/a.py")))
    found = outcome(
        dag_type(), both, both, {"other": Parsed(files=(file(dag("c"), name="dags/other/c.py"),))}
    )
    assert found.findings == ()
    assert [(each.check, each.told) for each in found.facts] == [
        ("dags", "a, b in 2 files, for scheduler and worker alike")
    ]


@pytest.mark.parametrize(
    ("settings", "worker", "scheduler", "expected"),
    [
        pytest.param(
            "", file(errors=(MISSING,)), file(errors=(MISSING,)), ("dags", 5, MISSING.cause), id="in both"
        ),
        pytest.param(
            "", file(dag()), file(errors=(MISSING,)), ("scheduler", 5, MISSING.cause), id="in the base alone"
        ),
        pytest.param(
            "", file(errors=(MISSING,)), file(dag()), ("dags", 5, MISSING.cause), id="in the image alone"
        ),
        pytest.param(
            "",
            file(died="ended by SIGKILL"),
            file(died="ended by SIGKILL"),
            ("dags", 0, "can't be parsed in the image: ended by SIGKILL"),
            id="died",
        ),
        pytest.param(
            "",
            file(dag()),
            file(died="took more than 60 s"),
            ("scheduler", 0, "can't be parsed in the base: took more than 60 s"),
            id="died in the base",
        ),
        pytest.param(
            "",
            file(dag(), skipped=True),
            file(skipped=True),
            ("scheduler", 1, "has a DAG, but not the words 'airflow' and 'dag'"),
            id="safe mode",
        ),
        pytest.param("", file(), file(), ("dags", 1, "defines no DAG"), id="no DAG"),
        pytest.param(
            "",
            file(),
            file(dag()),
            ("scheduler", 7, "the scheduler finds DAG 'load', the worker doesn't: no task of it would start"),
            id="no DAG of the worker",
        ),
        pytest.param(
            "max-parse-seconds = 1.5",
            file(dag(), slow=True),
            file(dag()),
            ("parse-time", 0, "takes more than 1.5 s to parse"),
            id="slow in the image",
        ),
        pytest.param(
            "",
            file(dag()),
            file(dag(), slow=True),
            ("parse-time", 0, "takes more than 2 s to parse"),
            id="slow",
        ),
        pytest.param(
            "",
            file(dag("a"), dag("b", line=9)),
            file(dag("a")),
            ("scheduler", 9, "the worker finds DAG 'b', the scheduler doesn't: nothing of it is scheduled"),
            id="DAG of the worker",
        ),
        pytest.param(
            "",
            file(dag("a")),
            file(dag("a"), dag("b", line=8), dag("c")),
            (
                "scheduler",
                8,
                "the scheduler finds DAGs 'b', 'c', the worker doesn't: no task of it would start",
            ),
            id="DAGs of the scheduler",
        ),
        pytest.param(
            "",
            file(dag("a", "x", "y")),
            file(dag("a", "x", "z")),
            (
                "scheduler",
                7,
                "DAG 'a' has task 'z' for the scheduler alone, and task 'y' for the worker alone",
            ),
            id="tasks",
        ),
    ],
)
def test_each_mistake_is_told_once(
    settings: str, worker: ParsedFile, scheduler: ParsedFile, expected: tuple[str, int, str]
) -> None:
    found = judged(worker, scheduler, settings)
    check, line, cause = expected
    assert told(found) == [(check, FILE, line, cause)]
    assert found.facts == ()


@pytest.mark.parametrize(
    ("found", "remedy"),
    [
        (
            MISSING,
            "move `import dbt.cli` from line 5 into the task that uses it; the scheduler's image has no dbt",
        ),
        (
            error("ModuleNotFoundError: No module named 'scripts'", statement="from scripts import tool"),
            (
                "move `from scripts import tool` from line 4 into the task that uses it; "
                "the scheduler's image has no scripts/"
            ),
        ),
        (
            error("ImportError: cannot import name 'x' from 'y'", statement="from y import x"),
            (
                "move `from y import x` from line 4 into the task that uses it; "
                "the scheduler's image is another one"
            ),
        ),
        (
            error("ModuleNotFoundError: No module named 'dbt'"),
            "import it in the task that uses it; the scheduler's image has no dbt",
        ),
        (
            error("KeyError: 'HOME_OF'"),
            (
                "move it into the task that uses it; the scheduler parses the file with the plain base: "
                "without the type's packages, scripts and environment"
            ),
        ),
    ],
)
def test_what_the_scheduler_cannot_import_is_to_be_moved(found: Error, remedy: str) -> None:
    (finding,) = judged(file(dag()), file(errors=(found,))).findings
    assert finding.remedy == remedy


@pytest.mark.parametrize(
    ("found", "remedy"),
    [
        (
            MISSING,
            (
                "pin the package that provides 'dbt.cli' in the type's pyproject.toml and lock, "
                "or list its file in scripts"
            ),
        ),
        (error("SyntaxError: invalid syntax"), "correct the line"),
        (error("IndentationError: unexpected indent"), "correct the line"),
        (error("timed out: 30 s", "timeout"), "move what takes so long into a task"),
        (error("a >> a", "cycle"), "take one of these dependencies away"),
        (error("DAG 'x': ValueError", "dag"), "correct the DAG"),
        (
            error("KeyError: 'TOKEN'"),
            "correct it; while a file is parsed there is no network, no database and no secret",
        ),
    ],
)
def test_each_cause_in_the_image_has_its_remedy(found: Error, remedy: str) -> None:
    (finding,) = judged(file(errors=(found,))).findings
    assert finding.remedy == remedy


def test_different_causes_in_image_and_base_are_both_told() -> None:
    found = judged(file(errors=(error("KeyError: 'A'"),)), file(errors=(MISSING,)))
    assert [each[0] for each in told(found)] == ["dags", "scheduler"]


def test_an_access_is_refused_with_its_line_and_what_may_follow_from_it_is_not_told() -> None:
    found = judged(file(accesses=(READS,), errors=(error("TypeError: x"),)))
    assert told(found) == [
        ("top-level-access", FILE, 3, "reaches for the Variable 'tables' while it is parsed")
    ]
    assert f'add "{FILE}" = "<reason>" to allow-top-level-access' in found.findings[0].remedy


def test_an_import_that_fails_is_told_beside_an_access() -> None:
    found = judged(file(accesses=(READS,), errors=(MISSING,)))
    assert [each[0] for each in told(found)] == ["top-level-access", "dags"]


def test_the_metadata_database_has_no_name() -> None:
    access = READS.model_copy(update={"kind": "metadata database", "name": "session"})
    (finding,) = judged(file(dag(), accesses=(access,))).findings
    assert finding.cause == "reaches for the metadata database while it is parsed"


def test_an_id_in_two_files_is_told_in_each() -> None:
    both = Parsed(files=(file(dag()), file(dag(line=2), name="dags/sample/other.py")))
    assert told(outcome(dag_type(), both, both, {})) == [
        ("dag-ids", FILE, 7, "DAG id 'load' is also in dags/sample/other.py"),
        ("dag-ids", "dags/sample/other.py", 2, f"DAG id 'load' is also in {FILE}"),
    ]


def test_an_id_of_another_type_is_told_with_that_type() -> None:
    found = judged(file(dag()), finance=file(dag(), name="dags/finance/x.py"))
    assert told(found) == [("dag-ids", FILE, 7, "DAG id 'load' is also in dags/finance/x.py (finance)")]


def test_a_file_that_two_types_share_is_one_file() -> None:
    assert judged(file(dag()), finance=file(dag())).findings == ()


@pytest.mark.parametrize(("files", "count"), [((), "0 files"), ((file(skipped=True),), "1 file")])
def test_a_folder_without_any_dag_is_told(files: tuple[ParsedFile, ...], count: str) -> None:
    found = outcome(dag_type(), Parsed(files=files), Parsed(files=files), {})
    assert told(found) == [("dags", "dags", 0, f"{count}, none with a DAG")]
    assert found.facts == ()


def test_an_airflow_that_does_not_start_is_all_that_is_told() -> None:
    broken = Parsed(problem="exit code 1: no")
    found = outcome(dag_type(), broken, Parsed(files=(file(errors=(MISSING,)),)), {})
    assert told(found) == [("dags", "", 0, "no file could be parsed in the image: exit code 1: no")]


def test_a_file_that_only_the_worker_lists_differs() -> None:
    found = outcome(dag_type(), Parsed(files=(file(dag()),)), Parsed(), {})
    assert [each[:3] for each in told(found)] == [("scheduler", FILE, 7)]


def test_a_file_that_only_the_scheduler_lists_differs() -> None:
    found = outcome(dag_type(), Parsed(), Parsed(files=(file(dag()),)), {})
    assert [each[:3] for each in told(found)] == [("scheduler", FILE, 7)]
