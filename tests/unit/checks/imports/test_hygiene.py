"""Import hygiene of a DAG type: unused pins, imports of nothing, and imports of another type's files."""

import pytest

from ci.checks.imports import hygiene
from ci.checks.imports.code import Code
from ci.checks.imports.declared import DECLARED
from ci.checks.report import CheckResult, Finding, Level
from ci.config.dag_type import DagType, parse
from ci.image.environment import Environment

from ...environments import environment
from ...repository import FILE, pyproject

MODULES = {
    "dbt-core": ("dbt",),
    "dbt-postgres": ("dbt.adapters.postgres",),
    "google-auth": ("google.auth",),
    "apache-airflow-core": ("airflow",),
    "apache-airflow-providers-http": ("airflow.providers.http",),
    "meta": (),
}
NAMESPACES = {"google": ["auth", "cloud"], "google.cloud": ["storage"], "airflow.providers": ["http"]}
PACKAGES = ("psycopg 3.3.2", "requests 2.32.5", *(f"{name} 1" for name in MODULES))
IMAGE = environment(*PACKAGES, modules=MODULES, namespaces=NAMESPACES)
DAG_FILE = "dags/salesforce/dag.py"
TWO_WAYS = "try:\n  import {}\nexcept ImportError:\n  "
THREE_WAYS = TWO_WAYS + "try:\n    import {}\n  except ImportError:\n    import {}"


def checked(
    text: str, pins: tuple[str, ...] = (), settings: str = "", files: tuple[str, ...] = ()
) -> CheckResult:
    """Return the result for a type with one DAG file, and others beside it; ``files`` import os."""
    toml = pyproject(pins, settings)
    own = parse("salesforce", FILE, toml)
    sources = {FILE: toml, DAG_FILE: text, **dict.fromkeys(files, "import os")}
    return hygiene.check(Code(own, (own, other()), sources, IMAGE))


def other() -> DagType:
    return parse("api", "images/api/pyproject.toml", pyproject((), 'scripts = ["api"]', "api"))


def of_files(files: dict[str, str], name: str = "salesforce") -> tuple[Finding, ...]:
    """Return the findings of a type without dependencies."""
    return hygiene.check(code_of(files, name)).findings


def code_of(
    files: dict[str, str], name: str = "salesforce", settings: str = "", image: Environment = IMAGE
) -> Code:
    """Return the code of a type without dependencies."""
    toml = pyproject(name=name, settings=settings)
    own = parse(name, f"images/{name}/pyproject.toml", toml)
    return Code(own, (own, other()), {own.file: toml, **files}, image)


def only_finding(text: str, *files: str) -> Finding:
    (finding,) = checked(text, files=files).findings
    return finding


@pytest.mark.parametrize(
    "text",
    [
        "import os, ast, __main__",
        "import requests.adapters",  # an installed package comes before others' folders
        "from google.auth import x",
        "from google.cloud import storage",
        "from airflow.made.while_it_runs import x",
        "from airflow.providers.http.hooks import x",
        "from scripts.own import code",
        "from scripts.own.code import x",
        "from scripts.own.code import *",
        "from scripts import own",
        "from scripts.packed import anything",
        "import scripts.own.code",
        "import salesforce.beside",
        "import dags.salesforce.beside",
        "from . import beside",
        "from .beside import x",
        "from ..salesforce import beside",
        "import sys\nsys.path.append('x')\nimport beside",
        "try:\n    import nothing\nexcept ImportError:\n    pass",
        "if TYPE_CHECKING:\n    import nothing",
        f"{TWO_WAYS.format('requests')}import nothing",
        f"{TWO_WAYS.format('nothing')}import requests",
        "try:\n    from .beside import x\nexcept ImportError:\n    from salesforce.beside import x",
        THREE_WAYS.format("nothing", "requests", "nowhere"),
        "this is no Python",
    ],
)
def test_what_is_in_the_image_may_be_imported(text: str) -> None:
    files = (*BESIDE, "scripts/own/code.py", "scripts/packed/__init__.py", "dags/requests/x.py")
    result = checked(text, settings='scripts = ["own", "packed"]', files=files)
    assert result.findings == ()
    assert [fact.check for fact in result.facts] == ["import hygiene"]


