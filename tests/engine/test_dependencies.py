"""Dependencies of a built image: the guard of its base, and what it tells of what is in it."""

import base64
import dataclasses
import hashlib
import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from dagger import dag

from ci.checks.dags.all_types import import_hygiene
from ci.checks.report import Level
from ci.config import dag_type as config_dag_type
from ci.config import lockfile
from ci.errors import ConfigurationError
from ci.image import build
from ci.image.base import BaseImage
from ci.image.built import BuiltImage
from ci.image.runtime import installed
from ci.lock import explain
from ci.tools import containers
from ci.tools.checkout import Checkout
from tests.engine.conftest import repository
from tests.engine.test_image import small

pytestmark = pytest.mark.anyio

WHEELS = "/mnt/wheels"
Wheels = Mapping[str, Mapping[str, str]]  # by name and version, such as "small 1.0", the files by path


def wheel(name: str, version: str, files: Mapping[str, str]) -> bytes:
    """Return a wheel (PEP 427) of files by path."""
    info = f"{name}-{version}.dist-info"
    texts = {
        **files,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{path},{_digest(text)},{len(text)}\n" for path, text in texts.items())
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path, text in {**texts, f"{info}/RECORD": f"{record}{info}/RECORD,,\n"}.items():
            archive.writestr(zipfile.ZipInfo(path), text)
    return packed.getvalue()


def _digest(text: str) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest())
    return f"sha256={digest.decode().rstrip('=')}"


async def built(below: BaseImage, folder: Path, wheels: Wheels, settings: str = "") -> BuiltImage:
    """Build the image of a DAG type whose lock has these wheels, which are written into the folder."""
    lock = 'lock-version = "1.0"\ncreated-by = "hand"\n'
    for title, files in wheels.items():
        name, version = title.split()
        file = folder / f"{name}-{version}-py3-none-any.whl"
        file.write_bytes(wheel(name, version, files))
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        lock += f'\n[[packages]]\nname = "{name}"\nversion = "{version}"\n'
        lock += f'wheels = [{{ path = "{WHEELS}/{file.name}", hashes = {{ sha256 = "{digest}" }} }}]\n'
    files = small(settings, pin='", "'.join(title.replace(" ", "==") for title in wheels))
    dag_type = config_dag_type.parse(
        "small", "images/small/pyproject.toml", files["images/small/pyproject.toml"]
    )
    stamped = lockfile.stamp(dag_type, lockfile.base_name(below.reference), lock)
    sources = repository({**files, "images/small/pylock.toml": stamped})
    mounted = below.container.with_mounted_directory(WHEELS, dag.host().directory(str(folder)))
    return await build.build(dag_type, sources, dataclasses.replace(below, container=mounted))


async def test_a_lock_that_moves_a_package_of_the_base_is_refused(below: BaseImage, tmp_path: Path) -> None:
    has = (await installed(below.container)).versions["idna"]
    with pytest.raises(ConfigurationError) as caught:
        await built(below, tmp_path, {"idna 0.1": {"idna/__init__.py": ""}})
    (problem,) = caught.value.problems
    assert problem.startswith(f"images/small/pylock.toml: would move 'idna' of the base from {has} to 0.1: ")


async def test_packages_that_write_over_others_or_hide_them_are_refused(
    below: BaseImage, tmp_path: Path
) -> None:
    has = (await installed(below.container)).versions["idna"]
    same = {"shared_name/__init__.py": ""}
    wheels = {
        "intruder 1.0": {"idna/core.py": "ours = 1\n", "idna.py": "ours = 1\n"},
        "first 1.0": {**same, "shared_name/a.py": "x = 1\n"},
        "second 1.0": {**same, "shared_name/a.py": "x = 2\n"},
    }
    with pytest.raises(ConfigurationError) as caught:
        await built(below, tmp_path, wheels)
    told = [problem.partition(": pin ")[0] for problem in caught.value.problems]
    same_files = "install the same files with different content"
    intruder = f"intruder 1.0 (of the delta) and idna {has} (of the base)"
    assert sorted(told) == [
        (
            "images/small/pyproject.toml: first 1.0 (of the delta) and second 1.0 (of the delta) "
            f"{same_files}, and which of them wins is random: shared_name/a.py"
        ),
        (f"images/small/pyproject.toml: {intruder} hide modules of each other: idna.py, idna/__init__.py"),
        f"images/small/pyproject.toml: {intruder} {same_files}: idna/core.py",
    ]


async def test_what_is_allowed_is_built_and_told(below: BaseImage, tmp_path: Path) -> None:
    has = (await installed(below.container)).versions["idna"]
    settings = 'allow-base-changes = { idna = "an older one is needed, with another core" }'
    idna = {"idna/__init__.py": "", "idna/core.py": ""}
    wheels = {"idna 0.1": idna, "intruder 1.0": {"idna/core.py": "ours = 1\n"}}
    found = await built(below, tmp_path, wheels, settings)
    assert (await explain.tree(found)).splitlines() == [
        "small",
        f"├── idna 0.1 (base has {has})",
        "└── intruder 1.0",
    ]
    lines = (await explain.explain(found, "idna")).splitlines()
    assert lines[:3] == [f"idna 0.1, replaces {has} of the base", "from the pins of small:", "  idna==0.1"]
    with pytest.raises(ConfigurationError, match=r"'idnaa' isn't installed .*did you mean 'idna'"):
        await explain.explain(found, "idnaa")


