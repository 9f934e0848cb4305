"""The judgement of DAG files that are exceptions: allowed to reach for something, or passed over."""

import pytest

from ci.checks.dags.judge import outcome
from ci.checks.dags.parsed import Access, Parsed
from ci.checks.report import Finding, Level

from .test_judge import FILE, READS, dag, dag_type, error, file, judged, told

ALLOWED = f'[tool.airflow-images.allow-top-level-access]\n"{FILE}" = "small"'


def test_an_allowed_access_is_a_fact_with_its_reason() -> None:
    found = judged(file(dag(), accesses=(READS,)), settings=ALLOWED)
    assert found.findings == ()
    assert [each.told for each in found.facts if each.check == "top-level-access"] == [
        f"{FILE}:3 reaches for the Variable 'tables': small"
    ]


def test_an_allowed_file_that_made_up_values_break_is_a_warning() -> None:
    found = judged(file(accesses=(READS,), errors=(error("TypeError: x"),)), settings=ALLOWED)
    (finding,) = found.findings
    assert (finding.level, finding.check) == (Level.WARNING, "dags")
    assert finding.cause == "not parsed to its end, for what it reaches for is made up here: TypeError: x"


def test_an_allowed_file_that_reaches_for_nothing_is_a_warning() -> None:
    (finding,) = judged(file(dag()), settings=ALLOWED).findings
    assert (finding.level, finding.file) == (Level.WARNING, "images/sample/pyproject.toml")
    assert finding.cause.startswith(f"allow-top-level-access names {FILE!r}")


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
def test_faults_of_an_allowed_file_are_told_as_sure_as_they_are(
    check: str, line: int, access: Access, level: Level
) -> None:
    wrong = Finding(check=check, file=FILE, line=line, cause="c", remedy="r")
    (found,) = judged(file(dag(), accesses=(access,), findings=(wrong,)), settings=ALLOWED).findings
    assert (found.check, found.level) == (check, level)
    assert found.cause == (
        "c" if level is Level.ERROR else "c, perhaps for what it reaches for is made up here"
    )


def test_a_refused_dag_and_a_file_without_any_are_warnings_where_it_is_allowed() -> None:
    refused = file(dag(), accesses=(READS,), errors=(error("DAG 'x': ValueError", "dag"),))
    for each, cause in ((refused, "DAG 'x': ValueError"), (file(accesses=(READS,)), "defines no DAG")):
        (found,) = judged(each, settings=ALLOWED).findings
        assert (found.level, found.cause) == (
            Level.WARNING,
            f"{cause}, perhaps for what it reaches for is made up here",
        )


def test_only_files_that_were_compared_are_said_to_be_alike() -> None:
    broken = file(accesses=(READS,), errors=(error("TypeError: x"),))
    assert [each.check for each in judged(broken, settings=ALLOWED).facts] == ["top-level-access"]
    both = Parsed(files=(broken, file(dag("other"), name="dags/sample/other.py")))
    found = outcome(dag_type(ALLOWED), both, both, {})
    assert found.facts[0].told == "other in 1 file, for scheduler and worker alike"


def test_a_program_is_named_and_makes_nothing_up() -> None:
    access = READS.model_copy(update={"kind": "program", "name": "git"})
    found = judged(file(accesses=(access,), errors=(error("TypeError: x"),)))
    assert [each[3] for each in told(found)] == [
        "reaches for the program 'git' while it is parsed",
        "TypeError: x",
    ]


HELPER = "dags/sample/helper.py"


@pytest.mark.parametrize(
    "faults",
    [
        {"errors": (error("ImportError: attempted relative import"),)},
        {"died": "took more than 60 s"},
        {"slow": True},
        {"accesses": (READS.model_copy(update={"file": HELPER}),)},
    ],
)
def test_a_file_without_a_dag_that_airflow_passes_over_has_no_faults(faults: dict[str, object]) -> None:
    both = Parsed(files=(file(dag()), file(name=HELPER, skipped=True, **faults)))
    found = outcome(dag_type(), both, both, {})
    assert found.findings == ()
    assert [each.told for each in found.facts] == ["load in 1 file, for scheduler and worker alike"]
