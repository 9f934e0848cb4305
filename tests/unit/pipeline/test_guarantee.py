"""The guarantee of ``affected``: an unaffected DAG type has the same image before and after.

Images have real layers and real JSON; a hash of the installer's inputs stands for what it would install.
"""

import contextlib
import hashlib
import json
import shutil
import tempfile
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, cast

import tomli_w
from hypothesis import given, settings
from hypothesis import strategies as st

from ci.config import base as config_base
from ci.config import catalog
from ci.config.dag_type import DagType
from ci.image import oci
from ci.image.oci import Base
from ci.image.programs.capture import pack_tree
from ci.pipeline.snapshot import Entry

from ..changes import BASE, PLACE, State, compared, project, write
from ..layers import new_layer

Changing = dict[str, Entry]

TYPES = ("one", "two", "three", "four")
FOLDERS = (*(f"dags/{name}" for name in TYPES), "dags", "scripts/shared", "scripts/two", "scripts")
NAMES = ("dag.py", "new.py", "data.csv", ".airflowignore", "deep/er.py", "left", "shared", "link", "link.py")
TARGETS = ("dag.py", "../one", "../shared", "../both.py", "nowhere", "../../images")
DAGS = ("one", "two", "three", "four", "both.py", "link", "one/deep", "two/dag.py")
SCRIPTS = ("shared", "shared/clock.py", "two", "rare", "two/deep")
OTHER_KINDS: dict[str, Literal["file", "executable"]] = {"file": "executable", "executable": "file"}


def one_of(*values: str) -> st.SearchStrategy[str]:
    return st.sampled_from(values)


def entry(kind: str, *contents: str) -> st.SearchStrategy[Entry]:
    return st.builds(Entry, st.just(kind), st.sampled_from(contents))


def subset(*values: str) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(values), max_size=3, unique=True)


PLACES = st.builds("/".join, st.tuples(one_of(*FOLDERS), one_of(*NAMES)))
CODE = entry("file", "", "import both\n", "from scripts import rare\n")
LOCKS = st.builds("images/{}/pylock.toml".format, one_of(*TYPES))
# What is put where; all of it may be of one DAG type.
LOCAL = (
    (PLACES, CODE),
    (PLACES, entry("link", *TARGETS)),
    (st.just("dags/link"), entry("link", "one", "two", "three")),
    (LOCKS, entry("file", "", "# 1", "# 2")),
)
SHARED = (
    (st.just("images/base.toml"), entry("file", BASE.format(tag="1"), BASE.format(tag="2"))),
    (st.just("ci/pins.toml"), entry("file", "[images]\n# x\n")),
    (one_of("ci/new.py", "uv.lock", "images/policy.toml"), entry("file", "")),
)
SETTINGS: dict[str, st.SearchStrategy[Any]] = {
    "dags": subset(*DAGS),
    "scripts": subset(*SCRIPTS),
    "system-packages": subset("tree", "jq"),
    "build-packages": subset("gcc", "make"),
    "env": st.dictionaries(one_of("A", "B"), one_of("1", "2"), max_size=2),
    "max-added-mb": st.sampled_from([5, 6, "wrong"]),
}


def written(name: str, pins: list[str], settings: dict[str, Any]) -> Entry:
    """Return a DAG type's pyproject.toml."""
    document = {"project": {"name": name, "dependencies": pins}, "tool": {"airflow-images": settings}}
    return Entry("file", tomli_w.dumps(document))


def put(state: Changing, path: str, entry: Entry) -> None:
    """Put an entry at a path, unless a file would have to be a folder or a folder a file."""
    parents = {"/".join(path.split("/")[:end]) for end in range(1, path.count("/") + 1)}
    if not parents & state.keys() and not any(other.startswith(f"{path}/") for other in state):
        state[path] = entry


def edit(draw: st.DrawFn, state: Changing) -> None:
    path = draw(st.sampled_from([path for path in sorted(state) if not path.startswith(("ci/", "dagger"))]))
    added = draw(one_of("\n", "# x\n", "import both\n"))
    if state[path].kind in OTHER_KINDS:
        state[path] = state[path]._replace(content=state[path].content + added)


def chmod(draw: st.DrawFn, state: Changing) -> None:
    path = draw(st.sampled_from([path for path in sorted(state) if path.startswith(("dags", "scripts"))]))
    state[path] = state[path]._replace(kind=OTHER_KINDS.get(state[path].kind, state[path].kind))


def delete(draw: st.DrawFn, state: Changing) -> None:
    state.pop(draw(st.sampled_from([path for path in sorted(state) if not path.startswith("ci/")])))


def rename(draw: st.DrawFn, state: Changing) -> None:
    paths = [path for path in sorted(state) if path.startswith(("dags", "scripts"))] or sorted(state)
    put(state, draw(PLACES), state.pop(draw(st.sampled_from(paths))))


