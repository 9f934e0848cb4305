"""DAG files are parsed as worker and scheduler do; every finding has its line."""

import base64
import io
import zipfile
from collections.abc import Mapping

import pytest
from dagger import dag

from ci.checks.dags import all_types
from ci.checks.report import Level, Report
from ci.image import base
from ci.image.base import BaseImage
from ci.tools.checkout import Checkout
from tests.engine.conftest import BASE_REFERENCE, PROJECT, repository
from tests.engine.test_smoke import FILES as PLAIN
from tests.engine.test_smoke import GOOD, PYPROJECT, with_locks

pytestmark = pytest.mark.anyio

SETTINGS = """
[tool.airflow-images]
scripts = ["faulty"]

[tool.airflow-images.env]
REGIONS = "north,south"
ONLY_HERE = "yes"

[tool.airflow-images.allow-top-level-access]
"dags/faulty/allowed.py" = "the list of tables is small"
"dags/faulty/helper.py" = "nothing any more"
"""
DAG = "from airflow.sdk import DAG\n"
OPERATOR = "from airflow.providers.standard.operators.empty import EmptyOperator\n"
TAIL = "\nwith DAG('{}'):\n    pass\n"


def dag_file(name: str, *lines: str) -> str:
    """Return a file with some lines at its top level, the first of them its second, and a DAG."""
    return "\n".join(["from airflow.sdk import DAG", *lines, TAIL.format(name)])


def with_task(name: str, *lines: str) -> str:
    """Return a file whose lines are in a DAG, the first of them its fourth."""
    return DAG + OPERATOR + f"with DAG('{name}'):\n" + "".join(f"    {line}\n" for line in lines)