@pytest.mark.parametrize(
    ("text", "module", "hint"),
    [
        ("import numpy", "numpy", ""),
        ("import numpy.linalg", "numpy", ""),
        ("import reqests", "reqests", ""),  # which the type doesn't declare
        ("import asst", "asst", ""),
        ("from google.cloud import bigquery", "google.cloud.bigquery", ""),
        ("import google.cloud.bigquery.client", "google.cloud.bigquery", ""),
        ("from google.clou import storage", "google.clou", ""),
        ("import salesforc.dag", "salesforc", ": did you mean 'salesforce'?"),
        ("import salesforc", "salesforc", ": did you mean 'salesforce'?"),
        ("import salesforc.x", "salesforc", ""),  # another package: the type's folder has no x
        ("import psycop", "psycop", ": did you mean 'psycopg'?"),
        ("from google import aut", "google.aut", ": did you mean 'auth'?"),
        ("importlib.import_module('numpy')", "numpy", ""),
    ],
)
def test_an_import_of_nothing_is_an_error_at_its_line(text: str, module: str, hint: str) -> None:
    findings = checked(f"\n{text}\n", ("psycopg==3.3.2", "google-auth==1", "not-there==1")).findings
    (finding,) = [one for one in findings if one.check == "import hygiene"]
    assert (finding.file, finding.line, finding.level) == (DAG_FILE, 2, Level.ERROR)
    assert finding.cause == NOWHERE.format(module)
    assert finding.remedy == f"pin the package that provides {module!r} in {FILE} and lock{hint}"


NOWHERE = "imports {!r}, which neither Python, the base, a dependency nor this type's files provide"
NO_FILE = "imports {!r}, but the repository has no such file"
FOREIGN = "imports {}, which isn't in this image"
CORRECT = "add the file, or correct the name"
TO_SCRIPTS = (
    "if it is a folder of the repository, move {0}/ to scripts/ and import it as 'scripts.{0}': only dags/ "
    f"and scripts/ are in an image; otherwise pin the package that provides '{{0}}' in {FILE} and lock"
)
FULL_NAME = "import it as 'salesforce.beside': a file's own folder isn't on the import path"
TOOLS = ("dags/salesforce/helpers/tools.py",)
FROM_HELPERS = "write `from salesforce.helpers import tools`: a file's own folder isn't on the import path"
HELPERS_TOOLS = "import it as 'salesforce.helpers.tools': a file's own folder isn't on the import path"
SNOWFLAKE = "airflow.providers.snowflake"
PIN_PROVIDER = (
    f"pin apache-airflow-providers-snowflake in {FILE} and lock; what a DAG file imports, the base needs too"
)
BOTH_FOLDERS = (
    f'write dags = ["salesforce", "common"] into [tool.airflow-images] of {FILE}: '
    'without it, dags is ["salesforce"]'
)
BESIDE = ("dags/salesforce/beside.py",)
SHARED, COMMON = "scripts/shared/x.py", "dags/common/x.py"


def test_an_import_that_fails_is_reported_with_what_to_do() -> None:
    for text, files, cause, remedy in (
        ("from include.sql import x", (), NOWHERE.format("include"), TO_SCRIPTS.format("include")),
        ("import utils", (), NOWHERE.format("utils"), TO_SCRIPTS.format("utils")),
        ("import beside", BESIDE, NOWHERE.format("beside"), FULL_NAME),
        ("from helpers import tools", TOOLS, NOWHERE.format("helpers"), FROM_HELPERS),
        ("from helpers.tools import x", TOOLS, NOWHERE.format("helpers"), HELPERS_TOOLS),
        ("from airflow.providers.snowflake.hooks import x", (), NOWHERE.format(SNOWFLAKE), PIN_PROVIDER),
        ("from scripts.nothing import x", (), NO_FILE.format("scripts.nothing"), CORRECT),
        ("from . import zzz", (), NO_FILE.format(".zzz"), CORRECT),
        (
            "from scripts.shared import x",
            (SHARED,),
            FOREIGN.format(SHARED),
            f'add "shared" to [tool.airflow-images] scripts of {FILE}',
        ),
        ("from common import x", (COMMON,), FOREIGN.format(COMMON), BOTH_FOLDERS),
    ):
        finding = only_finding(text, *files)
        assert (finding.level, finding.cause, finding.remedy) == (Level.ERROR, cause, remedy)


def test_an_own_module_that_an_installed_one_hides_is_a_warning() -> None:
    settings, files = 'dags = ["salesforce", "requests"]', ("dags/requests/client.py",)
    (finding,) = checked("from requests import client", settings=settings, files=files).findings
    assert (finding.check, finding.level) == ("import hygiene", Level.WARNING)
    cause = "can't be imported as 'requests.client': the installed 'requests' of requests 2.32.5 comes first"
    assert (finding.location, finding.cause) == (f"{DAG_FILE}:1", f"{files[0]} {cause}")
    assert finding.remedy == "rename it, or import it as 'dags.requests.client'"


