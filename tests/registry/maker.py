"""Makes an image as `airgap make` does, when and as the test says by files in the folder STEER.

STEER/calls      gets a line with the reference for each call, and "stopped" for one that was stopped
STEER/go         is waited for
STEER/failure    its text is printed as the cause, and nothing is made
"""

import os
import signal
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from airgap import registry
from airgap.oci import Config, write_layout

STEER, STORE = Path(os.environ.get("STEER", "")), Path(os.environ.get("STORE", ""))
MADE = {"docker.io/apache/airflow": "3.1.5", "ghcr.io/x/trivy": "1"}


def _write(line: str) -> None:
    with (STEER / "calls").open("a") as calls:
        calls.write(f"{line}\n")


def _stop(number: int, _: object) -> None:
    _write("stopped")
    sys.exit(128 + number)


def main() -> None:
    """Make what the last argument names."""
    signal.signal(signal.SIGTERM, _stop)
    _write(sys.argv[-1])
    sys.stderr.write("making it\n")
    while not (STEER / "go").exists():
        time.sleep(0.02)
    failure = STEER / "failure"
    if failure.exists():
        sys.stdout.write(failure.read_text())
        sys.exit(1)
    path = next(path for path in MADE if sys.argv[-1].startswith(path))
    with _layout(path) as layout:
        registry.place(path, MADE[path], layout, STORE)


@contextmanager
def _layout(path: str) -> Generator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        write_layout(Path(folder), "any", [], Config(labels={"path": path}), architecture="amd64")
        yield Path(folder)


def digest(path: str) -> str:
    """Return the digest of the image that is made in a repository."""
    with _layout(path) as layout:
        return registry.digest_of(layout)


if __name__ == "__main__":
    main()
