"""A new DAG type and an adopted repository: made, applied, and tested on the engine."""

import tomllib
from collections.abc import Mapping

import dagger
import pytest
from dagger import dag
from dagger.mod._exceptions import FunctionError

from ci.api import scaffold
from ci.checks.dags import all_types
from ci.checks.report import Report
from ci.image import build
from ci.image.base import BaseImage
from ci.tools.checkout import Checkout
from tests.engine.test_dag_logic import with_pytest
from tests.engine.test_image import locked, small

pytestmark = pytest.mark.anyio

DOCKERFILE = """\
FROM apache/airflow:3.1.5-python3.13
USER root
RUN apt-get update \\
    && apt-get install -y --no-install-recommends libxml2 \\
    && rm -rf /var/lib/apt/lists/*
COPY pyproject.{name}.toml ./pyproject.toml
RUN uv pip install --system -r pyproject.toml
USER airflow
COPY --chown=airflow:root dags/ /opt/airflow/dags/
COPY --chown=airflow:root scripts/ /opt/airflow/scripts/
ENV {name}_SIZE=3
"""
MANIFEST = """\
[project]
name = "pipeline-{name}"
version = "0.1.0"
requires-python = ">=3.9"
dependencies = [{dependencies}]
"""
DAG = """\
from datetime import UTC, datetime

from airflow.sdk import dag, task

IMAGE = "ghcr.io/example/pipeline-{name}:latest"


@dag(dag_id="{name}", schedule=None, start_date=datetime(2026, 1, 1, tzinfo=UTC), catchup=False)
def {name}():
    @task
    def work():
        from scripts.{name} import work

        return work.done()

    work()


{name}()
"""
REQUIREMENTS = '"apache-airflow==3.1.5", "more-itertools>=10"'
CRM = "import more_itertools\nfrom scripts.shared import words\n\ndone = lambda: words.of(more_itertools)\n"
MAIL = "import cowsay\n\ndef done():\n    return cowsay.get_output_string('cow', 'hello')\n"
OLD = {
    "Dockerfile.crm": DOCKERFILE.format(name="crm") + "RUN curl https://example.com/x | sh\n",
    "Dockerfile.mail": DOCKERFILE.format(name="mail"),
    "pyproject.crm.toml": MANIFEST.format(name="crm", dependencies=REQUIREMENTS),
    "pyproject.mail.toml": MANIFEST.format(name="mail", dependencies='"cowsay==6.1"'),
    "dags/crm_dag.py": DAG.format(name="crm"),
    "dags/mail_dag.py": DAG.format(name="mail"),
    "scripts/crm/work.py": CRM,
    "scripts/mail/work.py": MAIL,
    "scripts/shared/words.py": "def of(module):\n    return module.__name__\n",
    "README.md": "Build with Dockerfile.crm.\n",
}


def tree(files: Mapping[str, str]) -> dagger.Directory:
    """Return a folder of the given files, by their path from its root."""
    found = dag.directory()
    for path, text in files.items():
        found = found.with_new_file(path, text)
    return found


async def reports(after: dagger.Directory, below: BaseImage) -> list[Report]:
    """Return the reports of the module's own tests on all types of a repository."""
    sources = Checkout(after)
    return list(await all_types.test_all((await sources.catalog()).all(), sources, below))


