"""A built image: what is in it, who owns it, and which layer changes with what."""

import json

import pytest

from ci.config import layers, lockfile
from ci.errors import ConfigurationError
from ci.image import build, oci
from ci.image.base import BaseImage
from ci.image.built import BuiltImage
from ci.lock import resolve
from ci.tools import containers
from ci.tools.checkout import Checkout
from tests.engine.conftest import repository

pytestmark = pytest.mark.anyio

DAG = "from airflow.sdk import DAG\n\nwith DAG('{name}'):\n    pass\n"
PYPROJECT = """
[project]
name = "{name}"
version = "1"
dependencies = ["{pin}"]

[tool.airflow-images]
{settings}
"""


def small(
    settings: str = "", pin: str = "cowsay==6.1", dags: str = "", name: str = "small"
) -> dict[str, str]:
    """Return the files of a repository with one small DAG type."""
    return {
        f"images/{name}/pyproject.toml": PYPROJECT.format(name=name, pin=pin, settings=settings),
        f"dags/{name}/{name}_dag.py": dags or DAG.format(name=name),
    }


async def locked(files: dict[str, str], below: BaseImage) -> Checkout:
    """Return the repository with its locks made."""
    sources = repository(files)
    types = (await sources.catalog()).all()
    texts = await resolve.lock(types, sources, below.container, lockfile.base_name(below.reference))
    return repository({**files, **{f"images/{name}/pylock.toml": text for name, text in texts.items()}})


async def built(sources: Checkout, below: BaseImage, name: str = "small") -> BuiltImage:
    """Build the image of one DAG type."""
    return await build.build((await sources.catalog()).get(name), sources, below)


async def test_the_layout_is_whole_and_says_what_the_base_said(sources: Checkout, below: BaseImage) -> None:
    found = await built(sources, below, "salesforce")
    layout = found.layout()
    index = json.loads(await layout.file("index.json").contents())
    assert [entry["digest"] for entry in index["manifests"]] == [found.digest]
    manifest = json.loads(await layout.file(oci.blob_path(found.digest)).contents())
    blobs = set(await layout.directory("blobs/sha256").entries())
    assert blobs == {
        item["digest"].removeprefix("sha256:")
        for item in (*manifest["layers"], manifest["config"], {"digest": found.digest})
    }
    config = json.loads(await layout.file(oci.blob_path(manifest["config"]["digest"])).contents())
    theirs = below.image.config["config"]
    for key in ("Entrypoint", "Cmd", "User", "WorkingDir", "ExposedPorts", "Labels"):
        assert config["config"].get(key) == theirs.get(key), key
    assert "PYTHONPATH=/opt/airflow" in config["config"]["Env"]
    assert manifest["layers"][: len(below.image.manifest["layers"])] == below.image.manifest["layers"]
    assert found.size == sum(layer["size"] for layer in manifest["layers"])


async def test_every_file_is_airflows_and_group_writable_and_nothing_else_is_left(
    sources: Checkout, below: BaseImage
) -> None:
    container = (await built(sources, below, "salesforce")).container().with_user("root")
    ours = "/home/airflow/.local /opt/airflow/dags /opt/airflow/scripts"
    scripts = {
        "strangers": f"find {ours} ! -type l '(' ! -uid 50000 -o ! -gid 0 -o ! -perm -g+w ')'",
        "mounts and caches": "ls /mnt; find / -xdev -path '*airflow-images*'",
        "paths of the build": f"grep -rlE '/mnt/|/var/cache/' {ours} --include=RECORD --include=*_url.json",
    }
    script = "\n".join(f"{{ {each}; }} | head -20 | sed 's/^/{name}: /'" for name, each in scripts.items())
    quick = containers.without_certificate_updates(container)
    assert await quick.with_exec(["sh", "-c", script]).stdout() == ""


async def test_an_edited_dag_changes_the_last_layer_alone(below: BaseImage) -> None:
    sources = await locked(small(), below)
    before = await built(sources, below)
    root = await sources.exported()
    lock = (root / "images/small/pylock.toml").read_text(encoding="utf-8")
    edited = {**small(dags=DAG.format(name="edited")), "images/small/pylock.toml": lock}
    after = await built(repository(edited), below)
    assert before.digest != after.digest
    assert before.layers[:-1] == after.layers[:-1]
    assert before.layers[-1] != after.layers[-1]
    assert [layer.title for layer in after.layers] == ["byte code", "delta", "dags"]


async def test_zstd_changes_how_layers_are_compressed_and_nothing_else(below: BaseImage) -> None:
    gzipped = await built(await locked(small(pin="lxml==6.0.2"), below), below)
    files = {**small(pin="lxml==6.0.2"), layers.FILE: '[layers]\ncompression = "zstd"\n'}
    compressed = await built(await locked(files, below), below)
    assert [layer.diff_id for layer in compressed.layers] == [layer.diff_id for layer in gzipped.layers]
    own = json.loads(compressed.assembly.manifest.text)["layers"][-len(compressed.layers) :]
    assert {layer["mediaType"] for layer in own} == {"application/vnd.oci.image.layer.v1.tar+zstd"}
    packages = compressed.container().with_exec(["python", "-c", "import lxml.etree"])
    assert "small_dag.py" in await packages.directory("/opt/airflow/dags/small").entries()


async def test_litter_is_left_out_and_told(below: BaseImage) -> None:
    left = ("dags/small/env/", "dags/small/shared/.git/", "dags/small/[a] .swp/.idea/")
    paths = [f"{left[0]}pyvenv.cfg", f"{left[0]}lib/x.py", f"{left[1]}config", f"{left[2]}x.xml"]
    sources = await locked({**small(), **dict.fromkeys(["dags/small/shared/rates.py", *paths], "x")}, below)
    found = await built(sources, below)
    assert found.summary().count("\nleft out ") == len(left)
    assert all(f"left out {path[:-1]}: " in found.summary() for path in left)
    inside = await found.container().directory("/opt/airflow/dags/small").glob("**/*")
    files = [path for path in inside if "__pycache__" not in path]
    assert sorted(files) == ["shared/", "shared/rates.py", "small_dag.py"]


async def test_system_packages_lie_below_the_delta_and_build_packages_stay_out(below: BaseImage) -> None:
    settings = 'system-packages = ["tree"]\nbuild-packages = ["patchutils"]\nenv = { GREETING = "hello" }'
    found = await built(await locked(small(settings), below), below)
    assert [layer.title for layer in found.layers] == ["byte code", "system packages", "delta", "dags"]
    lists = "! ls /var/lib/apt/lists | grep Packages"
    script = f"tree --version >/dev/null && ! command -v lsdiff && {lists} && echo $GREETING"
    assert await found.container().with_exec(["sh", "-c", script]).stdout() == "hello\n"


async def test_an_image_that_adds_more_than_it_may_is_refused_with_its_layers(below: BaseImage) -> None:
    sources = await locked(small("max-added-mb = 0.001"), below)
    with pytest.raises(
        ConfigurationError, match=r"max-added-mb allows 0\.001: .*(\n +(byte code|delta|dags) .*){3}"
    ):
        await built(sources, below)
