"""Time `dagger call build` as a user meets it: whole commands, on an engine that airgap runs.

    python3 bench/build.py [--dag salesforce] [--runs 5]

Three cases, each a whole `./daggerw call build`, module loading included:

cold        an engine with empty state; the module is loaded first, the images are in the local registry
unchanged   the same call again
edited      one DAG file edited before each call

It works in a copy of the project, on an engine of its own (AIRGAP_INSTANCE=bench) that it removes at the end.
"""

import argparse

from engine import Engine, edit, running, show


def measure(engine: Engine, dag: str, runs: int) -> dict[str, list[float]]:
    """Seconds of each run, by case."""
    build = ("./daggerw", "call", "build", "--dag", dag)
    engine.airgap("up")
    engine.run("./daggerw", "functions")
    cold = engine.run(*build)
    unchanged = [engine.run(*build) for _ in range(runs)]
    dag_file = min((engine.project / "dags" / dag).rglob("*.py"))
    edited: list[float] = []
    for number in range(runs):
        edit(dag_file, number)
        edited.append(engine.run(*build))
    return {"cold": [cold], "unchanged": unchanged, "edited": edited}


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--dag", default="salesforce")
    parser.add_argument("--runs", type=int, default=5)
    given = parser.parse_args()
    with running() as engine:
        results = measure(engine, given.dag, given.runs)
    show(results)


if __name__ == "__main__":
    main()
