"""What a file is for, by its text: a DAG file, a test, a module of others."""

from ci.checks.imports.imports import imports_of
from ci.checks.imports.locations import reached
from ci.checks.imports.resolution import ImportResolver
from ci.checks.imports.roles import Roles, defines_dag, roles
from ci.checks.report import Level

from ...environments import environment

DAG = "from airflow.sdk import DAG\nDAG('x')\n"


def roles_of(**texts: str) -> Roles:
    """Return the roles of files below dags/a/, by names without suffix; two underscores stand for a slash."""
    return roles_in({f"dags/a/{name.replace('__', '/')}.py": text for name, text in texts.items()})


def roles_in(sources: dict[str, str]) -> Roles:
    imports = {path: imports_of(text) for path, text in sources.items()}
    return roles(sources, imports, ImportResolver(sources, (), environment(loose=["airflow"])))


def test_a_dag_file_is_known() -> None:
    texts = [
        DAG,
        "with sdk.DAG(dag_id='x'):\n    pass",
        "@dag\ndef f(): ...",
        "@dag(schedule=None)\nasync def f(): ...",
        "@sdk.dag()\ndef f(): ...",
        "@asset(schedule=None)\ndef f(): ...",
        "@asset.multi(outlets=[])\ndef f(): ...",
        "from airflow import DAG as D\nD('x')",
        "from airflow.sdk import dag as pipeline\n@pipeline()\ndef f(): ...",
        "dbt = cosmos.DbtDag(dag_id='x')",
        "def made(name):\n    with DAG(name):\n        pass\nmade('x')",
        "@dag\ndef test_of_a_model(): ...",
        "if x:\n    for y in z:\n        DAG(y)",
    ]
    assert [text for text in texts if not defines_dag(text)] == []


def test_another_file_is_none() -> None:
    texts = [
        "",
        "this is no Python",
        "from airflow.sdk import DAG\ndef f(x: DAG): ...",
        "from other import DAG as D\nD('x')",
        "@task\ndef f(): ...",
        "DagBag()",
        "def test_it():\n    with DAG('x'):\n        pass",
        "class TestIt:\n    def it(self):\n        DAG('x')",
        "@pytest.fixture(scope='module')\ndef made():\n    return DAG('x')",
        "x = " + " + ".join(["a"] * 20_000),
    ]
    assert [text for text in texts if defines_dag(text)] == []


def test_a_file_named_as_a_test_is_one_unless_it_has_a_dag_or_something_leads_to_it() -> None:
    files = {"tests__shared": "", "tests__x": "", "ab_test": DAG, "test_b": "", "tests__dag": DAG}
    file_roles = roles_of(dag=DAG + "import a.tests.shared", **files)
    assert file_roles.tests == {"dags/a/tests/x.py", "dags/a/test_b.py"}


def test_a_file_that_airflow_loads_by_itself_is_known() -> None:
    for text in (DAG, "# a dag of airflow: made('x')"):
        level = Level.ERROR if text == DAG else Level.WARNING
        assert roles_of(dag=text).alone == {"dags/a/dag.py": level}
        assert roles_of(dag=text, other="if TYPE_CHECKING:\n    import a.dag").alone["dags/a/dag.py"] is level
        assert roles_of(dag=text, test_it="import a.dag").alone["dags/a/dag.py"] is level
        assert roles_of(dag=f"{text}import a.dag").alone["dags/a/dag.py"] is level


def test_a_dag_file_that_others_import_may_be_loaded_either_way() -> None:
    assert roles_of(dag=DAG, other="from a import dag").alone == {"dags/a/dag.py": Level.WARNING}
    assert roles_of(other="import a.dag", dag="# a dag of airflow").alone == {}


def test_a_file_of_a_package_a_script_and_a_test_are_not_loaded_so() -> None:
    words = "# a dag of airflow"
    assert roles_in({"dags/a/__init__.py": words, "scripts/x.py": DAG, "dags/test_x.py": words}).alone == {}
    assert roles_in({"dags/a/__init__.py": DAG}).alone == {"dags/a/__init__.py": Level.WARNING}


def test_indirect_imports_are_reached_and_circles_end() -> None:
    graph = {"a": {"b"}, "b": {"a", "c"}, "d": {"e"}}
    assert reached(graph, {"a", "x"}) == {"a", "b", "c", "x"}
