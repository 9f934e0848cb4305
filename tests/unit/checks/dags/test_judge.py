"""Findings on DAG files: what worker and scheduler make of them, each mistake once."""

import pytest

from ci.checks.dags.judge import compare, with_imports
from ci.checks.dags.parsed import Dag, Parsed, ParsedFile, ParseError, TopLevelAccess
from ci.checks.dags.remedies import BUSY
from ci.checks.report import CheckResult, Fact, Finding
from ci.config.dag_type import DagType, parse

FILE = "dags/sample/dag.py"
MISSING = ParseError(
    kind="import", cause="ModuleNotFoundError: No module named 'dbt.cli'", line=5, statement="import dbt.cli"
)
READS = TopLevelAccess(kind="Variable", name="tables", file=FILE, line=3)

NO_WORDS = "has a DAG, but not the word 'airflow'"
ONLY_SCHEDULER = "the scheduler finds {}, the worker doesn't: none of its tasks would start"
ONLY_WORKER = "the worker finds DAG 'b', the scheduler doesn't: nothing would be scheduled"
OTHER_TASKS = "DAG 'a' has task 'z' for the scheduler alone, and task 'y' for the worker alone"
TWO_DAGS = ONLY_SCHEDULER.format("DAGs 'b', 'c'")


def dag_type(settings: str = "") -> DagType:
    text = f'[project]\nname = "sample"\ndependencies = []\n[tool.airflow-images]\n{settings}'
    return parse("sample", "images/sample/pyproject.toml", text)


def dag(name: str = "load", *tasks: str, line: int = 7) -> Dag:
    return Dag(id=name, line=line, tasks=tasks)


def error(cause: str, kind: str = "import", statement: str = "", line: int = 4) -> ParseError:
    return ParseError(kind=kind, cause=cause, line=line, statement=statement)


def file(*dags: Dag, name: str = FILE, **others: object) -> ParsedFile:
    return ParsedFile.model_validate({"file": name, "dags": dags, **others})


def compare_one(
    worker: ParsedFile, scheduler: ParsedFile | None = None, settings: str = "", **others: ParsedFile
) -> CheckResult:
    """Compare one file; the scheduler sees it as the worker does where it is not given."""
    return compare(
        dag_type(settings),
        Parsed(files=(worker,)),
        Parsed(files=(scheduler or worker,)),
        {name: Parsed(files=(parsed,)) for name, parsed in others.items()},
    )


def rows(result: CheckResult) -> list[tuple[str, str, int, str]]:
    return [(one.check, one.file, one.line, one.cause) for one in result.findings]


def test_files_that_both_see_alike_are_a_fact() -> None:
    both = Parsed(files=(file(dag("b", "x")), file(dag("a"), name="dags/sample/a.py")))
    other = Parsed(files=(file(dag("c"), name="dags/other/c.py"),))
    fact = Fact(check="dags", detail="a, b in 2 files, for scheduler and worker alike")
    assert compare(dag_type(), both, both, {"other": other}) == CheckResult(facts=(fact,))


def test_each_mistake_is_one_finding() -> None:
    broken, a = file(errors=(MISSING,)), file(dag("a"))
    for worker, scheduler, check, line, cause in (
        (broken, broken, "dags", 5, MISSING.cause),
        (file(dag()), broken, "scheduler", 5, MISSING.cause),
        (broken, file(dag()), "dags", 5, MISSING.cause),
        (file(died="killed"), file(died="killed"), "dags", 0, "can't be parsed in the image: killed"),
        (file(dag()), file(died="killed"), "scheduler", 0, "can't be parsed in the base: killed"),
        (file(dag(), skipped=True, lacks="airflow"), file(skipped=True), "scheduler", 1, NO_WORDS),
        (file(), file(), "dags", 1, "defines no DAG"),
        (file(dag(), slow=True), file(dag()), "parse-time", 0, "takes more than 1.5 s to parse"),
        (file(dag()), file(dag(), slow=True), "parse-time", 0, "takes more than 1.5 s to parse"),
        (file(), file(dag()), "scheduler", 7, ONLY_SCHEDULER.format("DAG 'load'")),
        (a, file(dag("a"), dag("b", line=8), dag("c")), "scheduler", 8, TWO_DAGS),
        (file(dag("a"), dag("b", line=9)), a, "scheduler", 9, ONLY_WORKER),
        (file(dag("a", "x", "y")), file(dag("a", "x", "z")), "scheduler", 7, OTHER_TASKS),
    ):
        result = compare_one(worker, scheduler, "max-parse-seconds = 1.5")
        assert rows(result) == [(check, FILE, line, cause)]
        assert result.facts == ()


