"""Time the calls of the module as a user meets them, beside the floor: a function that returns a text.

    python3 bench/calls.py [--only build,test] [--types 20] [--runs 3]

Each case is a whole `./daggerw call …`, module loading included, on an engine and a registry of its own
(AIRGAP_INSTANCE=bench), in a copy of the project whose DAG types are copies of salesforce: the same pins,
DAGs with ids of their own. Both are removed at the end. The vulnerability database is a small one.

floor      a module with one function, same SDK, same lock, which is executed at every call
first      nothing that the call makes is there: the first call of its name on an engine with empty state
unchanged  the same call again
edited     a DAG file of each type edited (and committed, for plan, affected and publish)

The columns: seconds, then median seconds above the floor and as a multiple of it.
"""

import argparse
import json
import shutil
import statistics

from engine import DATABASE, GIT, REGISTRY, Engine, edit, make_types, running

PLACE = ("--registry", REGISTRY, "--owner", "bench", "--allow-unscanned", "a benchmark", *DATABASE)
ONE = ("--dag", "t01")
CALLS = {
    "list": ("list",),
    "plan": ("registry", "plan", *ONE),
    "affected": ("affected", "--since", "HEAD~1"),
    "build": ("build", *ONE, "digest"),
    "test": ("test", *ONE),
    "scan": ("scan", *ONE, *DATABASE),
    "publish": ("publish", *ONE, *PLACE),
    "test all": ("test",),
    "publish all": ("publish", *PLACE),
}
FLOOR = '''"""A module with nothing in it."""

from dagger import function, object_type


@object_type
class AirflowImages:
    """Nothing."""

    @function(cache="never")
    def floor(self) -> str:
        """Return a text."""
        return "floor"
'''


class Calls:
    """The project, the floor beside it, and the seconds of their calls."""

    def __init__(self, engine: Engine, names: list[str]) -> None:
        self.engine = engine
        self.names = names
        self.seconds: dict[str, list[float]] = {}
        self._edits = 0
        self._floor = engine.project.parent / "floor"

    def prepare(self) -> None:
        """Make the floor's module and the repository, and start the engine."""
        self._floor.mkdir()
        for name in ("pyproject.toml", "uv.lock"):
            shutil.copy(self.engine.project / name, self._floor)
        module = json.loads((self.engine.project / "dagger.json").read_text(encoding="utf-8"))
        del module["toolchains"]
        (self._floor / "dagger.json").write_text(json.dumps(module), encoding="utf-8")
        (self._floor / "ci").mkdir()
        (self._floor / "ci" / "__init__.py").write_text(FLOOR, encoding="utf-8")
        self.engine.run("git", "init", "--quiet", "--initial-branch", "main")
        self.engine.run("git", "add", "--all")
        self.commit()
        self.commit()
        self.engine.airgap("up")
        for module in (self._floor, self.engine.project):
            self.engine.run("./daggerw", "functions", "--mod", str(module))

    def commit(self) -> None:
        """Commit whatever is changed."""
        self.engine.run(*GIT, "commit", "--quiet", "--all", "--allow-empty", "--message", "bench")

    def floor(self) -> None:
        """Time the floor."""
        command = ("./daggerw", "call", "--mod", str(self._floor), "floor")
        self.seconds.setdefault("floor", []).append(self.engine.run(*command))

    def time(self, call: str, case: str) -> None:
        """Time a call."""
        status = 1 if call == "scan" else 0  # it fails, for the database is test data
        command = ("./daggerw", "call", *CALLS[call])
        self.seconds.setdefault(f"{call}, {case}", []).append(self.engine.run(*command, status=status))

    def edit(self, call: str) -> None:
        """Edit a DAG file of each type that a call is about, and commit it."""
        for name in self.names if "all" in call else self.names[:1]:
            self._edits += 1
            edit(min((self.engine.project / "dags" / name).rglob("*.py")), self._edits)
        self.commit()

    def show(self) -> None:
        """Print the table."""
        floor = statistics.median(self.seconds["floor"])
        print(f"{'case':<24}{'runs':>5}{'min':>8}{'median':>8}{'max':>8}{'above':>8}{'times':>7}")
        for case, seconds in self.seconds.items():
            median = statistics.median(seconds)
            row = f"{case:<24}{len(seconds):>5}{min(seconds):>8.2f}{median:>8.2f}{max(seconds):>8.2f}"
            print(f"{row}{median - floor:>8.2f}{median / floor:>7.2f}")


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", default=",".join(CALLS), help="names of calls, with commas between them")
    parser.add_argument("--types", type=int, default=20)
    parser.add_argument("--runs", type=int, default=3)
    given = parser.parse_args()
    chosen = [name for name in CALLS if name in given.only.split(",")]
    with running() as engine:
        calls = Calls(engine, make_types(engine.project, given.types))
        calls.prepare()
        for call in chosen:
            calls.time(call, "first")
            for _ in range(given.runs):
                calls.floor()
                calls.time(call, "unchanged")
                calls.edit(call)
                calls.time(call, "edited")
        calls.show()


if __name__ == "__main__":
    main()
