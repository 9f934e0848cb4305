"""Smoke tests find what would fail in a pod, all of it at once, each with its file and line."""

import pytest

from ci import image, lockfile, smoke
from ci.base import BaseImage
from ci.catalog import Catalog
from tests.engine.conftest import repository

pytestmark = pytest.mark.anyio

PYPROJECT = '[project]\nname = "{name}"\nversion = "1"\ndependencies = []\n'
GOOD = "from airflow.sdk import DAG\n\nwith DAG('good'):\n    pass\n"
NETWORK = (
    "import socket\nfrom airflow.sdk import DAG\n\n"
    "socket.create_connection(('1.1.1.1', 53), 3)\n\nwith DAG('calls_home'):\n    pass\n"
)
FILES = {
    "images/faulty/pyproject.toml": PYPROJECT.format(name="faulty"),
    "dags/faulty/good.py": GOOD,
    "dags/faulty/syntax.py": "from airflow.sdk import DAG\n\nwith DAG('x') as dag\n    pass\n",
    "dags/faulty/missing.py": "from airflow.sdk import DAG\n\nimport no_such_package\n",
    "dags/faulty/empty.py": "# a file about airflow that has no dag\n",
    "dags/faulty/helper.py": "LIMIT = 10\n",
    "dags/faulty/network.py": NETWORK,
    "dags/faulty/twice.py": GOOD.replace("'good'", "'hidden'"),
}


async def with_locks(files: dict[str, str], below: BaseImage) -> dict[str, str]:
    """The files with an empty lock for every type."""
    found: Catalog = await repository(files).catalog()
    empty = 'lock-version = "1.0"\ncreated-by = "uv"\n'
    locks = {
        f"images/{each.name}/{lockfile.NAME}": lockfile.stamp(
            each, lockfile.base_name(below.reference), empty
        )
        for each in found.all()
    }
    return {**files, **locks}


async def test_every_finding_is_told_with_file_line_and_cause(below: BaseImage) -> None:
    sources = repository(await with_locks(FILES, below))
    built = await image.build((await sources.catalog()).get("faulty"), sources, below)
    report = await smoke.report(built.container(), below.reference, ["no-such-package==1.0"])
    found = {(each.check, each.file, each.line): each for each in report.findings}
    assert set(found) == {
        ("dags", "dags/faulty/syntax.py", 3),
        ("dags", "dags/faulty/missing.py", 3),
        ("dags", "dags/faulty/empty.py", 1),
        ("dags", "dags/faulty/network.py", 4),
        ("imports", "", 0),
    }
    assert "SyntaxError" in found["dags", "dags/faulty/syntax.py", 3].cause
    assert "No module named 'no_such_package'" in found["dags", "dags/faulty/missing.py", 3].cause
    assert "unreachable" in found["dags", "dags/faulty/network.py", 4].cause
    assert "is not installed" in found["imports", "", 0].cause
    assert all(each.remedy for each in report.findings)


async def test_a_base_whose_environment_conflicts_is_told(below: BaseImage) -> None:
    broken = below.container.with_exec(
        ["sh", "-c", "rm -r /home/airflow/.local/lib/python3*/site-packages/httpcore*"]
    )
    report = await smoke.report(broken, below.reference, [])
    assert any(each.check == "packages" and "httpcore" in each.cause for each in report.findings)


async def test_a_replaced_entrypoint_is_told(below: BaseImage) -> None:
    report = await smoke.report(below.container.with_entrypoint(["/bin/false"]), below.reference, [])
    assert len([each for each in report.findings if each.check == "entrypoint"]) == 4
