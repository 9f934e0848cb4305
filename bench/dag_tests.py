"""Time `dagger call test` of one DAG type and of twenty as a user meets it: whole commands.

    python3 bench/dag_tests.py [--types 20] [--runs 3]

The types are copies of salesforce: the same pins, DAGs of their own. Each case is a whole `./daggerw call
test`, module loading included, for one type and for all:

first       nothing is built
unchanged   the same call again
edited      a DAG file of each type edited

It works in a copy of the project, on an engine of its own (AIRGAP_INSTANCE=bench) that it removes at the end.
"""

from engine import Engine, edit, measured


def measure(engine: Engine, types: list[str], runs: int) -> dict[str, list[float]]:
    """Seconds of each run, by case."""
    results: dict[str, list[float]] = {}

    def test(case: str, *scope: str) -> None:
        results.setdefault(case, []).append(engine.run("./daggerw", "call", "test", *scope))

    engine.airgap("up")
    engine.run("./daggerw", "functions")
    scopes = {"1": ("--dag", types[0]), str(len(types)): ()}
    for count, scope in scopes.items():
        test(f"first {count}", *scope)
    for number in range(runs):
        for count, scope in scopes.items():
            test(f"unchanged {count}", *scope)
            for name in types if not scope else types[:1]:
                edit(min((engine.project / "dags" / name).rglob("*.py")), number)
            test(f"edited {count}", *scope)
    return results


if __name__ == "__main__":
    measured(__doc__, measure)
