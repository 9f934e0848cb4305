"""Time BuildKit with Dockerfiles beside this module: the same pins and DAGs, pushed to one registry.

    python3 bench/peers.py [--types 1,5,20] [--runs 5]

Runs as root; needs runc (Debian: apt-get install runc). buildkitd and buildctl are built when first called.
Two Dockerfiles: the usual one (copy the lock, install, copy the DAGs), and the best that is known (the lock
bind-mounted, a cache for uv, linked copies). Of the module two calls: every image built in one session and
pushed, without tests, as BuildKit does; and `publish`, which tests and scans.

cold       an engine with empty state, its base image pulled
unchanged  the same again
edited     a DAG file of each type edited
pin        a pin of each type's lock changed to another version of the same package
"""

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

from engine import DATABASE, GIT, PORT, Engine, edit, make_types, running

sys.path.insert(0, str(Path(__file__).parents[1]))
from airgap import gotools, steps

REGISTRY = f"127.0.0.1:{PORT}"
USUAL = """FROM {base}
COPY images/{dag}/pylock.toml /tmp/pylock.toml
RUN --mount=type=bind,from=certificates,target=/certificates \\
    SSL_CERT_FILE=/certificates/ca-certificates.crt uv pip install --no-cache --preview-features pylock \\
    --no-deps -r /tmp/pylock.toml
COPY scripts /opt/airflow/scripts
COPY dags/{dag} /opt/airflow/dags/{dag}
"""
BEST = """FROM {base}
RUN --mount=type=bind,from=certificates,target=/certificates \\
    --mount=type=cache,target=/home/airflow/.cache/uv,uid=50000,gid=0 \\
    --mount=type=bind,source=images/{dag}/pylock.toml,target=/tmp/pylock.toml \\
    SSL_CERT_FILE=/certificates/ca-certificates.crt UV_LINK_MODE=copy uv pip install \\
    --preview-features pylock --no-deps -r /tmp/pylock.toml
COPY --link --chown=50000:0 scripts /opt/airflow/scripts
COPY --link --chown=50000:0 dags/{dag} /opt/airflow/dags/{dag}
"""


