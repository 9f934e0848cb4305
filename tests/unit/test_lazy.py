"""What the start of a call loads: every function of the module pays for it."""

import json
import subprocess
import sys

from .sources import PROJECT

_LOADED = """
import json, sys
import ci
loaded = [name for name, module in sys.modules.items() if type(module).__name__ != "_LazyModule"]
print(json.dumps(loaded))
"""
# Functions are declared with these: flags, how long a result is kept, and what is uploaded.
_AT_ONCE = {
    "ci.lazy",
    "ci.sdk",
    "ci.text",
    "ci.errors",
    "ci.tools.engine",
    "ci.tools.sources",
    "ci.checks.run.request",
}


def test_a_call_starts_with_the_declarations_of_functions_alone() -> None:
    command = [sys.executable, "-c", _LOADED]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True)
    loaded = json.loads(done.stdout)
    declarations = ("ci.api.", "ci.tools.programs.")
    files = [name for name in loaded if name.startswith("ci.") and not name.startswith(declarations)]
    assert {name for name in files if not (PROJECT / name.replace(".", "/")).is_dir()} == _AT_ONCE
    assert "pydantic" not in loaded