def configure(draw: st.DrawFn, state: Changing) -> None:
    """Change one key of a DAG type's pyproject.toml."""
    name = draw(one_of(*TYPES))
    path = f"images/{name}/pyproject.toml"
    document: dict[str, Any] = {}
    if path in state:
        with contextlib.suppress(tomllib.TOMLDecodeError):
            document = tomllib.loads(state[path].content)
    project = document.get("project", {"name": name, "dependencies": []})
    settings = dict(document.get("tool", {}).get("airflow-images", {}))
    key = draw(one_of("name", "pins", "env", *SETTINGS))
    if key == "name":
        project["name"] = draw(one_of(*TYPES))
    elif key == "pins":
        project["dependencies"] = draw(subset("a==1", "b==1", "a==2"))
    else:
        settings[key] = draw(SETTINGS[key])
    put(state, path, written(project["name"], project["dependencies"], settings))


def remove_type(draw: st.DrawFn, state: Changing) -> None:
    name = draw(one_of(*TYPES))
    for path in [path for path in state if path.startswith(f"images/{name}/")]:
        del state[path]


OPERATIONS = (configure, edit, *LOCAL, rename, delete, chmod, configure, remove_type)


@st.composite
def changes(draw: st.DrawFn) -> tuple[State, State]:
    """Return a project before and after a change, which seldom affects all types."""
    state = {
        **project(),
        "images/four/pyproject.toml": written("four", [], {"dags": ["link"]}),
        "dags/link": Entry("link", "three"),
    }

    def change(operations: Sequence[Any], least: int, most: int) -> None:
        for operation in draw(st.lists(st.sampled_from(operations), min_size=least, max_size=most)):
            if isinstance(operation, tuple):
                put(state, *(draw(strategy) for strategy in cast("tuple[Any, Any]", operation)))
            else:
                operation(draw, state)

    change(OPERATIONS, 0, 3)
    before = dict(state)
    change([*OPERATIONS * 9, *SHARED], 1, 4)
    return before, state


def packed(root: Path, tree: str, paths: tuple[str, ...], work: Path) -> oci.Layer:
    """Return the layer of what a type takes from a tree, packed as in the engine."""
    chosen = work / tree
    chosen.mkdir()
    for path in paths:
        source = root / tree / path
        (chosen / path).parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, chosen / path, symlinks=True, dirs_exist_ok=True)
        else:
            shutil.copy(source, chosen / path)
    layer = new_layer(work / f"{tree}-layer")
    pack_tree(layer, chosen, f"opt/airflow/{tree}")
    layer.close()
    return oci.Layer.parse(tree, (work / f"{tree}-layer/layer.json").read_text(encoding="utf-8"))


def stand_in(root: Path, dag_type: DagType) -> oci.Layer:
    """Return a layer whose digest depends on every input of the installer and on the module itself."""
    lock = root / "images" / dag_type.name / "pylock.toml"
    inputs = [lock.read_text(encoding="utf-8") if lock.is_file() else "none"]
    inputs += [str(sorted(dag_type.project.dependencies))]  # a lock that doesn't fit them is refused
    inputs += [str(sorted(dag_type.settings.system_packages)), str(sorted(dag_type.settings.build_packages))]
    module = [*sorted((root / "ci").rglob("*")), *sorted(root.glob("*.json")), *sorted(root.glob("uv.lock"))]
    inputs += [
        f"{path.relative_to(root)} {path.read_text(encoding='utf-8')}" for path in module if path.is_file()
    ]
    digest = f"sha256:{hashlib.sha256(json.dumps(inputs).encode()).hexdigest()}"
    return oci.Layer(title="delta", digest=digest, size=1, diff_id=digest, unpacked=1, files=1)


def image(root: Path, dag_type: DagType) -> str:
    """Return the digest of a DAG type's image."""
    file = root / config_base.FILE
    reference = file.read_text(encoding="utf-8") if file.is_file() else "none"  # it may be invalid
    manifest = {"schemaVersion": 2, "layers": [{"digest": "sha256:below", "size": 1}]}
    config = {"config": {}, "rootfs": {"diff_ids": ["sha256:below"]}}
    base = Base(reference=reference, manifest=manifest, config=config)
    with tempfile.TemporaryDirectory(dir=PLACE) as work:
        layers = [stand_in(root, dag_type)]
        if dag_type.script_paths:
            layers.append(packed(root, "scripts", dag_type.script_paths, Path(work)))
        layers.append(packed(root, "dags", dag_type.dag_paths, Path(work)))
    return oci.assemble(base, layers, dag_type.settings.env, "50000").manifest.digest


@settings(max_examples=30)  # there are many kinds of change
@given(change=changes())
def test_an_unaffected_type_has_the_same_image(change: tuple[State, State]) -> None:
    with tempfile.TemporaryDirectory(dir=PLACE) as folder:
        before, after = Path(folder, "before"), Path(folder, "after")
        write(before, change[0])
        write(after, change[1])
        old, now = catalog.load(before), catalog.load(after)
        selection = compared(before, after, {}, now)
        for name in selection.unaffected:
            assert name in old.types, "it couldn't be built before"
            assert image(before, old.types[name]) == image(after, now.types[name])
        affected = {one.dag for one in selection.affected}
        assert affected | set(selection.unaffected) >= now.types.keys()
        assert not affected & set(selection.unaffected)
