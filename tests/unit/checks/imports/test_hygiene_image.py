"""Import hygiene by what an image can import, and by what is installed under the type's own names."""

import pytest

from ci.checks.imports import hygiene
from ci.checks.imports.code import Code
from ci.checks.imports.imported import Failure, Imported
from ci.checks.report import Finding, Level
from ci.config.dag_type import parse

from ...environments import environment
from ...repository import FILE, pyproject
from .test_hygiene import DAG_FILE, code_of

AIRFLOW = {"apache-airflow-core": ("airflow",), "duckdb": ("duckdb", "adbc_driver_duckdb")}
IMAGE = environment(
    *("apache-airflow-core 3.1.5", "duckdb 1.4.3", "dateparser 0.7.5", "google-auth 2"),
    modules={**AIRFLOW, "google-auth": ("google.auth",)},
    namespaces={"google": ["auth"], "docs": ["conf"]},
    owners={
        "airflow": ("apache-airflow-core",),
        "duckdb": ("duckdb",),
        "dateparser": ("dateparser",),
        "scripts": ("dateparser",),
        "tests": ("dateparser", "duckdb"),
    },
)
NO_NAME = "ImportError: cannot import name {!r} from {!r}"
NO_MODULE = "ModuleNotFoundError: No module named {!r}"


def code(files: dict[str, str], settings: str = "", pins: tuple[str, ...] = ()) -> Code:
    if not pins:
        return code_of(files, settings=settings, image=IMAGE)
    toml = pyproject(pins, settings)
    own = parse("salesforce", FILE, toml)
    return Code(own, (own,), {FILE: toml, **files}, IMAGE)


def errors(findings: tuple[Finding, ...]) -> list[tuple[str, str, str]]:
    return [(one.location, one.cause, one.remedy) for one in findings if one.level is Level.ERROR]


IMPORTS = """
import os.path, duckdb, dateparser as d, salesforce.own, nothing
from airflow.sdk import dag, task
from airflow.models import *
try:
    import ujson, json
except ImportError:
    from json import loads
try:
    from duckdb import maybe
except ImportError:
    maybe = None
if __name__ == "__main__":
    import duckdb.debugger
if TYPE_CHECKING:
    import duckdb.types
"""


def test_what_must_work_is_tried_and_nothing_else() -> None:
    files = {DAG_FILE: IMPORTS, "dags/salesforce/test_x.py": "import duckdb.testing"}
    assert code(files).names() == [
        *("airflow.models:*", "airflow.sdk:dag", "airflow.sdk:task", "dateparser", "duckdb"),
        *("json", "json:loads", "os.path"),
    ]


@pytest.mark.parametrize(
    ("text", "failure", "moved", "cause", "remedy"),
    [
        (
            "from airflow.operators.python_operator import PythonOperator",
            Failure(cause=NO_MODULE.format("airflow.operators.python_operator")),
            "use it from `airflow.providers.standard.operators.python` instead.",
            "imports 'airflow.operators.python_operator', which Airflow 3.1.5 doesn't have",
            "use it from `airflow.providers.standard.operators.python` instead.",
        ),
        (
            "import airflow.operator.bash",
            Failure(cause=NO_MODULE.format("airflow.operator"), elsewhere="airflow.operators"),
            "",
            "imports 'airflow.operator.bash', which Airflow 3.1.5 doesn't have",
            "correct the name: did you mean 'airflow.operators'?",
        ),
        (
            "import airflow.contrib",
            Failure(cause=NO_MODULE.format("airflow.contrib")),
            "",
            "imports 'airflow.contrib', which Airflow 3.1.5 doesn't have",
            "correct the name; the release notes of Airflow say what was moved",
        ),
        (
            "from airflow.sdk.exceptions import AirflowSkipException",
            Failure(
                cause=NO_NAME.format("AirflowSkipException", "airflow.sdk.exceptions"),
                elsewhere="airflow.exceptions",
            ),
            "",
            "imports 'AirflowSkipException' of 'airflow.sdk.exceptions', which Airflow 3.1.5 doesn't have",
            "write `from airflow.exceptions import AirflowSkipException`",
        ),
        (
            "from duckdb import nothing",
            Failure(cause=NO_NAME.format("nothing", "duckdb")),
            "",
            "imports 'nothing' of 'duckdb', which duckdb 1.4.3 doesn't have",
            "correct the name, or pin a version of duckdb that has it",
        ),
        (
            "import adbc_driver_duckdb",
            Failure(cause=NO_MODULE.format("adbc_driver_manager")),
            "",
            "imports 'adbc_driver_duckdb', which fails in the image: "
            + NO_MODULE.format("adbc_driver_manager"),
            "add the missing package to dependencies, or the shared library to system-packages",
        ),
    ],
)
def test_an_import_that_the_image_refuses_is_an_error_at_its_line(
    text: str, failure: Failure, moved: str, cause: str, remedy: str
) -> None:
    own = code({DAG_FILE: f"def f():\n    {text}"})
    (name,) = own.names()
    result = hygiene.check(own, Imported(failed={name: failure}), {name: moved} if moved else {})
    assert errors(result.findings) == [(f"{DAG_FILE}:2", cause, remedy)]