@pytest.mark.parametrize("name", ["tests.deep.checks", "conftest", "test_d", "d_test"])
@pytest.mark.parametrize("text", ["import pytest", "import api.x"])
def test_what_a_test_beside_dags_lacks_is_a_warning(name: str, text: str) -> None:
    path = f"dags/salesforce/{name.replace('.', '/')}.py"
    files = {path: text, "dags/api/x.py": "import nothing"}  # of another type, which isn't looked at
    assert [(one.location, one.level) for one in of_files(files)] == [(f"{path}:1", Level.WARNING)]
    (finding,) = of_files(files)
    assert finding.remedy.startswith("move tests out of dags/ and scripts/; if this is no test, ")
    # What a DAG imports, at whatever remove, is no test.
    text = f"import salesforce.{name}"
    for way in (
        {DAG_FILE: text},
        {DAG_FILE: "from . import tests", "dags/salesforce/tests/__init__.py": text},
    ):
        assert [one.level for one in of_files({**files, **way})] == [Level.ERROR]


def test_a_file_of_another_type_is_reported_with_that_type() -> None:
    dag, client = files = ("dags/api/x.py", "scripts/api/client.py")
    texts = ("import api.x", "from api import x", "from dags.api.x import y", "from ..api import x")
    paths = {**dict.fromkeys(texts, dag), "from scripts.api import client": client}
    for text, path in {**paths, "from scripts import api": "scripts/api"}.items():
        (finding,) = checked(text, settings='dags = ["salesforce"]', files=files).findings
        assert (finding.file, finding.line, finding.level) == (DAG_FILE, 1, Level.ERROR)
        assert finding.cause == f"imports {path}, which belongs to the DAG type api and isn't in this image"
        assert finding.remedy == (
            "move shared code to a folder of scripts/ and list it in scripts of both, "
            f'or add "api" to [tool.airflow-images] {path.partition("/")[0]} of {FILE}'
        )


def test_a_dependency_that_is_imported_or_not_installed_is_fine() -> None:
    pins = {
        "import requests": "requests==2.32.5",
        "from psycopg import sql": "psycopg[binary]==3.3.2",
        "def f():\n    import dbt.cli.main": "dbt-core==1",
        "import dbt.adapters.postgres.x": "DBT_Postgres==1",
        "try:\n    import requests\nexcept ImportError:\n    pass": "requests==2.32.5",
        "this is no Python": "not-installed==1",
    }
    checks = {text: {one.check for one in checked(text, (pin,)).findings} for text, pin in pins.items()}
    assert [text for text, found in checks.items() if DECLARED in found] == []


def test_a_dependency_that_nothing_imports_is_a_warning_at_its_line() -> None:
    for text, pin, modules in (
        ("import os", "requests==2.32.5", "requests"),
        ("if TYPE_CHECKING:\n    import requests", "requests==2.32.5", "requests"),
        ("import dbt.cli", "dbt-postgres==1", "dbt.adapters.postgres"),
        ("import os", "meta==1", "no module"),
    ):
        (finding,) = checked(text, (pin,)).findings
        assert (finding.file, finding.line, finding.level) == (FILE, 3, Level.WARNING)
        assert (
            finding.cause
            == f"{pin!r} is declared, but no file of this type imports it; it provides {modules}"
        )
        name = pin.partition("==")[0]
        assert f'allow-not-imported = {{ {name} = "…" }} in [tool.airflow-images]' in finding.remedy


def test_the_line_is_that_of_the_package_and_no_other() -> None:
    toml = (
        "[project]\nname = 'requests'\ndescription = 'requests'\ndependencies = [\n  # requests\n"
        "  'psycopg==3.3.2',\n  'requests.oauthlib==1',\n  'Requests==2.32.5',\n]\n"
    )
    own = parse("salesforce", FILE, toml)
    result = hygiene.check(Code(own, (own,), {FILE: toml, DAG_FILE: "import psycopg"}, IMAGE))
    assert [one.line for one in result.findings] == [8]


def test_a_dependency_may_be_allowed_with_a_reason() -> None:
    settings = 'allow-not-imported = { dbt-postgres = "dbt loads its adapter by name" }'
    result = checked("import dbt", ("dbt-core==1", "dbt-postgres==1"), settings)
    assert result.findings == ()
    assert [fact.detail for fact in result.facts] == [
        "all imports are in the image (imports: 1, files: 1)",
        "1 of 2 declared dependencies are imported",
        "dbt-postgres isn't imported, as allowed: dbt loads its adapter by name",
    ]


def test_a_permission_that_nothing_needs_is_a_warning() -> None:
    for name, cause in {
        "requests": "but files of this type import it",
        "request": "but it is no dependency: did you mean 'requests'?",
        "numpy": "but it is no dependency",
    }.items():
        settings = f'allow-not-imported = {{ {name} = "why" }}'
        (finding,) = checked("import requests", ("requests==2.32.5",), settings).findings
        assert (finding.line, finding.level) == (6, Level.WARNING)
        assert finding.cause == f"allow-not-imported names {name!r}, {cause}"