async def test_imports_are_checked_against_the_image(sources: Checkout, below: BaseImage) -> None:
    dag_type = (await sources.catalog()).get("api")
    own = await build.build(dag_type, sources, below)
    found = (await import_hygiene(own, dag_type, sources))()
    assert found.findings == ()
    assert [fact.check for fact in found.facts] == ["import hygiene", "imports", "unused dependencies"]
    strange = {
        "dags/api/more.py": "import requests, airflow.providers.zzz\n\nimport salesforce.dag\n",
        "dags/salesforce/dag.py": "",
        "images/salesforce/pyproject.toml": '[project]\nname = "salesforce"\ndependencies = []\n',
        dag_type.file: await sources.text(dag_type.file) or "",
    }
    told = (await import_hygiene(own, dag_type, repository(strange)))().findings
    assert [(each.location, each.cause.split(",")[0]) for each in told if each.level is Level.ERROR] == [
        ("dags/api/more.py:1", "imports 'airflow.providers.zzz'"),
        ("dags/api/more.py:3", "imports dags/salesforce/dag.py"),
    ]
    unused = [each.cause.partition("==")[0] for each in told if each.level is Level.WARNING]
    assert unused == ["'httpx", "'psycopg[binary]", "'pydantic"]


RELATIVE = """from airflow.sdk import dag, task


@dag
def {name}():
    @task
    def t():
        {statement}

    t()


{name}()
"""
# Loads DAG files as Airflow does, and calls their tasks' functions as Airflow would.
CALL = """
import sys
from airflow.models.dagbag import DagBag

sys.path.append("/opt/airflow/dags")  # as the bundle of that folder has it
for file, name in zip(sys.argv[1::2], sys.argv[2::2]):
    dags = DagBag(file, include_examples=False, safe_mode=False).dags
    try:
        dags[name].task_dict["t"].python_callable()
    except ImportError as error:
        print("result:", "ImportError:", error)
    else:
        print("result:", "works")
"""


def on_disk(folder: Path, files: Mapping[str, str | bytes], below: BaseImage, settings: str = "") -> Checkout:
    """Write a repository to a folder, with a DAG type "small" that has no packages; of text, or of bytes."""
    toml = f'[project]\nname = "small"\ndependencies = []\n\n[tool.airflow-images]\n{settings}\n'
    dag_type = config_dag_type.parse("small", "images/small/pyproject.toml", toml)
    lock = lockfile.stamp(dag_type, lockfile.base_name(below.reference), 'lock-version = "1.0"\n')
    for path, content in {**files, dag_type.file: toml, "images/small/pylock.toml": lock}.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content.encode() if isinstance(content, str) else content)
    return Checkout(dag.host().directory(str(folder), no_cache=True))


def packed(files: Mapping[str, str]) -> bytes:
    """Return an archive of files by path."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for path, text in files.items():
            archive.writestr(zipfile.ZipInfo(path), text)
    return content.getvalue()


async def test_a_relative_import_that_fails_in_a_task_is_told_with_one_that_works(
    below: BaseImage, tmp_path: Path
) -> None:
    statements = {"before": "from .beside import x", "after": "from small.beside import x"}
    archive = {
        name: packed({"packed.py": RELATIVE.format(name="packed", statement=text), "beside.py": "x = 1\n"})
        for name, text in (("before", "from .beside import x"), ("after", "from beside import x"))
    }
    told: dict[str, list[str]] = {}
    said: dict[str, list[str]] = {}
    for name, statement in statements.items():
        sources = on_disk(
            tmp_path,
            {
                "dags/small/small.py": RELATIVE.format(name="small", statement=statement),
                "dags/small/beside.py": "x = 1\n",
                "dags/small/pack.zip": archive[name],
            },
            below,
        )
        dag_type = (await sources.catalog()).get("small")
        own = await build.build(dag_type, sources, below)
        found = (await import_hygiene(own, dag_type, sources))().findings
        told[name] = [f"{each.level.value} {each.location} {each.remedy}" for each in found]
        files = ("small.py", "small"), ("pack.zip", "packed")
        arguments = [word for file, dag_id in files for word in (f"/opt/airflow/dags/small/{file}", dag_id)]
        ready = containers.without_certificate_updates(own.container())
        printed = (await ready.with_exec(["python", "-c", CALL, *arguments]).stdout()).splitlines()
        said[name] = [line.removeprefix("result: ") for line in printed if line.startswith("result: ")]
        sources.close()
    assert told == {
        "before": [
            "error dags/small/pack.zip/packed.py:8 write `from beside import x`",
            "error dags/small/small.py:8 write `from small.beside import x`",
        ],
        "after": [],
    }
    starts = [line.startswith("ImportError: attempted relative import") for line in said["before"]]
    assert starts == [True, True]
    assert said["after"] == ["works", "works"]


async def test_a_link_leads_in_the_image_to_what_was_said_of_it(below: BaseImage, tmp_path: Path) -> None:
    files = {
        "dags/small/small.py": RELATIVE.format(name="small", statement="pass"),
        "dags/shared/deep/x.py": "x = 1\n",
    }
    links = {
        "dags/small/one.py": "../shared/deep/x.py",
        "dags/small/all": "../shared",
        "dags/named": "shared/deep",
    }
    for path, target in links.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).symlink_to(target)
    refused = on_disk(tmp_path, files, below)
    assert [each.partition(": replace ")[0] for each in (await refused.catalog()).problems_of("small")] == [
        f"images/small/pyproject.toml: dags/small/{name} leads to dags/{end}, which isn't in this image"
        for name, end in (("all", "shared"), ("one.py", "shared/deep/x.py"))
    ]
    refused.close()
    sources = on_disk(tmp_path, files, below, 'dags = ["small", "shared", "named"]')
    own = await build.build((await sources.catalog()).get("small"), sources, below)
    sources.close()
    places = ("small/one.py", "small/all/deep/x.py", "named/x.py")
    read = own.container().with_exec(["cat", *(f"/opt/airflow/dags/{place}" for place in places)])
    assert await read.stdout() == "x = 1\n" * len(places)
