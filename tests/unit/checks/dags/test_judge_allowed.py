"""Findings on DAG files that are exceptions: with allowed accesses, or passed over."""

import pytest

from ci.checks.dags.judge import compare
from ci.checks.dags.parsed import Parsed, TopLevelAccess
from ci.checks.report import Finding, Level

from .test_judge import FILE, READS, compare_one, dag, dag_type, error, file, rows

ALLOWED = f'[tool.airflow-images.allow-top-level-access]\n"{FILE}" = "small"'
MADE_UP = "because tests answer its accesses with made-up values"


def test_an_allowed_access_is_a_fact_with_its_reason() -> None:
    result = compare_one(file(dag(), accesses=(READS,)), settings=ALLOWED)
    assert result.findings == ()
    assert [one.detail for one in result.facts if one.check == "top-level-access"] == [
        f"{FILE}:3 accesses the Variable 'tables': small"
    ]


def test_an_allowed_file_that_made_up_values_break_is_a_warning() -> None:
    causes = {
        f"not parsed completely, perhaps {MADE_UP}: TypeError: x": file(errors=(error("TypeError: x"),)),
        f"DAG 'x': ValueError, perhaps {MADE_UP}": file(dag(), errors=(error("DAG 'x': ValueError", "dag"),)),
        f"defines no DAG, perhaps {MADE_UP}": file(),
    }
    for cause, parsed in causes.items():
        (finding,) = compare_one(parsed.model_copy(update={"accesses": (READS,)}), settings=ALLOWED).findings
        assert (finding.level, finding.check, finding.cause) == (Level.WARNING, "dags", cause)


def test_imports_syntax_cycles_and_timeouts_are_no_effects_of_made_up_values() -> None:
    real = [("circle", "cycle"), ("timed out", "timeout")]
    real += [(f"{name}Error: x", "import") for name in ("ModuleNotFound", "Import", "Syntax", "Indentation")]
    made_up = [("socket.gaierror: x", "import"), ("DAG 'x': ValueError", "dag")]
    assert [each for each in real + made_up if error(*each).may_be_made_up] == made_up


def test_an_allowed_file_that_accesses_nothing_is_a_warning() -> None:
    (finding,) = compare_one(file(dag()), settings=ALLOWED).findings
    assert (finding.level, finding.file) == (Level.WARNING, "images/sample/pyproject.toml")
    assert finding.cause.startswith(f"allow-top-level-access lists {FILE!r}")


SESSION = READS.model_copy(update={"kind": "metadata database", "name": "session"})


@pytest.mark.parametrize(
    ("check", "line", "access", "level"),
    [
        ("serialization", 7, READS, Level.ERROR),
        ("executor-config", 7, READS, Level.ERROR),
        ("dags", 7, READS, Level.ERROR),
        ("dag-ids", 7, READS, Level.ERROR),
        ("dag-ids", 0, READS, Level.WARNING),
        ("dag-ids", 7, SESSION, Level.ERROR),
        ("serialization", 7, SESSION, Level.WARNING),
        ("serialization", 7, READS.model_copy(update={"kind": "program"}), Level.ERROR),
    ],
)
def test_faults_of_an_allowed_file_are_warnings_where_a_made_up_value_may_be_why(
    check: str, line: int, access: TopLevelAccess, level: Level
) -> None:
    wrong = Finding(check=check, file=FILE, line=line, cause="c", remedy="r")
    (result,) = compare_one(file(dag(), accesses=(access,), findings=(wrong,)), settings=ALLOWED).findings
    assert (result.check, result.level) == (check, level)
    assert result.cause == ("c" if level is Level.ERROR else f"c, perhaps {MADE_UP}")


def test_only_files_that_were_compared_are_a_fact() -> None:
    broken = file(accesses=(READS,), errors=(error("TypeError: x"),))
    assert [one.check for one in compare_one(broken, settings=ALLOWED).facts] == ["top-level-access"]
    both = Parsed(files=(broken, file(dag("other"), name="dags/sample/other.py")))
    result = compare(dag_type(ALLOWED), both, both, {})
    assert result.facts[0].detail == "other in 1 file, for scheduler and worker alike"


def test_a_program_is_named_and_makes_nothing_up() -> None:
    access = READS.model_copy(update={"kind": "program", "name": "git"})
    result = compare_one(file(accesses=(access,), errors=(error("TypeError: x"),)))
    causes = ["accesses the program 'git' while it is parsed", "TypeError: x"]
    assert [row[3] for row in rows(result)] == causes


HELPER = "dags/sample/helper.py"


def test_a_file_without_a_dag_that_airflow_passes_over_has_no_faults() -> None:
    for faults in (
        {"errors": (error("ImportError: attempted relative import"),)},
        {"died": "took more than 60 s"},
        {"slow": True},
        {"accesses": (READS.model_copy(update={"file": HELPER}),)},
    ):
        both = Parsed(files=(file(dag()), file(name=HELPER, skipped=True, **faults)))
        result = compare(dag_type(), both, both, {})
        assert result.findings == ()
        assert [one.detail for one in result.facts] == ["load in 1 file, for scheduler and worker alike"]
