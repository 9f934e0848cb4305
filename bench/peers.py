"""Time BuildKit with Dockerfiles beside this module: the same pins and DAGs, pushed to one registry.

    sudo python3 bench/peers.py [--types 5] [--runs 5] [--cases cold dag pin] [--bytecode none]

Needs runc (Debian: apt-get install runc); airgap builds BuildKit when it is first called.

ours       `publish` without its gate, which a copy of the project leaves out: no tests, no scan, as the peers
usual      a Dockerfile per type: copy the lock, install, copy scripts and DAGs
best       the quickest known: the lock bind-mounted, a cache for uv, linked copies
           (neither makes byte code; --bytecode none is the same outcome, `start` what a user of ours gets)
ratio      ours by the quicker of the two
tested     `publish` as it is, where a user edits DAGs all day: `unchanged` and `dag`

cold       engine or daemon with empty state; base image and packages come from the network
unchanged  the same again
dag        a DAG file of each type edited
pin        one package, which all types share, in another version
base       the same base with one more layer, by its digest
"""

import argparse
import re
import statistics
import sys
import tarfile
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from buildkit import BuildKit, daemons
from engine import DATABASE, GIT, REGISTRY, Engine, edit, make_types, running

CASES = ("cold", "unchanged", "dag", "pin", "base")
TESTED = ("unchanged", "dag")
PACKAGE = "simple-salesforce"
VERSIONS = ("1.12.9", "1.12.8", "1.12.7", "1.12.6", "1.12.5", "1.12.4")  # the first is the one in the project
GATE = ("(look, build, gate, decide, push_tags)", "(look, build, decide, push_tags)")
BEGIN = ("    context.begin_gate()\n", "")


class Project:
    """The project's DAG types, and what the cases change in them."""

    def __init__(self, engine: Engine, count: int, bytecode: str) -> None:
        self.names = make_types(engine.project, count)
        self._engine = engine
        self._images = engine.project / "images"
        for file in self._images.glob("*/pyproject.toml"):
            head, table, settings = file.read_text(encoding="utf-8").partition("[tool.airflow-images]\n")
            file.write_text(f'{head}{table}bytecode = "{bytecode}"\n{settings}', encoding="utf-8")
        self._locks: dict[str, str] = {}
        self._bases: list[str] = []
        self._edits = 0

    @property
    def base(self) -> str:
        """The reference of the base."""
        return self._base_file.read_text(encoding="utf-8").split('"')[1]

    @property
    def _base_file(self) -> Path:
        return self._images / "base.toml"

    def commit(self) -> None:
        """Commit whatever is changed: a publish reads the commit."""
        self._engine.run("git", "add", "--all")
        self._engine.run(*GIT, "commit", "--quiet", "--allow-empty", "--message", "bench")

    def lock(self, runs: int) -> None:
        """Lock the types with as many other versions of a package as there are runs."""
        first = self.names[0]
        pinned = {path: path.read_text(encoding="utf-8") for path in self._images.glob("*/py*.toml")}
        for version in VERSIONS[1 : runs + 1]:
            self._require(version)
            self._engine.run("./daggerw", "call", "--auto-apply", "lock", "--dag", first)
            self._locks[version] = (self._images / first / "pylock.toml").read_text(encoding="utf-8")
        for path, text in pinned.items():
            path.write_text(text, encoding="utf-8")

    def patch_base(self, runs: int) -> None:
        """Push as many other bases as there are runs: the same with a file more."""
        regctl = self._engine.said(sys.executable, "-m", "airgap", "tool", "regctl").strip()
        command = (regctl, "--host", f"reg={REGISTRY},tls=disabled", "image")
        name, _, tag = self.base.partition("@")[0].rpartition("/")[2].partition(":")
        repository = f"{REGISTRY}/{self.base.rpartition('/')[0]}/{name}"
        for number in range(runs):
            layer = self._engine.project.parent / "patch.tar"
            with tarfile.open(layer, "w") as archive:
                archive.addfile(tarfile.TarInfo(f"etc/patch-{number}"))
            patched = f"{repository}:patch-{number}"
            self._engine.run(
                *command, "mod", f"{repository}:{tag}", "--create", patched, "--layer-add", f"tar={layer}"
            )
            digest = self._engine.said(*command, "digest", patched).strip()
            self._bases.append(f"{self.base}@{digest}")

    def change(self, case: str, run: int) -> None:
        """Change what a case is about."""
        match case:
            case "dag":
                for name in self.names:
                    self._edits += 1
                    edit(min((self._engine.project / "dags" / name).rglob("*.py")), self._edits)
            case "pin":
                version = VERSIONS[run + 1]
                self._require(version)
                for name in self.names:
                    (self._images / name / "pylock.toml").write_text(self._locks[version], encoding="utf-8")
            case "base":
                text = self._base_file.read_text(encoding="utf-8")
                self._base_file.write_text(text.replace(self.base, self._bases[run]), encoding="utf-8")
            case _:
                pass

    def _require(self, version: str) -> None:
        for name in self.names:
            file = self._images / name / "pyproject.toml"
            text = re.sub(rf"{PACKAGE}==[\d.]+", f"{PACKAGE}=={version}", file.read_text(encoding="utf-8"))
            file.write_text(text, encoding="utf-8")


