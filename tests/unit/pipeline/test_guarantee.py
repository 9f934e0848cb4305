"""The promise of ``affected``: a DAG type that it doesn't name has the same image before and after.

Images are made of real layers and real JSON; only what an installer would add is stood in for by a hash of
all that it is given.
"""

import contextlib
import hashlib
import json
import shutil
import tempfile
import tomllib
from pathlib import Path
from typing import Any

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
from ..repository import pyproject

Changing = dict[str, Entry]

TYPES = ("one", "two", "three", "four")
FOLDERS = (
    "dags/one",
    "dags/two",
    "dags/three",
    "dags/four",
    "dags",
    "scripts/shared",
    "scripts/two",
    "scripts",
)
NAMES = ("dag.py", "new.py", "data.csv", ".airflowignore", "deep/er.py", "left", "shared")
TARGETS = ("dag.py", "../one", "../shared", "../both.py", "nowhere", "../../images")
DAGS = ("one", "two", "three", "four", "both.py", "link", "one/deep", "two/dag.py")
SCRIPTS = ("shared", "shared/clock.py", "two", "rare", "two/deep")


def subset(*values: str) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(values), max_size=3, unique=True)


SETTINGS: dict[str, st.SearchStrategy[Any]] = {
    "dags": subset(*DAGS),
    "scripts": subset(*SCRIPTS),
    "system-packages": subset("tree", "jq"),
    "build-packages": subset("gcc", "make"),
    "env": st.dictionaries(st.sampled_from("AB"), st.sampled_from("12"), max_size=2),
    "max-added-mb": st.sampled_from([5, 6, "wrong"]),
}
PINNED = subset("a==1", "b==1", "a==2")


def written(name: str, pins: list[str], settings: dict[str, Any]) -> Entry:
    """A DAG type's pyproject.toml."""
    texts = {
        key: f"{{ {', '.join(f'{one} = {json.dumps(two)}' for one, two in value.items())} }}"
        if key == "env"
        else json.dumps(value)
        for key, value in settings.items()
    }
    lines = "\n".join(f"{key} = {text}" for key, text in texts.items())
    return Entry("file", pyproject(pins, lines, name))


def put(state: Changing, path: str, entry: Entry) -> None:
    """Put something at a path, unless that would need a folder to be a file or a file a folder."""
    parents = {"/".join(path.split("/")[:end]) for end in range(1, path.count("/") + 1)}
    blocked = any(state[each].kind != "folder" for each in parents & state.keys())
    if blocked or any(each.startswith(f"{path}/") for each in state):
        return
    for each in parents:
        state.pop(each, None)
    state[path] = entry


def edit(draw: st.DrawFn, state: Changing) -> None:
    path = draw(st.sampled_from(sorted(state)))
    content = state[path].content + draw(st.sampled_from(["\n", "# x\n", "import both\n"]))
    if state[path].kind not in {"link", "folder"} and not path.startswith(("ci/", "dagger")):
        state[path] = Entry(state[path].kind, content)


def add(draw: st.DrawFn, state: Changing) -> None:
    path = f"{draw(st.sampled_from(FOLDERS))}/{draw(st.sampled_from(NAMES))}"
    put(
        state, path, Entry("file", draw(st.sampled_from(["", "import both\n", "from scripts import rare\n"])))
    )


def link(draw: st.DrawFn, state: Changing) -> None:
    path = f"{draw(st.sampled_from(FOLDERS))}/{draw(st.sampled_from(['link', 'link.py']))}"
    put(state, path, Entry("link", draw(st.sampled_from(TARGETS))))


def empty(draw: st.DrawFn, state: Changing) -> None:
    put(state, f"{draw(st.sampled_from(FOLDERS))}/{draw(st.sampled_from(NAMES))}", Entry("folder", ""))


def delete(draw: st.DrawFn, state: Changing) -> None:
    state.pop(draw(st.sampled_from([path for path in sorted(state) if not path.startswith("ci/")])))


def rename(draw: st.DrawFn, state: Changing) -> None:
    paths = [path for path in sorted(state) if path.startswith(("dags", "scripts"))] or sorted(state)
    entry = state.pop(draw(st.sampled_from(paths)))
    put(state, f"{draw(st.sampled_from(FOLDERS))}/{draw(st.sampled_from(NAMES))}", entry)


def chmod(draw: st.DrawFn, state: Changing) -> None:
    path = draw(st.sampled_from(sorted(state)))
    other = {"file": "executable", "executable": "file"}
    if not path.startswith(("ci/", "dagger")):
        state[path] = Entry(other.get(state[path].kind, state[path].kind), state[path].content)  # pyright: ignore[reportArgumentType]


