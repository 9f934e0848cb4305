"""Imports between files, as Python in an image resolves them."""

from ci.pipeline.snapshot import Entry, Snapshot

PACKAGE, DAG, STEPS, DEEP, MORE = (
    f"dags/one/{name}.py" for name in ("__init__", "dag", "steps", "deep/__init__", "deep/more")
)
TOP, SCRIPTS, TOOL, MODULE = "dags/top.py", "dags/scripts.py", "scripts/bare/tool.py", "ci/api/main.py"
SHARED = {"scripts/shared/__init__.py", "scripts/shared/clock.py"}
FILES = (PACKAGE, DAG, STEPS, DEEP, MORE, TOP, SCRIPTS, TOOL, MODULE, *SHARED)


def snapshot(texts: dict[str, str], links: dict[str, str] | None = None) -> Snapshot:
    """Return empty files but for these texts, and links to their targets."""
    written = {**dict.fromkeys(FILES, ""), **texts}
    entries = {path: Entry("file", f"hash of {path}") for path in written}
    entries |= {path: Entry("link", target) for path, target in (links or {}).items()}
    return Snapshot(entries, {f"hash of {path}": text for path, text in written.items()})


def test_imports_lead_to_files() -> None:
    cases = {
        (DAG, "import top"): {TOP},
        (DAG, "import one.deep.more as m"): {PACKAGE, DEEP, MORE},
        (DAG, "from one.deep import more"): {PACKAGE, DEEP, MORE},
        (DAG, "from one.steps import run"): {PACKAGE, STEPS},
        (DAG, "from one import *"): {PACKAGE},
        (DAG, "import dags.one.steps"): {PACKAGE, STEPS},
        (DAG, "from dags import top"): {TOP},
        (DAG, "from scripts.shared import clock"): {SCRIPTS, *SHARED},
        (DAG, "import scripts.bare.tool"): {SCRIPTS, TOOL},
        (DAG, "from . import steps"): {PACKAGE, STEPS},
        (DAG, "from .deep.more import x"): {PACKAGE, DEEP, MORE},
        (DEEP, "from .more import x"): {MORE},
        (MORE, "from ..steps import x"): {PACKAGE, STEPS},
        (MORE, "from ... import top"): {TOP},
        (DAG, "from .... import top"): set[str](),
        (TOOL, "from ..shared.clock import x"): SHARED,
        (DAG, "def run():\n    if True:\n        import top"): {TOP},
        (DAG, "import json, airflow.sdk, ci.main, shared"): set[str](),
        (DAG, "__import__('top')"): {TOP},
        (DAG, "import top\nclass"): set[str](),
        (MODULE, "import top"): set[str](),
    }
    assert {
        (file, text): snapshot({file: text}).imports.get(file, frozenset()) for file, text in cases
    } == cases


def test_a_file_that_cannot_be_decoded_imports_nothing() -> None:
    assert Snapshot({"dags/a.py": Entry("file", "hash")}, {}).imports == {"dags/a.py": frozenset()}


def test_links_lead_to_files_and_through_folders() -> None:
    clock = "dags/one/clock.py"
    links = {clock: "../../scripts/shared/clock.py", "dags/linked": "one", "dags/lost.py": "none.py"}
    graph = snapshot({TOP: "import linked.steps\nimport lost"}, links).imports
    assert (graph[clock], graph["dags/lost.py"]) == ({"scripts/shared/clock.py"}, set[str]())
    assert graph[TOP] == {"dags/linked", PACKAGE, STEPS}
