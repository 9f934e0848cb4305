"""Byte code in a built image: that of its sources, and all that the start of a task needs."""

import json

import pytest

from ci.image import build
from ci.image.base import ENVIRONMENT, PYTHON, BaseImage
from ci.tools import containers
from ci.tools.checkout import Checkout

pytestmark = pytest.mark.anyio

# What is in the image, what the sources give when they are compiled again, and what a start would compile.
PROGRAM = """
import json, sys
from importlib.util import cache_from_source, source_from_cache
from pathlib import Path
from programs import bytecode

folders = [Path(name) for name in ("{environment}/lib", "/opt/airflow/dags", "/opt/airflow/scripts")]
shipped = {{str(file): file.read_bytes() for folder in folders for file in folder.rglob("*.pyc")}}
sources = [source_from_cache(file) for file in shipped]
again = [file for file, _ in bytecode.compiled([(file, file) for file in sources])]
missing = [file for file in bytecode.of_a_start("{python}") if not Path(cache_from_source(file)).exists()]
different = [file for file in again if Path(file).read_bytes() != shipped[file]]
print(json.dumps([len(shipped), len(again), different, missing]))
"""


async def test_it_is_that_of_its_sources_and_a_start_compiles_nothing(
    sources: Checkout, below: BaseImage
) -> None:
    found = await build.build((await sources.catalog()).get("salesforce"), sources, below)
    program = PROGRAM.format(environment=ENVIRONMENT, python=PYTHON)
    container = (
        containers.without_certificate_updates(found.container())
        .with_user("root")
        .with_mounted_directory("/mnt/programs", containers.programs("image/bytecode", "image/task_start"))
        .with_workdir("/mnt/programs")
    )
    answer = json.loads(await container.with_exec([PYTHON, "-B", "-c", program]).stdout())
    shipped, again, different, missing = answer
    assert shipped == again > 1000
    assert (different, missing) == ([], [])
    # Another user, who can write nothing: all of it is read.
    readable = f"find {ENVIRONMENT}/lib /opt/airflow -name '*.pyc' ! -readable | head -3"
    assert await container.with_user("12345").with_exec(["sh", "-c", readable]).stdout() == ""
