"""Time `dagger call publish` of one DAG type and of twenty as a user meets it, to a local registry.

    python3 bench/publish.py [--types 20] [--runs 3]

The types are copies of salesforce: the same pins, DAGs of their own. Each case is a whole `./daggerw call
publish`, module loading and gate included, for one type and for all:

first       nothing is built, the registry is empty
unchanged   the same call again
commit      a new commit that touches nothing of the images
elsewhere   all is built and tested, the repositories are new: the base is sent once, mounted into the others
edited      a DAG file of each type edited and committed

It works in a copy of the project, on an engine of its own (AIRGAP_INSTANCE=bench) that it removes at the end.
"""

from engine import DATABASE, PORT, Engine, edit, measured

GIT = ("git", "-c", "user.name=bench", "-c", "user.email=bench@localhost")


def measure(engine: Engine, types: list[str], runs: int) -> dict[str, list[float]]:
    """Seconds of each run, by case."""
    results: dict[str, list[float]] = {}

    def publish(case: str, *arguments: str) -> None:
        command = ("./daggerw", "call", "publish", "--registry", f"127.0.0.1:{PORT}")
        command += ("--allow-unscanned", "a benchmark", *DATABASE)
        results.setdefault(case, []).append(engine.run(*command, *arguments))

    def commit() -> None:
        engine.run(*GIT, "commit", "--quiet", "--all", "--allow-empty", "--message", "bench")

    scopes = {"1": ("--dag", types[0]), str(len(types)): ()}
    engine.run("git", "init", "--quiet", "--initial-branch", "main")
    engine.run("git", "add", "--all")
    commit()
    engine.airgap("up")
    engine.run("./daggerw", "functions")
    for count, scope in scopes.items():
        publish(f"first {count}", "--owner", "bench", *scope)
    for number in range(runs):
        for count, scope in scopes.items():
            publish(f"unchanged {count}", "--owner", "bench", *scope)
            commit()
            publish(f"commit {count}", "--owner", "bench", *scope)
            publish(f"elsewhere {count}", "--owner", f"owner{number}-{count}", *scope)
            for name in types if not scope else types[:1]:
                edit(min((engine.project / "dags" / name).rglob("*.py")), number)
            commit()
            publish(f"edited {count}", "--owner", "bench", *scope)
    return results


if __name__ == "__main__":
    measured(__doc__, measure)