async def test_a_type_that_init_makes_passes_its_tests(below: BaseImage) -> None:
    files = small()
    before = tree(files)
    made = await scaffold.init(before, "my-weather", ["cowsay==6.1"], None)
    assert sorted(await made.added_paths()) == [
        "dags/my-weather/",
        "dags/my-weather/my_weather_example.py",
        "images/base.toml",
        "images/my-weather/",
        "images/my-weather/pylock.toml",
        "images/my-weather/pyproject.toml",
        "scripts/",
        "scripts/my_weather/",
        "scripts/my_weather/__init__.py",
        "scripts/my_weather/example.py",
        "tests/",
        "tests/dags/",
        "tests/dags/my-weather/",
        "tests/dags/my-weather/test_my_weather_example.py",
    ]
    assert await made.modified_paths() == await made.removed_paths() == []
    sources = Checkout(made.after().without_directory("images/small").without_directory("dags/small"))
    assert 'version = "6.1"' in (await sources.text("images/my-weather/pylock.toml") or "")
    (found,) = await all_types.test_all((await sources.catalog()).all(), sources, below)
    # Its example doesn't import cowsay.
    assert (found.subject, found.passed) == ("my-weather", True)
    assert [finding.check for finding in found.findings] == ["unused dependencies"]
    # Its own test of the logic, in its image.
    built = await build.build((await sources.catalog()).get("my-weather"), sources, below)
    tests = made.after().directory("tests/dags/my-weather")
    ran = (
        with_pytest(built.container())
        .with_mounted_directory("/opt/airflow/tests/dags/my-weather", tests)
        .with_exec(["python", "-B", "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/dags/my-weather"])
    )
    assert "2 passed" in await ran.stdout()


async def test_init_overwrites_nothing_and_tells_what_cannot_be_locked(below: BaseImage) -> None:
    sources = await locked(small(), below)
    files = {path: await sources.text(path) or "" for path in (*small(), "images/small/pylock.toml")}
    with pytest.raises(FunctionError, match=r"already: dags/small/small_dag\.py, images/small/pylock\.toml"):
        await scaffold.init(tree(files), "small", [], None)
    with pytest.raises(FunctionError, match="'no-such-package-at-all==1': "):
        await scaffold.init(tree(files), "other", ["no-such-package-at-all==1"], None)


async def test_an_old_repository_is_adopted_and_passes_its_tests(below: BaseImage) -> None:
    made = await scaffold.adopt(tree(OLD), None)
    after = made.after()
    assert {path for path in await made.removed_paths() if not path.endswith("/")} == {
        "Dockerfile.crm",
        "Dockerfile.mail",
        "pyproject.crm.toml",
        "pyproject.mail.toml",
        "dags/crm_dag.py",
        "dags/mail_dag.py",
    }
    crm = await after.file("images/crm/pyproject.toml").contents()
    assert tomllib.loads(crm) == {
        "project": {
            "name": "crm",
            "version": "0.1.0",
            "requires-python": ">=3.9",
            "dependencies": ["more-itertools==10.8.0"],
        },
        "tool": {
            "airflow-images": {
                "scripts": ["crm", "shared"],
                "system-packages": ["libxml2"],
                "env": {"crm_SIZE": "3"},
            }
        },
    }
    notes = await after.file("ADOPTED.md").contents()
    assert "- Dockerfile.crm:12 `RUN curl https://example.com/x | sh`: no command runs" in notes
    assert "- README.md:1 `Build with Dockerfile.crm.`: names a file that is gone" in notes
    assert "## mail\n\nNothing is to do.\n" in notes
    for found in await reports(after, below):
        assert (found.passed, found.findings) == (True, ()), found


async def test_a_conflict_with_the_base_is_in_the_notes() -> None:
    files = {
        "pyproject.crm.toml": MANIFEST.format(
            name="crm", dependencies='"httpx==0.27.0", "more-itertools>=10"'
        ),
        "dags/crm/crm_dag.py": DAG.format(name="crm"),
    }
    after = (await scaffold.adopt(tree(files), None)).after()
    notes = await after.file("ADOPTED.md").contents()
    assert "httpx: the base has 0.28.1, it would become 0.27.0" in notes
    assert "- pyproject.crm.toml:5 `more-itertools>=10`: left out" in notes
    assert await after.directory("images/crm").entries() == ["pyproject.toml"]


async def test_a_repository_without_such_files_is_refused() -> None:
    with pytest.raises(FunctionError, match=r"nothing to adopt: expected Dockerfile\.<type>"):
        await scaffold.adopt(tree({"README.md": ""}), None)
