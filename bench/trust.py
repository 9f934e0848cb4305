"""Time a publish that signs and a verification as a user meets them.

    python3 bench/trust.py [--dag salesforce] [--runs 3]

Each case is a whole `./daggerw call …`, module loading included, on an engine (AIRGAP_INSTANCE=bench) with a
registry of its own, which it removes at the end. The vulnerability database is airgap's small one.

publish plain   a new commit, tests and scan included
publish signed  the same, with signature, provenance, SBOMs and the scan's result
verify          everything, the packages in the layers included
"""

import argparse
import re
import sys

from engine import DATABASE, GIT, REGISTRY, Engine, edit, running, show

PASSWORD = ("--signing-password", "cmd:printf bench")


def measure(engine: Engine, dag: str, runs: int) -> dict[str, list[float]]:
    """Seconds of each run, by case."""
    results: dict[str, list[float]] = {}
    keys = engine.project / "keys"
    where = ("--registry", REGISTRY, "--owner", "bench", "--dag", dag)
    allowed = ("--allow-unscanned", "a benchmark", *DATABASE)

    def time(case: str, *command: str, status: int = 0) -> None:
        results.setdefault(case, []).append(engine.run("./daggerw", "call", *command, status=status))

    engine.run("git", "init", "--quiet", "--initial-branch", "main")
    engine.run("git", "add", "--all")
    engine.run(*GIT, "commit", "--quiet", "--message", "bench")
    engine.airgap("up")
    keygen = ("registry", "keygen", "--password", "cmd:printf bench", "export", "--path", str(keys))
    engine.run("./daggerw", "call", *keygen)
    (private,), (public,) = keys.glob("*.key"), keys.glob("*.pub")
    engine.run("./daggerw", "call", "publish", "--dry-run", *where, *allowed)
    for number in range(runs):
        edit(min((engine.project / "dags" / dag).rglob("*.py")), number)
        for case, signing in (("plain", ()), ("signed", ("--signing-key", f"file:{private}", *PASSWORD))):
            engine.run(*GIT, "commit", "--quiet", "--all", "--allow-empty", "--message", case)
            time(f"publish {case}", "publish", *where, *allowed, *signing)
        told = engine.said("./daggerw", "call", "publish", *where, *allowed)
        reference = re.search(rf"{re.escape(REGISTRY)}/\S+@sha256:[0-9a-f]{{64}}", told)
        if reference is None:
            sys.exit(f"no reference in what publish said:\n{told}")
        # It fails as the scans do; all else is checked all the same.
        verify = ("registry", "image", "--reference", reference[0], "verify", "--key", str(public))
        time("verify", *verify, status=1)
    return results


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--dag", default="salesforce")
    parser.add_argument("--runs", type=int, default=3)
    given = parser.parse_args()
    with running() as engine:
        results = measure(engine, given.dag, given.runs)
    show(results)


if __name__ == "__main__":
    main()