class Peers:
    """The ways from a project to pushed images, and the seconds of each by case."""

    def __init__(self, engine: Engine, project: Project, daemons: dict[str, BuildKit]) -> None:
        self.seconds: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
        self._engine = engine
        self._project = project
        self._daemons = daemons
        self._stages = engine.project / "ci" / "publish" / "stages.py"
        self._gated = self._stages.read_text(encoding="utf-8")
        self._owner = "bench"

    def gate(self, *, on: bool) -> None:
        """Let the copy's `publish` test and scan, or not."""
        text = self._gated
        for old, new in () if on else (GATE, BEGIN):
            if old not in text:
                sys.exit(f"{self._stages} has no {old!r}: bench/peers.py leaves the gate out there")
            text = text.replace(old, new)
        self._stages.write_text(text, encoding="utf-8")

    def start(self, owner: str) -> None:
        """Start engine and daemons with empty states, and push to repositories that aren't there yet."""
        self._engine.airgap("clean")
        self._engine.airgap("up")
        for daemon in self._daemons.values():
            daemon.start()
        self._owner = owner

    def measure(self, case: str, run: int) -> None:
        """Time a case of each way that leaves the gate out."""
        self._project.change(case, run)
        self._project.commit()
        self._time(case, "ours", self._publish)
        for kind, daemon in self._daemons.items():
            arguments = (self._project.names, self._project.base, self._owner)
            self._time(case, kind, partial(daemon.publish, *arguments))

    def measure_tested(self, case: str, run: int) -> None:
        """Time a case of the publish with its gate."""
        self._project.change(case, run)
        self._project.commit()
        self._time(case, "tested", self._publish)

    def _publish(self) -> None:
        options = ("--registry", REGISTRY, "--owner", self._owner, "--allow-unscanned", "a benchmark")
        self._engine.run("./daggerw", "call", "publish", *options, *DATABASE)

    def _time(self, case: str, way: str, publish: Callable[[], None]) -> None:
        start = time.monotonic()
        publish()
        seconds = time.monotonic() - start
        self.seconds[case][way].append(seconds)
        print(f"{case:<10} {way:<7}{seconds:8.2f}", file=sys.stderr, flush=True)


def measure(count: int, bytecode: str, cases: Sequence[str], runs: int) -> dict[str, dict[str, list[float]]]:
    """Return the seconds of each case and way."""
    with running() as engine, daemons(engine.project) as started:
        project = Project(engine, count, bytecode)
        peers = Peers(engine, project, started)
        peers.gate(on=False)
        engine.run("git", "init", "--quiet", "--initial-branch", "main")
        for run in range(runs if "cold" in cases else 1):
            peers.start(f"bench{run}")
            peers.measure("cold", run)
        warm = [case for case in CASES[1:] if case in cases]
        if "pin" in warm:
            project.lock(runs)
        if "base" in warm:
            project.patch_base(runs)
        for run in range(runs):
            for case in warm:
                peers.measure(case, run)
        peers.gate(on=True)
        tested = [case for case in warm if case in TESTED]
        if tested:
            peers.measure_tested("first", 0)
        for run in range(runs):
            for case in tested:
                peers.measure_tested(case, run)
    return peers.seconds


def show(seconds: dict[str, dict[str, list[float]]], count: int) -> None:
    """Print a table of median seconds, with the least and the most of ours."""
    for case, ways in seconds.items():
        median = {way: statistics.median(taken) for way, taken in ways.items()}
        if "ours" in median:
            ratio = median["ours"] / min(median["usual"], median["best"])
            cells = [
                f"{median[way]:.2f}" if way in median else "" for way in ("ours", "usual", "best", "tested")
            ]
            spread = f"{min(ways['ours']):.2f} to {max(ways['ours']):.2f}"
            print(f"| {case} | {count} | {' | '.join(cells)} | {ratio:.2f} | {spread} |", flush=True)


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--types", type=int, nargs="+", default=[1, 5, 20], help="how many DAG types")
    parser.add_argument("--runs", type=int, default=5, choices=range(1, len(VERSIONS)))
    parser.add_argument(
        "--cases", nargs="+", default=CASES, choices=CASES, help="cold is measured anyway, once"
    )
    parser.add_argument("--bytecode", default="start", choices=("start", "all", "none"), help="in ours")
    given = parser.parse_args()
    print("| case | types | ours | usual | best | tested | ratio | ours, least to most |")
    print("|---" * 8 + "|")
    for count in given.types:
        show(measure(count, given.bytecode, given.cases, given.runs), count)


if __name__ == "__main__":
    main()