# Airflow tells a worker's parse which DAG it is for.
CONTEXT = (
    DAG
    + OPERATOR
    + "import os\n\nwanted = os.environ.get('_AIRFLOW_PARSING_CONTEXT_DAG_ID', '')\n"
    + "for name in ('{0}_one', '{0}_two'):\n    if not wanted or wanted == name{1}:\n"
    + "        with DAG(name):\n            EmptyOperator(task_id='a')\n"
)
POD = "from kubernetes.client.models import V1Container, V1Pod, V1PodSpec"
V1POD = "V1Pod(spec=V1PodSpec(containers=[V1Container(name='{}')]))"
SLOW = "dags/faulty/slow.py"  # parsed twice, with all files beside it
FILES = {
    "images/faulty/pyproject.toml": PYPROJECT.format(name="faulty") + SETTINGS,
    "images/fine/pyproject.toml": PYPROJECT.format(name="fine"),
    "scripts/faulty/tool.py": "LIMIT = 10\n",
    "dags/fine/good.py": GOOD.replace("'good'", "'fine'"),
    "dags/fine/shared.py": GOOD.replace("'good'", "'everywhere'"),
    "dags/fine/templates.py": with_task(
        "templates",
        "EmptyOperator(task_id='a', doc='{{ var.value.x }}') >> EmptyOperator(task_id='b')",
    ),
    "dags/fine/pod.py": with_task("pod", POD, f"pod = {V1POD.format('base')}")
    + "    EmptyOperator(task_id='a', executor_config={'pod_override': pod})\n",
    "dags/fine/context.py": CONTEXT.format("sound", ""),
    "dags/fine/relative.py": "from . import nothing\n",
    "dags/fine/stray.py": "import no_such_package  # for an airflow dag\n",
    "dags/.airflowignore": "stray.py\n",
    "dags/faulty/good.py": GOOD,
    "dags/faulty/context.py": CONTEXT.format("lost", ".upper()"),
    "dags/faulty/program.py": dag_file(
        "program", "import subprocess", "subprocess.run(['true'], check=True)"
    ),
    "dags/faulty/thread.py": dag_file(
        "thread",
        "import socket, threading",
        "thread = threading.Thread(target=socket.getfqdn, args=('example.com',))",
        "thread.start()",
        "thread.join()",
    ),
    "dags/faulty/syntax.py": "from airflow.sdk import DAG\n\nwith DAG('x') as dag\n    pass\n",
    "dags/faulty/missing.py": dag_file("missing", "import no_such_package"),
    "dags/faulty/empty.py": "# a file about airflow that has no dag\n",
    "dags/faulty/script.py": dag_file("script", "from scripts.faulty import (", "    tool,", ")"),
    "dags/faulty/environment.py": dag_file("environment", "import os", "os.environ['ONLY_HERE']"),
    "scripts/faulty/factory.py": "from airflow.sdk import DAG\n\ndef make(name):\n    return DAG(name)\n",
    "dags/faulty/unsafe.py": "from scripts.faulty.factory import make\n\nmade = make('unsafe')\n",
    "dags/faulty/dynamic.py": dag_file("always", "import os")
    + "\nfor region in os.environ.get('REGIONS', 'north').split(','):\n"
    + "    with DAG(f'of_{region}'):\n        pass\n",
    "dags/faulty/variable.py": dag_file(
        "variable",
        "from airflow.sdk import Variable",
        "x = Variable.get('tables')",
        "n = int(Variable.get('n'))",
    ),
    "dags/faulty/old_variable.py": dag_file(
        "old_variable",
        "from airflow.models import Variable",
        "x = Variable.get('c', deserialize_json=True)['k']",
    ),
    "dags/faulty/connection.py": dag_file(
        "connection", "from airflow.sdk import BaseHook", "x = BaseHook.get_connection('warehouse').host"
    ),
    "dags/faulty/session.py": dag_file(
        "session",
        "from airflow.utils.session import create_session",
        "with create_session() as s: s.execute('x')",
    ),
    "dags/faulty/network.py": dag_file(
        "network", "import socket", "", "socket.create_connection(('1.1.1.1', 53), 3)"
    ),
    "dags/faulty/name.py": dag_file(
        "name", "import urllib.request", "urllib.request.urlopen('http://example.com')"
    ),
    "dags/faulty/allowed.py": dag_file(
        "allowed", "from airflow.sdk import Variable", "x = Variable.get('tables')"
    ),
    SLOW: dag_file("slow", "import time", "time.sleep(2.2)"),
    "dags/faulty/exits.py": dag_file("exits", "import os", "os._exit(3)"),
    "dags/faulty/pod_dict.py": with_task(
        "pod_dict", "EmptyOperator(task_id='a', executor_config={'pod_override': {'spec': {}}})"
    ),
    "dags/faulty/pod_name.py": with_task("pod_name", POD, f"pod = {V1POD.format('main')}")
    + "    EmptyOperator(task_id='a', executor_config={'pod_override': pod})\n",
    "dags/faulty/pod_key.py": with_task(
        "pod_key", "EmptyOperator(task_id='a', executor_config={'pod_overide': {}})"
    ),
    "dags/faulty/pod_legacy.py": with_task(
        "pod_legacy", "EmptyOperator(task_id='a', executor_config={'KubernetesExecutor': {'image': 'x'}})"
    ),
    "dags/faulty/union.py": dag_file("union", "x = (", "    {}", "    | no_such_name", ")"),
    "dags/faulty/unserializable.py": with_task(
        "unserializable", "EmptyOperator(task_id='a', params={'x': object()})"
    ),
    "dags/faulty/timetable.py": DAG
    + "from airflow.timetables.simple import NullTimetable\n\n\nclass Mine(NullTimetable):\n    pass\n"
    + "\n\nwith DAG('timetable', schedule=Mine()):\n    pass\n",
    "dags/faulty/config.py": with_task(
        "config", "EmptyOperator(task_id='a', executor_config={'x': object()})"
    ),
    "dags/faulty/cycle.py": with_task(
        "cycle", "a, b, c = (EmptyOperator(task_id=name) for name in 'abc')", "a >> b >> c >> a"
    ),
    "dags/faulty/one.py": GOOD.replace("'good'", "'double'"),
    "dags/faulty/two.py": GOOD.replace("'good'", "'double'"),
    "dags/faulty/shared.py": GOOD.replace("'good'", "'everywhere'"),
    "dags/faulty/ignored.py": "import no_such_package\n",
    "dags/faulty/.airflowignore": "ignored.py\n",
}