def configure(draw: st.DrawFn, state: Changing) -> None:
    """Change one thing that a DAG type's pyproject.toml says."""
    name = draw(st.sampled_from(TYPES))
    path = f"images/{name}/pyproject.toml"
    document: dict[str, Any] = {}
    if path in state:
        with contextlib.suppress(tomllib.TOMLDecodeError):
            document = tomllib.loads(state[path].content)
    said = document.get("project", {"name": name, "dependencies": []})
    settings = dict(document.get("tool", {}).get("airflow-images", {}))
    key = draw(st.sampled_from(["name", "pins", "env", *SETTINGS]))
    if key == "name":
        said["name"] = draw(st.sampled_from(TYPES))
    elif key == "pins":
        said["dependencies"] = draw(PINNED)
    else:
        settings[key] = draw(SETTINGS[key])
    put(state, path, written(said["name"], said["dependencies"], settings))


def relink(draw: st.DrawFn, state: Changing) -> None:
    put(state, "dags/link", Entry("link", draw(st.sampled_from(["one", "two", "three"]))))


def lock(draw: st.DrawFn, state: Changing) -> None:
    path = f"images/{draw(st.sampled_from(TYPES))}/pylock.toml"
    put(state, path, Entry("file", draw(st.sampled_from(["", "# 1", "# 2"]))))


def remove_type(draw: st.DrawFn, state: Changing) -> None:
    name = draw(st.sampled_from(TYPES))
    for path in [each for each in state if each.startswith(f"images/{name}/")]:
        del state[path]


def everyones(draw: st.DrawFn, state: Changing) -> None:
    base = BASE.format(tag=draw(st.sampled_from("12")))
    path, text = draw(
        st.sampled_from(
            [
                ("images/base.toml", base),
                ("ci/pins.toml", "[images]\n# x\n"),
                ("ci/new.py", ""),
                ("uv.lock", "x"),
                ("images/policy.toml", ""),
            ]
        )
    )
    put(state, path, Entry("file", text))


LOCAL = (edit, add, link, empty, delete, rename, chmod, configure, configure, relink, lock, remove_type)


@st.composite
def changes(draw: st.DrawFn) -> tuple[State, State]:
    """A project before and after a change; what changes all images is seldom among it."""
    state = {
        **project(),
        "images/four/pyproject.toml": written("four", [], {"dags": ["link"]}),
        "dags/link": Entry("link", "three"),
    }
    for operation in draw(st.lists(st.sampled_from(LOCAL), max_size=3)):
        operation(draw, state)
    before = dict(state)
    for operation in draw(st.lists(st.sampled_from([*LOCAL * 3, everyones]), min_size=1, max_size=4)):
        operation(draw, state)
    return before, state


def packed(root: Path, tree: str, paths: tuple[str, ...], work: Path) -> oci.Layer:
    """The layer of what a type takes from a tree, as the engine is told to pack it."""
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


def stand_in(root: Path, found: DagType) -> oci.Layer:
    """A layer named after all that an installer is given, and after the module that calls it."""
    lock = root / "images" / found.name / "pylock.toml"
    given = [lock.read_text(encoding="utf-8") if lock.is_file() else "none"]
    given += [str(sorted(found.project.dependencies))]  # a lock that doesn't fit them is refused
    given += [str(sorted(found.settings.system_packages)), str(sorted(found.settings.build_packages))]
    module = [*sorted((root / "ci").rglob("*")), *sorted(root.glob("*.json")), *sorted(root.glob("uv.lock"))]
    given += [
        f"{path.relative_to(root)} {path.read_text(encoding='utf-8')}" for path in module if path.is_file()
    ]
    digest = f"sha256:{hashlib.sha256(json.dumps(given).encode()).hexdigest()}"
    return oci.Layer(title="delta", digest=digest, size=1, diff_id=digest, unpacked=1, files=1)


def image(root: Path, found: DagType) -> str:
    """The digest of a DAG type's image."""
    file = root / config_base.FILE
    reference = config_base.parse(file.read_text(encoding="utf-8")).reference if file.is_file() else "none"
    manifest = {"schemaVersion": 2, "layers": [{"digest": "sha256:below", "size": 1}]}
    config = {"config": {}, "rootfs": {"diff_ids": ["sha256:below"]}}
    base = Base(reference=reference, manifest=manifest, config=config)
    with tempfile.TemporaryDirectory(dir=PLACE) as work:
        layers = [stand_in(root, found)]
        if found.script_paths:
            layers.append(packed(root, "scripts", found.script_paths, Path(work)))
        layers.append(packed(root, "dags", found.dag_paths, Path(work)))
    return oci.assemble(base, layers, found.settings.env, "50000").manifest.digest


@settings(max_examples=30)  # there are many kinds of change
@given(change=changes())
def test_a_type_that_is_not_named_has_the_same_image(change: tuple[State, State]) -> None:
    with tempfile.TemporaryDirectory(dir=PLACE) as folder:
        before, after = Path(folder, "before"), Path(folder, "after")
        write(before, change[0])
        write(after, change[1])
        now = catalog.load(after)
        findings = compared(before, after, {}, now)
        types = catalog.load(before).types, now.types
        for name in findings.unaffected:
            assert name in types[0], "it couldn't be built before"
            assert image(before, types[0][name]) == image(after, types[1][name])
        named = {each.dag for each in findings.affected}
        assert named | set(findings.unaffected) >= types[1].keys()
        assert not named & set(findings.unaffected)