MOVE = "move `{}` into the task that uses it; the scheduler's image {}"
BASE_ALONE = "the file with the plain base: without the type's packages, scripts and environment"
PIN = (
    "pin the package that provides 'dbt.cli' in the type's pyproject.toml and lock, "
    "or list its file in scripts"
)
NO_DATABASE = "while a file is parsed there is no network, no database and no secret"
NO_SCRIPTS, NO_DBT = ("ModuleNotFoundError: No module named " + repr(name) for name in ("scripts", "dbt"))


@pytest.mark.parametrize(
    ("imported", "parse_error", "remedy"),
    [
        # The scheduler alone has the error.
        (True, MISSING, MOVE.format("import dbt.cli", "has no dbt")),
        (
            True,
            error(NO_SCRIPTS, statement="import scripts"),
            MOVE.format("import scripts", "has no scripts/"),
        ),
        (
            True,
            error("ImportError: x", statement="import x"),
            MOVE.format("import x", "is a different one"),
        ),
        (True, error(NO_DBT), "import it in the task that uses it; the scheduler's image has no dbt"),
        (
            True,
            error("KeyError: 'A'"),
            f"move it into the task that uses it; the scheduler parses {BASE_ALONE}",
        ),
        # Both have it.
        (False, MISSING, PIN),
        (False, error("SyntaxError: invalid syntax"), "correct the line"),
        (False, error("IndentationError: unexpected indent"), "correct the line"),
        (False, error("timed out: 30 s", "timeout"), f"move the slow code into a task; {BUSY}"),
        (False, error("a >> a", "cycle"), "remove one of these dependencies"),
        (False, error("DAG 'x': ValueError", "dag"), "correct the DAG"),
        (False, error("KeyError: 'TOKEN'"), f"correct the code; {NO_DATABASE}"),
    ],
)
def test_each_cause_has_its_remedy(imported: bool, parse_error: ParseError, remedy: str) -> None:  # noqa: FBT001 - a column
    broken = file(errors=(parse_error,))
    (finding,) = compare_one(file(dag()) if imported else broken, broken).findings
    assert finding.remedy == remedy


def test_different_causes_in_image_and_base_are_both_findings() -> None:
    result = compare_one(file(errors=(error("KeyError: 'A'"),)), file(errors=(MISSING,)))
    assert [one[0] for one in rows(result)] == ["dags", "scheduler"]


def test_an_access_is_refused_with_its_line_and_only_its_possible_effects_are_left_out() -> None:
    result = compare_one(file(accesses=(READS,), errors=(error("TypeError: x"), MISSING)))
    assert rows(result) == [
        ("top-level-access", FILE, 3, "accesses the Variable 'tables' while it is parsed"),
        ("dags", FILE, 5, MISSING.cause),
    ]
    assert f'add "{FILE}" = "<reason>" to allow-top-level-access' in result.findings[0].remedy
    access = READS.model_copy(update={"kind": "metadata database", "name": "session"})
    (finding,) = compare_one(file(dag(), accesses=(access,))).findings
    assert finding.cause == "accesses the metadata database while it is parsed"


def test_an_id_in_two_files_is_a_finding_in_both() -> None:
    both = Parsed(files=(file(dag()), file(dag(line=2), name="dags/sample/other.py")))
    assert rows(compare(dag_type(), both, both, {})) == [
        ("dag-ids", FILE, 7, "DAG id 'load' is also in dags/sample/other.py"),
        ("dag-ids", "dags/sample/other.py", 2, f"DAG id 'load' is also in {FILE}"),
    ]