class Peer:
    """BuildKit's daemon with a state of its own, and the Dockerfiles of the types."""

    def __init__(self, engine: Engine, names: list[str], folder: Path, dockerfile: str) -> None:
        self._engine = engine
        self._names = names
        self._binaries = _made() / "bin"
        self._address = f"unix://{folder}/socket"
        base = (engine.project / "images" / "base.toml").read_text(encoding="utf-8").split('"')[1]
        for name in names:
            text = dockerfile.format(base=base, dag=name)
            (engine.project / "images" / name / "Dockerfile").write_text(text, encoding="utf-8")

    def build(self) -> None:
        """Build and push every type, all at once."""
        processes = [
            subprocess.Popen(self._command(name), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            for name in self._names
        ]
        outputs = [process.communicate()[0] for process in processes]
        for process, output in zip(processes, outputs, strict=True):
            if process.returncode:
                sys.exit(f"buildctl failed:\n{output[-3000:]}")

    def _command(self, name: str) -> list[str]:
        project = str(self._engine.project)
        image = f"type=image,name={REGISTRY}/buildkit/{name}:latest,push=true,registry.insecure=true"
        return [
            *(str(self._binaries / "buildctl"), "--addr", self._address, "build"),
            *("--frontend", "dockerfile.v0", "--local", f"context={project}"),
            *("--local", f"dockerfile={project}/images/{name}", "--local", "certificates=/etc/ssl/certs"),
            *("--opt", "context:certificates=local:certificates", "--output", image),
        ]


def _made() -> Path:
    step = gotools.tool_step(gotools.BUILDKIT)
    steps.run([step])
    return step.result


@contextmanager
def daemon(folder: Path) -> Generator[None]:
    """Run buildkitd with an empty state in a folder."""
    if not shutil.which("runc"):
        sys.exit("runc is missing: apt-get install runc")
    config = folder / "buildkitd.toml"
    config.write_text(
        f'[registry."docker.io"]\nmirrors = ["{REGISTRY}/docker.io"]\n[registry."{REGISTRY}"]\nhttp = true\n',
        encoding="utf-8",
    )
    options = ["--root", str(folder / "state"), "--addr", f"unix://{folder}/socket", "--config", str(config)]
    options += ["--oci-worker-net", "host", "--containerd-worker=false"]
    with (folder / "log").open("w", encoding="utf-8") as log:
        process = subprocess.Popen([_made() / "bin" / "buildkitd", *options], stdout=log, stderr=log)
    try:
        while not (folder / "socket").exists():
            if process.poll() is not None:
                sys.exit((folder / "log").read_text(encoding="utf-8")[-3000:])
            time.sleep(0.1)
        yield
    finally:
        process.terminate()
        process.wait()


def push_by_module(engine: Engine, names: list[str]) -> None:
    """Build every type by one query to the module, and push the layouts."""
    with tempfile.TemporaryDirectory() as folder:
        builds = (
            f'{name}: build(dag: "{name}") {{ layout {{ export(path: "{folder}/{name}") }} }}'
            for name in names
        )
        query = f"{{ airflowImages {{ {' '.join(builds)} }} }}"
        document = Path(folder, "query.graphql")
        document.write_text(query, encoding="utf-8")
        engine.run("./daggerw", "query", "--doc", str(document))
        regctl = str(gotools.program("regctl"))
        for name in names:
            target = f"{REGISTRY}/module/{name}:latest"
            engine.run(
                regctl,
                "--host",
                f"reg={REGISTRY},tls=disabled",
                "image",
                "copy",
                f"ocidir://{folder}/{name}",
                target,
            )


class Pins:
    """The types' locks before and after a pin is changed, which every case of the bench switches."""

    def __init__(self, engine: Engine, names: list[str]) -> None:
        self._engine = engine
        self._names = names
        self._other = dict.fromkeys(names, "")

    def prepare(self) -> None:
        """Lock every type with another version of one package."""
        self._replace("simple-salesforce==1.12.9", "simple-salesforce==1.12.8")
        before = {name: self._lock(name).read_text(encoding="utf-8") for name in self._names}
        self._engine.run("./daggerw", "call", "--auto-apply", "lock")
        self._other = {name: self._lock(name).read_text(encoding="utf-8") for name in self._names}
        for name, text in before.items():
            self._lock(name).write_text(text, encoding="utf-8")
        self._replace("simple-salesforce==1.12.8", "simple-salesforce==1.12.9")

    def switch(self) -> None:
        """Write the other locks."""
        for name, text in self._other.items():
            self._other[name] = self._lock(name).read_text(encoding="utf-8")
            self._lock(name).write_text(text, encoding="utf-8")
        old, new = "simple-salesforce==1.12.9", "simple-salesforce==1.12.8"
        first = (self._engine.project / "images" / self._names[0] / "pyproject.toml").read_text(
            encoding="utf-8"
        )
        self._replace(*((old, new) if old in first else (new, old)))

    def _lock(self, name: str) -> Path:
        return self._engine.project / "images" / name / "pylock.toml"

    def _replace(self, old: str, new: str) -> None:
        for name in self._names:
            file = self._engine.project / "images" / name / "pyproject.toml"
            file.write_text(file.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")


def measure(engine: Engine, names: list[str], runs: int) -> dict[str, list[float]]:
    """Seconds of every run, by who builds and the case."""
    seconds: dict[str, list[float]] = {}
    project = engine.project
    engine.airgap("up")
    engine.run("./daggerw", "functions")
    pins = Pins(engine, names)
    pins.prepare()
    edits = 0

    def cases(who: str, build: Callable[[], object]) -> None:
        nonlocal edits

        def timed(case: str) -> None:
            start = time.monotonic()
            build()
            seconds.setdefault(f"{who}, {case}, {len(names)}", []).append(time.monotonic() - start)

        timed("cold")
        for _ in range(runs):
            timed("unchanged")
            for name in names:
                edits += 1
                edit(min((project / "dags" / name).rglob("*.py")), edits)
            timed("edited")
            pins.switch()
            timed("pin")

    for who, dockerfile in (("usual Dockerfile", USUAL), ("best Dockerfile", BEST)):
        with tempfile.TemporaryDirectory() as folder, daemon(Path(folder)):
            cases(who, Peer(engine, names, Path(folder), dockerfile).build)
    engine.airgap("clean")
    engine.airgap("up")
    engine.run("./daggerw", "functions")
    cases("module, untested", lambda: push_by_module(engine, names))
    place = ("--registry", REGISTRY, "--owner", "bench", "--allow-unscanned", "a benchmark", *DATABASE)
    engine.run("git", "init", "--quiet", "--initial-branch", "main")
    engine.run("git", "add", "--all")

    def publish() -> None:
        engine.run(*GIT, "commit", "--quiet", "--all", "--allow-empty", "--message", "bench")
        engine.run("./daggerw", "call", "publish", *place)

    cases("publish, tested and scanned", publish)
    return seconds


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--types", default="1,5,20")
    parser.add_argument("--runs", type=int, default=5)
    given = parser.parse_args()
    print(f"{'case':<44}{'runs':>5}{'min':>8}{'median':>8}{'max':>8}")
    for count in map(int, given.types.split(",")):
        with running() as engine:
            results = measure(engine, make_types(engine.project, count), given.runs)
        for case, taken in results.items():
            row = f"{case:<44}{len(taken):>5}{min(taken):>8.2f}{statistics.median(taken):>8.2f}"
            print(f"{row}{max(taken):>8.2f}", flush=True)


if __name__ == "__main__":
    main()
