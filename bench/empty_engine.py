"""Time a publish of an edited DAG on an engine with empty state, as a runner that is thrown away has it.

    python3 bench/empty_engine.py [--runs 2]

The registry has the image of the commit before. Everything else is made in the call: the module is loaded,
the base pulled, the image built, tested, scanned and pushed.

installed  the label of the published image names other inputs: byte code and packages are made anew
taken      it names the same: their layers are taken from the registry

Below the table stand the steps of the last run of each case.
"""

import argparse
import re
import shutil
import sys
from pathlib import Path

from engine import DATABASE, GIT, PATTERN, REGISTRY, Engine, edit, running, show

PLACE = ("--registry", REGISTRY, "--owner", "bench", "--allow-unscanned", "a benchmark", *DATABASE)
PUBLISH = ("./daggerw", "--progress", "plain", "call", "publish", "--dag", PATTERN, *PLACE)
STATE = "from airgap.instance import instance; print(instance().state / 'engine')"
NAMES = r"[a-z][\w ]* of \S+(?: from)?|base image|look|build|gate|push tags"
STEP = re.compile(rf"^\d+ *: (?:┆ )*({NAMES})(?: \S+)? DONE \[(\S+)\]", re.MULTILINE)
FORMAT = re.compile(r"^FORMAT = .*$", re.MULTILINE)


def empty(engine: Engine) -> None:
    """Give the engine an empty state; the registry keeps its images."""
    engine.airgap("down")
    shutil.rmtree(Path(engine.said(sys.executable, "-c", STATE).strip()))
    engine.airgap("up")


def commit(engine: Engine) -> None:
    """Commit an edit of a DAG file."""
    edit(min((engine.project / "dags" / PATTERN).rglob("*.py")), 0)
    engine.run(*GIT, "commit", "--quiet", "--all", "--message", "bench")


def other_label(engine: Engine, name: str) -> None:
    """Let labels be of other inputs than all before."""
    file = engine.project / "ci" / "image" / "dependencies.py"
    file.write_text(FORMAT.sub(f'FORMAT = "{name}"', file.read_text(encoding="utf-8")), encoding="utf-8")


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=2)
    runs = parser.parse_args().runs
    seconds: dict[str, list[float]] = {}
    steps: dict[str, list[tuple[str, str]]] = {}
    with running() as engine:
        engine.run("git", "init", "--quiet", "--initial-branch", "main")
        engine.run("git", "add", "--all")
        engine.run(*GIT, "commit", "--quiet", "--message", "bench")
        engine.airgap("up")
        engine.run(*PUBLISH)
        for number in range(runs):
            for case in ("installed", "taken"):
                if case == "installed":
                    other_label(engine, f"bench {number}")
                commit(engine)
                empty(engine)
                seconds.setdefault(case, []).append(engine.run(*PUBLISH))
                steps[case] = STEP.findall(engine.errors)
                if (f"{PATTERN}: dependencies taken from" in engine.output) is not (case == "taken"):
                    sys.exit(f"{case}: the layers were not {case}:\n{engine.output}")
    show(seconds)
    for case, named in steps.items():
        print(f"{case}: {', '.join(f'{name} {time}' for name, time in named)}")


if __name__ == "__main__":
    main()