def test_an_id_of_another_type_is_named_with_that_type_unless_they_share_the_file() -> None:
    result = compare_one(file(dag()), finance=file(dag(), name="dags/finance/x.py"))
    assert rows(result) == [("dag-ids", FILE, 7, "DAG id 'load' is also in dags/finance/x.py (finance)")]
    assert compare_one(file(dag()), finance=file(dag())).findings == ()


def test_a_folder_without_any_dag_is_a_finding() -> None:
    for files, count in (((), "0 files"), ((file(skipped=True),), "1 file")):
        result = compare(dag_type(), Parsed(files=files), Parsed(files=files), {})
        assert rows(result) == [("dags", "dags", 0, f"{count}, none with a DAG")]
        assert result.facts == ()


def test_an_airflow_that_does_not_start_is_the_only_finding() -> None:
    broken, listed = Parsed(problem="exit code 1: no"), Parsed(files=(file(dag()),))
    result = compare(dag_type(), broken, Parsed(files=(file(errors=(MISSING,)),)), {})
    assert rows(result) == [("dags", "", 0, "no file could be parsed in the image: exit code 1: no")]
    for one in (compare(dag_type(), listed, Parsed(), {}), compare(dag_type(), Parsed(), listed, {})):
        assert [row[:3] for row in rows(one)] == [("scheduler", FILE, 7)]  # one of them doesn't list it


def hygiene(file: str, line: int, module: str) -> Finding:
    cause = f"imports {module!r}, which neither Python, the base, a dependency nor this type's files provide"
    return Finding(check="import hygiene", file=file, line=line, cause=cause, remedy="import it as 'a.b'")


@pytest.mark.parametrize(
    ("other", "remedy", "left"),
    [
        (hygiene(FILE, 5, "dbt.cli"), "import it as 'a.b'", 0),  # the type's own file
        (hygiene("scripts/x.py", 2, "dbt.cli"), "import it as 'a.b' (scripts/x.py:2)", 1),
        (hygiene("scripts/x.py", 2, "dbt"), PIN, 1),
        (hygiene(FILE, 5, "dbt.cli").model_copy(update={"level": "warning"}), PIN, 1),
    ],
)
def test_a_failed_import_has_one_remedy(other: Finding, remedy: str, left: int) -> None:
    comparison = compare_one(file(errors=(MISSING,)))
    parsed, imports = with_imports(comparison, CheckResult(findings=(other,)))
    assert [(one.check, one.cause, one.remedy) for one in parsed.findings] == [
        ("dags", MISSING.cause, remedy)
    ]
    assert len(imports.findings) == left


MISSING_PROVIDER = error("ModuleNotFoundError: No module named 'airflow.providers.x'", statement="import a")
MOVED = error("ModuleNotFoundError: No module named 'airflow.operators.bash_operator'")
NO_PROGRAM = error("FileNotFoundError: [Errno 2] No such file or directory: 'dbt'")
NO_FILE = error("FileNotFoundError: [Errno 2] No such file or directory: '/x/dbt'")


def test_a_remedy_fits_what_is_missing() -> None:
    (base,) = compare_one(file(dag()), file(errors=(MISSING_PROVIDER,))).findings
    assert base.remedy.endswith("has no airflow.providers.x, so its operators need another base")
    starts = "correct the name: ", "install the program", "correct the code"
    for parse_error, start in zip((MOVED, NO_PROGRAM, NO_FILE), starts, strict=True):
        (finding,) = compare_one(file(errors=(parse_error,))).findings
        assert finding.remedy.startswith(start)
    late = MISSING.model_copy(update={"kind": "timeout"})
    (finding,) = compare_one(file(errors=(late,))).findings
    assert finding.remedy == f"move the slow code into a task; {BUSY}"
    (finding,) = compare_one(file(died="took more than 60 s", late=True)).findings
    assert finding.remedy.endswith(BUSY)