def archive(**files: str) -> bytes:
    """Return a zip file of Python files."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as made:
        for name, text in files.items():
            made.writestr(f"{name}.py", text)
    return written.getvalue()


async def faulty(below: BaseImage, *, slow: bool) -> Checkout:
    """Return a repository of a faulty type, slow file included or not, and a sound one with an archive."""
    chosen = {path: text for path, text in FILES.items() if slow or path != SLOW}
    files: Mapping[str, str] = await with_locks(chosen, below)
    tree = dag.directory()
    for path, text in files.items():
        tree = tree.with_new_file(path, text)
    packed = base64.b64encode(archive(packed=GOOD.replace("'good'", "'packed'"))).decode()
    made = (
        below.container.with_workdir("/opt/airflow")
        .with_exec(["sh", "-c", f"echo {packed} | base64 -d > made.zip"])
        .file("made.zip")
    )
    return Checkout(tree.with_file("dags/fine/packed.zip", made))


EXPECTED = {
    ("dag-ids", "dags/faulty/one.py", 3),
    ("dag-ids", "dags/faulty/shared.py", 3),
    ("dag-ids", "dags/faulty/two.py", 3),
    ("dags", "dags/faulty/context.py", 6),
    ("dags", "dags/faulty/cycle.py", 3),
    ("dags", "dags/faulty/empty.py", 1),
    ("dags", "dags/faulty/exits.py", 0),
    ("dags", "dags/faulty/missing.py", 2),
    ("dags", "dags/faulty/syntax.py", 3),
    ("dags", "dags/faulty/union.py", 4),
    ("dags", "dags/faulty/unserializable.py", 4),
    ("executor-config", "dags/faulty/config.py", 4),
    ("executor-config", "dags/faulty/pod_dict.py", 4),
    ("executor-config", "dags/faulty/pod_key.py", 4),
    ("executor-config", "dags/faulty/pod_legacy.py", 4),
    ("executor-config", "dags/faulty/pod_name.py", 6),
    ("parse-time", SLOW, 0),
    ("scheduler", "dags/faulty/dynamic.py", 0),
    ("scheduler", "dags/faulty/environment.py", 3),
    ("scheduler", "dags/faulty/script.py", 2),
    ("scheduler", "dags/faulty/unsafe.py", 1),
    ("serialization", "dags/faulty/timetable.py", 9),
    ("top-level-access", "dags/faulty/connection.py", 3),
    ("top-level-access", "dags/faulty/name.py", 3),
    ("top-level-access", "dags/faulty/network.py", 4),
    ("top-level-access", "dags/faulty/old_variable.py", 3),
    ("top-level-access", "dags/faulty/program.py", 3),
    ("top-level-access", "dags/faulty/session.py", 3),
    ("top-level-access", "dags/faulty/thread.py", 4),
    ("top-level-access", "dags/faulty/variable.py", 3),
    ("top-level-access", "dags/faulty/variable.py", 4),
}
UNUSED = ("top-level-access", "images/faulty/pyproject.toml", 0)
OWN_IMAGE = ("executor-config", "dags/faulty/pod_legacy.py", 4)  # it has an image without a digest, too
RELEASES = sorted(path.name for path in (PROJECT / "airgap/standins/airflow/releases").iterdir())


IMPORTS = {"import hygiene", "unused dependencies"}  # tested elsewhere


def locations(report: Report, level: Level) -> set[tuple[str, str, int]]:
    """Return the locations of findings, except for import hygiene."""
    findings = (one for one in report.findings if one.level is level and one.check not in IMPORTS)
    return {(one.check, one.file, one.line) for one in findings}


@pytest.mark.parametrize("release", RELEASES)
async def test_one_run_finds_everything_with_file_and_line_by_every_airflow(release: str) -> None:
    python = BASE_REFERENCE.rpartition("-")[2].partition("@")[0]
    below = await base.load(f"docker.io/apache/airflow:{release}-{python}")
    pinned = f":{release}-" in BASE_REFERENCE
    # Times are measured by this project's own code: with one Airflow they are with all.
    sources = await faulty(below, slow=pinned)
    types = (await sources.catalog()).all()
    reports = {one.subject: one for one in await all_types.test_all(types, sources, below)}
    assert locations(reports["faulty"], Level.ERROR) == {one for one in EXPECTED if pinned or one[1] != SLOW}
    assert locations(reports["faulty"], Level.WARNING) == {UNUSED, OWN_IMAGE}
    assert locations(reports["fine"], Level.ERROR) == {("dag-ids", "dags/fine/shared.py", 3)}
    findings = (one for one in reports["faulty"].findings if one.check not in IMPORTS)
    causes = {one.file: one.cause for one in findings}
    assert causes["dags/faulty/cycle.py"] == "DAG 'cycle' has a cycle: a >> b >> c >> a"
    assert causes["dags/faulty/union.py"] == "NameError: name 'no_such_name' is not defined"
    assert causes["dags/faulty/exits.py"].endswith("its process ended without an answer")
    assert causes["dags/faulty/dynamic.py"].startswith("the worker finds DAG 'of_south'")
    assert all(one.remedy for one in reports["faulty"].findings)


async def test_type_that_cannot_be_built_hides_no_other(below: BaseImage) -> None:
    # "plain" as it is tested elsewhere, so that the engine has its parses already.
    broken = {
        "images/broken/pyproject.toml": PYPROJECT.format(name="broken"),
        "dags/broken/a.py": GOOD.replace("'good'", "'other'"),
    }
    files = await with_locks({**PLAIN, **broken}, below)
    sources = repository({**files, "images/broken/pylock.toml": 'lock-version = "1.0"\n'})
    broken_report, plain_report = await all_types.test_all((await sources.catalog()).all(), sources, below)
    assert plain_report.passed
    assert {finding.check for finding in broken_report.findings} == {"build"}
