"""A small project before and after a change, as tests of what the change touches have it."""

import tempfile
from collections.abc import Mapping
from pathlib import Path

from ci.config import catalog
from ci.config.catalog import Catalog
from ci.pipeline.affected import select
from ci.pipeline.selection import Selection
from ci.pipeline.snapshot import Comparison, Entry, Snapshot
from ci.tools.programs import git_compare, trees

from .repository import pyproject

# By path; the content of an entry is the text of a file here, not its hash.
State = Mapping[str, Entry]

BASE = '[base]\nreference = "example.com/airflow:{tag}"\n'
COMMIT = "a" * 40
# Thousands of small files are written and removed: in memory where there is such a place.
MEMORY = "/dev/shm"  # noqa: S108
PLACE = MEMORY if Path(MEMORY).is_dir() else None


def project() -> dict[str, Entry]:
    """Three DAG types: ``one`` and ``two`` share code, and ``one`` imports what it doesn't take along."""
    texts = {
        "images/one/pyproject.toml": pyproject(["a==1"], 'scripts = ["shared"]', "one"),
        "images/two/pyproject.toml": pyproject(
            ["a==1"], 'dags = ["two", "both.py"]\nscripts = ["shared/clock.py", "two"]', "two"
        ),
        "images/three/pyproject.toml": pyproject((), 'env = { GREETING = "hello" }', "three"),
        **{f"images/{name}/pylock.toml": f"# of {name}" for name in ("one", "two", "three")},
        "images/policy.toml": '[scan]\nvex = ["images/known.openvex.json"]',
        "images/known.openvex.json": "{}",
        "dags/one/dag.py": "import both\nfrom scripts.shared import clock\n",
        "dags/one/query.sql": "select 1",
        "dags/one/.airflowignore": "tests",
        "dags/two/dag.py": "from scripts.two.steps import run\n",
        "dags/three/dag.py": "",
        "dags/both.py": "def both():\n    from scripts.rare import odd\n",
        "scripts/shared/__init__.py": "",
        "scripts/shared/clock.py": "import json\n",
        "scripts/two/steps.py": "from ..shared.clock import now\n",
        "scripts/rare/__init__.py": "",
        "scripts/rare/odd.py": "",
        "images/base.toml": BASE.format(tag="1"),
        "ci/pins.toml": "[images]\n",
        "ci/api/main.py": "",
        "dagger.json": "{}",
    }
    return {path: Entry("file", text) for path, text in texts.items()}


def write(root: Path, state: State) -> None:
    """Write a state into a folder."""
    for tree in ("images", "dags", "scripts"):
        (root / tree).mkdir(parents=True, exist_ok=True)
    for path, entry in state.items():
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        if entry.kind == "link":
            place.symlink_to(entry.content)
        else:
            place.write_text(entry.content, encoding="utf-8")
            place.chmod(0o755 if entry.kind == "executable" else 0o644)


def surveyed(root: Path) -> Snapshot:
    """Return a folder as the program in the container reads it."""
    texts: dict[str, str] = {}
    told = git_compare.snapshot(trees.present(root, root, lambda _: False), texts)
    return Snapshot({path: Entry._make(entry) for path, entry in told.items()}, texts)


def compared(before: Path, after: Path, renames: Mapping[str, str], now: Catalog) -> Selection:
    """Return what the change from one folder to another affects; ``now`` are the DAG types of the other."""
    return select(Comparison("main", COMMIT, surveyed(before), surveyed(after), renames), now)


def affected_by(before: State, after: State, renames: Mapping[str, str] | None = None) -> Selection:
    """Return what the change from one state to another affects."""
    with tempfile.TemporaryDirectory(dir=PLACE) as folder:
        roots = Path(folder, "before"), Path(folder, "after")
        for root, state in zip(roots, (before, after), strict=True):
            write(root, state)
        return compared(*roots, renames or {}, catalog.load(roots[1]))


def reasons(selection: Selection) -> list[str]:
    """Return a line per changed path of each reason: DAG type, kind, path, and how it changed in brackets."""
    return [
        f"{affected.dag}: {reason.kind}: {changed.path}" + (f" ({changed.how})" if changed.how else "")
        for affected in selection.affected
        for reason in affected.reasons
        for changed in reason.touches
    ]
