"""Measure the start of a task's pod: from the container's command to the first line of the task.

    sudo python3 bench/pod_start.py BASE-LAYOUT IMAGE-LAYOUT      folders, each an OCI image layout

Each start has the image's files as its root, with a fresh layer above for what it writes, and the image's
entrypoint, variables and user. The command is that of the Kubernetes executor's pod. A server on this
machine answers what the API server would: that the task may run. What Kubernetes does before isn't measured.
"""

import argparse
import json
import os
import runpy
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).parents[1]
# The pod's command and its input, as for the byte code of images.
TASK_START = runpy.run_path(str(PROJECT / "ci/image/programs/task_start.py"))

# The processor time of the task's process and of its supervisor, in clock ticks, and the time.
DAG = """
import os, time
from airflow.sdk import dag, task

@dag
def start():
    @task
    def first():
        of_pod = open(f"/proc/{os.getppid()}/stat").read().rpartition(")")[2].split()[11:13]
        ticks = sum(map(int, of_pod)) / os.sysconf("SC_CLK_TCK")
        open("/tmp/first", "w").write(f"{ticks + sum(os.times()[:2])} {time.time()}")

    first()

start()
"""


class ApiServer(BaseHTTPRequestHandler):
    """Lets every task run."""

    def _answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        runs = self.path.endswith("/run")
        answer = (
            {"dag_run": TASK_START["RUN"], "max_tries": 0, "should_retry": False} if runs else {"ok": True}
        )
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_PATCH = do_POST = do_PUT = _answer  # noqa: N815 - names of http.server

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        """Keep quiet."""


def unpack(layout: Path, root: Path) -> dict[str, Any]:
    """Unpack an image, and return its configuration."""

    def blob(digest: str) -> Path:
        return layout / "blobs" / digest.replace(":", "/")

    index = json.loads((layout / "index.json").read_text())
    manifest = json.loads(blob(index["manifests"][0]["digest"]).read_text())
    root.mkdir()
    for layer in manifest["layers"]:
        subprocess.run(["tar", "-xf", blob(layer["digest"]), "-C", root], check=True)
    return json.loads(blob(manifest["config"]["digest"]).read_text())["config"]


@contextmanager
def container(root: Path, scratch: Path) -> Generator[Path]:
    """Yield a root file system with a fresh layer above an image's."""
    merged = scratch / "merged"
    for folder in ("upper", "work", "merged"):
        (scratch / folder).mkdir()
    options = f"lowerdir={root},upperdir={scratch}/upper,workdir={scratch}/work"
    subprocess.run(["mount", "-t", "overlay", "overlay", "-o", options, merged], check=True)
    try:
        for folder in ("proc", "dev"):
            subprocess.run(["mount", "--rbind", f"/{folder}", merged / folder], check=True)
        yield merged
    finally:
        subprocess.run(["umount", "-R", "-l", merged], check=True)


def start(root: Path, config: dict[str, Any], server: str, variables: list[str]) -> tuple[float, float]:
    """Return the CPU seconds and the seconds of one start up to the task's first line."""
    with tempfile.TemporaryDirectory(dir=root.parent) as scratch, container(root, Path(scratch)) as merged:
        (merged / "opt/airflow/dags/start.py").write_text(DAG)
        (merged / "tmp/input.json").write_text(json.dumps(TASK_START["WORKLOAD"]))
        env = [*config["Env"], f"AIRFLOW__CORE__EXECUTION_API_SERVER_URL={server}", *variables]
        inside = ["env", "-i", *env, "CONNECTION_CHECK_MAX_COUNT=0", *config["Entrypoint"]]
        command = [*inside, "python", "-m", TASK_START["COMMAND"], "--json-path", "/tmp/input.json"]  # noqa: S108 - the container's
        began = time.time()
        user = f"{config['User'].partition(':')[0]}:0"
        done = subprocess.run(
            ["chroot", f"--userspec={user}", merged, *command], capture_output=True, text=True, check=False
        )
        first = merged / "tmp/first"
        if not first.exists():
            sys.exit(f"the task didn't run:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
        cpu, ended = map(float, first.read_text().split())
    return cpu, ended - began


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("layouts", nargs="+", type=Path)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--env", action="append", default=[], help="NAME=VALUE in the container")
    parser.add_argument("--work", type=Path, default=None, help="folder on a disk that overlays can be above")
    given = parser.parse_args()
    if os.getuid():
        sys.exit("run it as root: it mounts file systems")
    server = ThreadingHTTPServer(("127.0.0.1", 0), ApiServer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}/execution/"
    with tempfile.TemporaryDirectory(dir=given.work) as folder:
        roots = [Path(folder, str(number)) for number, _ in enumerate(given.layouts)]
        images = [(root, unpack(layout, root)) for root, layout in zip(roots, given.layouts, strict=True)]
        # In turn, so that a busy minute of the machine meets all of them.
        rounds = [[start(*image, address, given.env) for image in images] for _ in range(given.runs)]
        print("| image | CPU seconds, least | CPU seconds, median | seconds, least |\n|---|---|---|---|")
        for layout, starts in zip(given.layouts, zip(*rounds, strict=True), strict=True):
            cpu, wall = zip(*starts, strict=True)
            print(f"| {layout} | {min(cpu):.2f} | {statistics.median(cpu):.2f} | {min(wall):.2f} |")


if __name__ == "__main__":
    main()
