"""Conflicts that people have run into, on the real base with the real index: the true culprit is named.

All types are locked in one call. exclude-newer keeps the index as it was: a row holds as long as its base.
"""

import pytest

from ci.config import lockfile
from ci.errors import StepError
from ci.image.base import BaseImage
from ci.lock import resolve
from tests.engine.conftest import repository

pytestmark = pytest.mark.anyio

PYPROJECT = """
[project]
name = "{name}"
version = "1"
dependencies = [{pins}]

[tool.uv]
exclude-newer = "{newer}"
"""
RELEASED = "2025-12-20T00:00:00Z"  # the base
LATER = "2026-02-01T00:00:00Z"

# Pins → a package of the base that would move, its version there, and who asks for another.
MOVES = {
    "apache-airflow==3.0.0": ("apache-airflow-core", "3.1.5", "apache-airflow==3.0.0"),
    "apache-airflow-providers-edge3==3.0.0": (
        "apache-airflow-providers-common-compat",
        "1.10.1",
        "apache-airflow-providers-edge3==3.0.0 -> apache-airflow-providers-common-compat>=1.12.0",
    ),
    "apache-airflow-providers-sftp==4.0.0": (
        "apache-airflow-providers-sftp",
        "5.5.1",
        "apache-airflow-providers-sftp==4.0.0",
    ),
    "boto3==1.26.0": ("urllib3", "2.3.0", "boto3==1.26.0 -> botocore==1.29.165 -> urllib3>=1.25.4,<1.27"),
    "dbt-semantic-interfaces==0.5.1": (
        "importlib-metadata",
        "8.7.0",
        "dbt-semantic-interfaces==0.5.1 -> importlib-metadata>=6.0,<7",
    ),
    "fastapi==0.110.0": ("starlette", "0.48.0", "fastapi==0.110.0 -> starlette>=0.36.3,<0.37.0"),
    "flask==1.1.4": ("jinja2", "3.1.6", "flask==1.1.4 -> jinja2>=2.10.1,<3.0"),
    "flask-limiter==3.12": ("rich", "14.2.0", "flask-limiter==3.12 -> rich>=12,<14"),
    "google-cloud-bigquery==3.4.0": (
        "packaging",
        "25.0",
        "google-cloud-bigquery==3.4.0 -> packaging>=14.3,<22.0.0.dev0",
    ),
    "kubernetes==25.3.0": ("kubernetes", "34.1.0", "kubernetes==25.3.0"),
    "langchain-core==0.1.30": ("tenacity", "9.1.2", "langchain-core==0.1.30 -> tenacity>=8.1.0,<9.0.0"),
    "opentelemetry-sdk==1.27.0": (
        "importlib-metadata",
        "8.7.0",
        "opentelemetry-sdk==1.27.0 -> opentelemetry-api==1.27.0 -> importlib-metadata>=6.0,<=8.4.0",
    ),
    "pydantic==1.10.21": ("pydantic", "2.12.5", "pydantic==1.10.21"),
    "pyopenssl==23.2.0": (
        "cryptography",
        "45.0.7",
        "pyopenssl==23.2.0 -> cryptography>=38.0.0,!=40.0.0,!=40.0.1,<42",
    ),
    "requests==2.28.0": (
        "charset-normalizer",
        "3.4.4",
        "requests==2.28.0 -> charset-normalizer>=2.0.0,<2.1.dev0",
    ),
    "supabase==2.0.0": ("httpx", "0.28.1", "supabase==2.0.0 -> httpx>=0.24.0,<0.25.0"),
    "typing-extensions==4.5.0": ("typing-extensions", "4.15.0", "typing-extensions==4.5.0"),
}
# Pins that fit no base → what is told of them.
CLASHES = {
    "dataclasses-json==0.6.7 marshmallow==4.0.0": "depends on marshmallow>=3.18.0,<4.0.0",
    "dbt-core==1.10.16 dbt-postgres==1.5.0": "dbt-postgres==1.5.0 depends on dbt-core==1.5.0",
    "flask==3.0.0 werkzeug==2.2.3": "flask==3.0.0 depends on werkzeug>=3.0.0",
    "numba==0.61.0 numpy==2.3.5": "numba==0.61.0 depends on numpy>=1.24,<2.2",
    "numpy==1.25.2 pandas==2.3.3": "pandas==2.3.3 depends on numpy>=1.26.0",
    # What a version without a wheel would change in the base doesn't matter.
    **dict.fromkeys(("grpcio-tools==1.62.0", "snowflake-connector-python==3.0.0"), "no wheel for the base"),
    "sqlalchemy==1.4.54": "write 'sqlalchemy==2.0.45', which fits the base",
    "pandas==1.5.3 requests==2.31.0": "write 'requests==2.32.5', which fits",
    "tensorflow==2.15.0": "no wheel for the base (Python ABI tag), only for cp39, cp310, cp311",
    "apache-airflow-providers-edge3==3.0.1 httpx==99.0 no-such-package-at-all==1": (
        "'httpx==99.0': no such version; the newest is 0.28.1: write 'httpx==0.28.1'"
    ),
}


def files(pins: str, name: str) -> dict[str, str]:
    """Return the files of a type with these pins."""
    newer = LATER if pins == "apache-airflow-providers-edge3==3.0.0" else RELEASED
    quoted = ", ".join(f'"{pin}"' for pin in pins.split())
    return {
        f"images/{name}/pyproject.toml": PYPROJECT.format(name=name, pins=quoted, newer=newer),
        f"dags/{name}/dag.py": "from airflow.sdk import DAG\n\nwith DAG('x'):\n    pass\n",
    }


async def test_each_conflict_names_its_true_culprit_and_a_way_out(below: BaseImage) -> None:
    names = {pins: f"type-{number}" for number, pins in enumerate([*MOVES, *CLASHES])}
    sources = repository(
        {path: text for pins, name in names.items() for path, text in files(pins, name).items()}
    )
    types = (await sources.catalog()).all()
    with pytest.raises(StepError) as caught:
        await resolve.lock(types, sources, below.container, lockfile.base_name(below.reference))
    told = {problem.split("/")[1]: problem for problem in caught.value.problems}
    assert set(told) == set(names.values())
    for pins, (package, has, chain) in MOVES.items():
        text = told[names[pins]]
        (line,) = [line.strip() for line in text.splitlines() if line.startswith(f"    {package}: ")]
        assert line.startswith(f"{package}: the base has {has}, it would become ")
        assert f": {chain}" in line
        assert "take another base in images/base.toml" in text
        assert ("allow-base-changes" in text) is not pins.startswith("apache-airflow==")
        assert f"write '{pins.partition('==')[0]}==" in text
    for pins, expected in CLASHES.items():
        assert expected in told[names[pins]]
        assert all(pin in told[names[pins]] for pin in pins.split())
