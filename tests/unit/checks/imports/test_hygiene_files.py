"""Import hygiene by what a file is, and by what it tries first: DAG files, archives, second ways."""

from ci.checks.report import Level

from ...repository import FILE
from .test_hygiene import DAG_FILE, FULL_NAME, of_files, only_finding


def test_a_fallback_must_be_installed_if_the_first_choice_is_not() -> None:
    for tried in ("ujson", "google.cloud.bigquery", ".nothing"):
        first = f"import {tried}" if tried[0] != "." else "from .nothing import x"
        finding = only_finding(f"try:\n    {first}\nexcept ImportError:\n    import simplejson")
        assert (finding.line, finding.cause.partition(",")[0]) == (4, "imports 'simplejson'")
        either = f"the package that provides 'simplejson', or the one that provides {tried!r}"
        assert finding.remedy == f"pin {either}, in {FILE} and lock"


DAG = "from airflow.sdk import DAG\nDAG('x')\n"
PACKAGE = "which needs a package: Airflow loads a DAG file without its package"


def test_a_relative_import_in_a_dag_file_is_reported_with_a_replacement() -> None:
    for text, as_written, written in (
        ("from .beside import x, y", ".beside", "from salesforce.beside import x, y"),
        ("from . import beside", ".beside", "from salesforce import beside"),
        ("from .. import salesforce", "..salesforce", "import salesforce"),
        ("from ..salesforce.beside import *", "..salesforce.beside", "from salesforce.beside import *"),
    ):
        finding = only_finding(DAG + text, "dags/salesforce/beside.py")
        assert (finding.file, finding.line, finding.level) == (
            DAG_FILE,
            2 + len(text.splitlines()),
            Level.ERROR,
        )
        assert (finding.cause, finding.remedy) == (f"imports {as_written!r}, {PACKAGE}", f"write `{written}`")


def test_a_relative_import_without_a_short_name_is_reported() -> None:
    for name, remedy in (
        ("my-type", "give the file and its folders names that are valid in Python, "),
        ("requests", "write `from dags.requests.x import y`"),  # an installed package hides the folder
    ):
        files = {f"dags/{name}/dag.py": f"{DAG}from .x import y", f"dags/{name}/x.py": ""}
        (finding,) = of_files(files, name)
        assert finding.remedy.startswith(remedy)


def test_a_relative_import_is_an_error_where_it_surely_fails() -> None:
    for dag, other, level in (
        (DAG, "", Level.ERROR),
        (DAG, "import salesforce.dag", Level.WARNING),
        ("import airflow\nsalesforce_dag()\n", "", Level.WARNING),
    ):
        files = {DAG_FILE: f"{dag}from .beside import x", "dags/salesforce/beside.py": other}
        assert [(one.location, one.level) for one in of_files(files)] == [(f"{DAG_FILE}:3", level)]


def test_a_relative_import_may_fail_where_a_second_way_works() -> None:
    files = {"dags/salesforce/beside.py": ""}
    text = f"{DAG}if TYPE_CHECKING:\n    from .beside import x\ntry:\n    from .beside import x\n"
    text += "except ImportError:\n    from salesforce.beside import x"
    assert of_files({DAG_FILE: text, **files}) == ()
    text = f"{DAG}try:\n    from .beside import x\nexcept ImportError:\n    from beside import x"
    (finding,) = of_files({DAG_FILE: text, **files})
    assert finding.remedy == FULL_NAME


def test_files_in_an_archive_are_looked_at() -> None:
    packed = "dags/salesforce/p.zip"
    findings = of_files(
        {
            f"{packed}/dag.py": "import beside, pack.m, salesforce.x\nimport nothing\nfrom . import beside",
            f"{packed}/beside.py": "",
            f"{packed}/pack/m.py": "from . import n",
            f"{packed}/pack/n.py": "from .. import beside",
            "dags/salesforce/x.py": "import beside",
        }
    )
    assert [(one.location, one.cause.partition(",")[0]) for one in findings] == [
        (f"{packed}/dag.py:2", "imports 'nothing'"),
        (f"{packed}/dag.py:3", "imports '.beside'"),
        (f"{packed}/pack/n.py:1", "imports '..beside'"),
        ("dags/salesforce/x.py:1", "imports 'beside'"),
    ]
    assert (findings[1].cause, findings[1].remedy) == (
        "imports '.beside', which needs a package: the top of an archive is no package",
        "write `import beside`",
    )


def test_a_dag_file_is_no_test_whatever_it_is_called() -> None:
    for name in ("ab_test", "test_it", "tests/dag", "conftest"):
        text = "import nothing\n@dag\ndef ab(): ..."
        assert [one.level for one in of_files({f"dags/salesforce/{name}.py": text})] == [Level.ERROR]
