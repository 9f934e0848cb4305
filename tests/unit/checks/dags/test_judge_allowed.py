"""Findings on DAG files that are exceptions: with allowed accesses, or passed over."""

import pytest

from ci.checks.dags.judge import compare
from ci.checks.dags.parsed import IgnorePattern, Parsed, ParsedFile, TopLevelAccess
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
        both = Parsed(
            files=(parsed.model_copy(update={"accesses": (READS,)}), file(dag("b"), name="dags/sample/b.py"))
        )
        (finding,) = compare(dag_type(ALLOWED), both, both, {}).findings
        assert (finding.level, finding.check, finding.cause) == (Level.WARNING, "dags", cause)


def test_an_error_that_no_made_up_value_causes_is_one() -> None:
    cause = "CosmosConfigError: Unable to find the dbt executable"
    constant = error(cause).model_copy(update={"constant": True})
    (finding,) = compare_one(file(accesses=(READS,), errors=(constant,)), settings=ALLOWED).findings
    assert (finding.level, finding.cause) == (Level.ERROR, cause)
    assert finding.remedy.startswith("install the program that is missing")


@pytest.mark.parametrize(
    ("faults", "causes"),
    [
        # A factory makes the DAG, and the file lacks a word: nothing would ever run.
        (
            {"skipped": True, "lacks": "airflow", "accesses": (READS,), "errors": (error("KeyError: 'x'"),)},
            ["KeyError: 'x' (Airflow's safe mode skips the file, as it lacks the word 'airflow')"],
        ),
        (
            {"skipped": True, "lacks": "dag", "accesses": (READS,)},
            [f"1 file, none with a DAG; Airflow's safe mode skips {FILE} (no word 'dag')"],
        ),
        ({"accesses": (READS,)}, ["1 file, none with a DAG", f"defines no DAG, perhaps {MADE_UP}"]),
        (
            {"accesses": (READS,), "errors": (error("KeyError: 'x'"),)},
            ["1 file, none with a DAG", f"not parsed completely, perhaps {MADE_UP}: KeyError: 'x'"],
        ),
    ],
)
def test_a_type_without_a_dag_never_passes(faults: dict[str, object], causes: list[str]) -> None:
    result = compare_one(ParsedFile.model_validate({"file": FILE, **faults}), settings=ALLOWED)
    assert sorted(one.cause for one in result.findings) == causes
    assert Level.ERROR in {one.level for one in result.findings}
    assert [one.check for one in result.facts] == ["top-level-access"]


def test_an_error_of_a_file_that_safe_mode_skips_is_told_beside_the_dags_of_others() -> None:
    helper = file(name=HELPER, skipped=True, lacks="dag", errors=(error("KeyError: 'x'"),))
    both = Parsed(files=(file(dag()), helper))
    (finding,) = compare(dag_type(), both, both, {}).findings
    assert (finding.level, finding.file) == (Level.WARNING, HELPER)
    assert finding.cause == "KeyError: 'x' (Airflow's safe mode skips the file, as it lacks the word 'dag')"


def test_a_pattern_that_ignores_nothing_is_a_warning_and_its_files_need_no_dag() -> None:
    pattern = IgnorePattern(
        file="dags/sample/.airflowignore", line=2, pattern="common/", airflow="3.1.5", files=(HELPER,)
    )
    both = Parsed(files=(file(dag()), file(name=HELPER)), patterns=(pattern,))
    (finding,) = compare(dag_type(), both, both, {}).findings
    assert (finding.level, finding.location) == (Level.WARNING, "dags/sample/.airflowignore:2")
    assert finding.cause == "'common/' ignores nothing: Airflow 3.1.5 compares it with 'common'"
    assert finding.remedy == "write 'common', without the slash"
    assert both.listed == {FILE}


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