def test_an_import_in_place_of_one_that_the_image_refuses_must_work() -> None:
    text = "try:\n    from airflow.models import Dataset\nexcept ImportError:\n    import nothing"
    own = code({DAG_FILE: text})
    assert hygiene.check(own).findings == ()
    failed = {"airflow.models:Dataset": Failure(cause="ImportError: x")}
    (finding,) = hygiene.check(own, Imported(failed=failed)).findings
    assert (finding.line, finding.cause.partition(",")[0]) == (4, "imports 'nothing'")


@pytest.mark.parametrize(
    ("text", "failed", "broken", "expected"),
    [
        # Nothing imports the module that needs an extra, and the program tried another one.
        ("import duckdb", {}, {}, []),
        (
            "import os",
            {},
            {"duckdb==1.4.3": "import duckdb: ImportError: x"},
            ["duckdb==1.4.3: import duckdb:"],
        ),
        (
            "import duckdb",
            {"duckdb": "ImportError: x"},
            {"duckdb==1.4.3": "y"},
            ["imports 'duckdb', which fails"],
        ),
        ("import os", {}, {"duckdb==1.4.3": "not installed"}, ["duckdb==1.4.3: not installed"]),
    ],
)
def test_a_broken_dependency_is_told_once(
    text: str, failed: dict[str, str], broken: dict[str, str], expected: list[str]
) -> None:
    tried = Imported(failed={name: Failure(cause=cause) for name, cause in failed.items()}, broken=broken)
    result = hygiene.check(code({DAG_FILE: text}, pins=("duckdb==1.4.3",)), tried)
    causes = [cause for _, cause, _ in errors(result.findings)]
    assert [cause.startswith(start) for cause, start in zip(causes, expected, strict=True)] == [True] * len(
        expected
    )


def test_a_python_that_does_not_start_is_a_problem() -> None:
    result = hygiene.check(code({DAG_FILE: "import os"}), Imported(problem="exit code 1: x"))
    assert errors(result.findings) == [("", "exit code 1: x", "make Python start in the image")]


LISTED = {'scripts = ["own"]': "scripts/own/x.py", 'scripts = ["own/x.py"]': "scripts/own/x.py"}
HIDES = "dateparser 0.7.5 installs a package 'scripts', which hides scripts/: no file of it can be imported"


@pytest.mark.parametrize("text", ["from scripts.own import x", "import scripts.own", "import os"])
@pytest.mark.parametrize("settings", LISTED)
def test_an_installed_package_that_hides_scripts_is_an_error(text: str, settings: str) -> None:
    found = errors(hygiene.check(code({DAG_FILE: text, "scripts/own/x.py": ""}, settings)).findings)
    places = "" if text == "import os" else f", as in {DAG_FILE}:1"
    assert [row[:2] for row in found] == [(FILE, f"{HIDES}{places}")]
    assert found[0][2].startswith("pin a version of dateparser without 'scripts', or another package; ")
    own_package = {"scripts/own/x.py": "", "scripts/__init__.py": ""}
    settings = settings.replace("[", '["__init__.py", ')
    assert hygiene.check(code({DAG_FILE: text, **own_package}, settings)).findings == ()


def test_an_installed_package_that_hides_dags_is_an_error_where_that_name_is_imported() -> None:
    image = IMAGE.model_copy(update={"owners": {"dags": ("duckdb",)}})
    files = {DAG_FILE: "from dags.salesforce import own", "dags/salesforce/own.py": "import salesforce.dag"}
    ((place, cause, remedy),) = errors(hygiene.check(code_of(files, image=image)).findings)
    expected = "the installed 'dags' of duckdb 1.4.3 comes first"
    assert place == f"{DAG_FILE}:1"
    assert cause == f"dags/salesforce/own.py can't be imported as 'dags.salesforce.own': {expected}"
    assert remedy.startswith("pin a version of duckdb without 'dags', or another package; ")


def test_a_package_that_hides_scripts_harms_no_type_without_any() -> None:
    assert hygiene.check(code({DAG_FILE: "import os"})).findings == ()


@pytest.mark.parametrize(
    ("text", "file", "name", "owner"),
    [
        (
            "from tests.helpers import x",
            "dags/tests/helpers.py",
            "tests.helpers",
            "dateparser 0.7.5, duckdb 1.4.3",
        ),
        ("from duckdb import helpers", "dags/duckdb/helpers.py", "duckdb.helpers", "duckdb 1.4.3"),
        ("import json.helpers", "dags/json/helpers.py", "json.helpers", "Python"),
    ],
)
def test_an_own_module_behind_an_installed_one_is_an_error_where_that_has_no_such_module(
    text: str, file: str, name: str, owner: str
) -> None:
    first = name.partition(".")[0]
    own = code({DAG_FILE: text, file: ""}, f'dags = ["salesforce", "{first}"]')
    (tried,) = own.names()
    cause = f"{file} can't be imported as {name!r}: the installed {first!r} of {owner} comes first"
    (finding,) = hygiene.check(own).findings
    assert (finding.level, finding.cause) == (Level.WARNING, cause)
    (finding,) = hygiene.check(own, Imported(failed={tried: Failure(cause=NO_MODULE.format(name))})).findings
    assert (finding.level, finding.cause) == (Level.ERROR, cause)
    assert finding.remedy == f"rename it, or import it as 'dags.{name}'"


@pytest.mark.parametrize("file", ["dags/google/__init__.py", "dags/google.py"])
def test_an_own_package_that_hides_an_installed_namespace_is_an_error(file: str) -> None:
    settings = f'dags = ["salesforce", "{file.split("/")[1]}"]'
    found = errors(hygiene.check(code({DAG_FILE: "import os", file: ""}, settings)).findings)
    assert [row[:2] for row in found] == [(file, "hides the installed namespace 'google' of google-auth 2")]
    # A portion of the namespace, and a folder that only lies beside modules, harm nothing.
    for other in ("dags/google/own.py", "dags/docs/__init__.py"):
        settings = f'dags = ["salesforce", "{other.split("/")[1]}"]'
        assert hygiene.check(code({DAG_FILE: "import os", other: ""}, settings)).findings == ()


JOB = "dags/salesforce/jobs/sessions.py"
INIT = "dags/salesforce/jobs/__init__.py"
DEEP = "dags/salesforce/jobs/deep/x.py"


@pytest.mark.parametrize(
    ("text", "others", "failing"),
    [
        ("import os", {}, set[str]()),
        ("from salesforce.jobs import sessions", {}, {JOB}),
        (
            "import salesforce.jobs.deep.x",
            {INIT: "import nothing"},
            {DEEP, "__init__"},
        ),
        ("import os", {"scripts/own/x.py": "import salesforce.jobs.sessions"}, {JOB}),
        ("if TYPE_CHECKING:\n    import salesforce.jobs.sessions", {}, set[str]()),
    ],
)
def test_a_file_that_airflow_ignores_and_nothing_imports_is_data(
    text: str, others: dict[str, str], failing: set[str]
) -> None:
    files = {DAG_FILE: text, JOB: "import pyspark", DEEP: "from awsglue import x", **others}
    own = code(files, 'scripts = ["own"]' if "scripts/own/x.py" in others else "")
    result = hygiene.check(own, listed={DAG_FILE})
    found = [one.file for one in result.findings if "scripts" not in one.cause]
    assert {file.replace(INIT, "__init__") for file in found} == failing
    if not failing:
        assert result.facts[0].detail.endswith("files: 1, ignored by Airflow: 2)")
    assert len(hygiene.check(own).findings) >= 2


def test_an_archive_that_airflow_lists_is_code() -> None:
    own = code({"dags/salesforce/p.zip/x.py": "import nothing"})
    assert len(hygiene.check(own, listed={"dags/salesforce/p.zip"}).findings) == 1


@pytest.mark.parametrize(
    ("file", "other", "level"),
    [
        (DAG_FILE, "", None),
        ("dags/salesforce/x.py", "import salesforce.x", Level.WARNING),
        ("scripts/own/x.py", "", Level.WARNING),
    ],
)
def test_an_import_of_a_main_block_is_a_warning_where_a_task_could_run_it(
    file: str, other: str, level: Level | None
) -> None:
    files = {"dags/salesforce/b.py": other, file: "if __name__ == '__main__':\n    import debugpy"}
    settings = 'scripts = ["own"]' if file.startswith("scripts/") else ""
    findings = hygiene.check(code_of(files, settings=settings)).findings
    assert [one.level for one in findings] == ([level] if level else [])
