"""What a pull gets of an image that isn't made yet: it waits, and where making fails it is told why.

    python3 -m unittest tests.registry.test_pulls

It needs nothing but Python: the registry's program is made by airgap where it isn't there yet.
"""

import http.client
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

from airgap import gotools, registry
from airgap.folders import PROJECT
from airgap.steps import run
from tests.registry import maker

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
AIRFLOW, TRIVY = "docker.io/apache/airflow", "ghcr.io/x/trivy"


class Pull(threading.Thread):
    """A client that asks for a manifest and takes what it gets; `leave` breaks its connection off."""

    def __init__(self, address: str, path: str, reference: str, method: str = "GET") -> None:
        super().__init__(daemon=True)
        self.connection = http.client.HTTPConnection(address, timeout=60)
        self.method, self.path = method, f"/v2/{path}/manifests/{reference}"
        self.status, self.reason, self.digest, self.body = 0, "", "", ""
        self.start()

    def run(self) -> None:
        with closing(self.connection):
            self.connection.connect()
            self.connection.request(self.method, self.path, headers={"Accept": MANIFEST})
            with suppress(OSError, http.client.HTTPException):
                answer = self.connection.getresponse()
                self.status, self.reason = answer.status, answer.reason
                self.digest = answer.getheader("Docker-Content-Digest", "")
                self.body = answer.read().decode()

    def leave(self) -> None:
        self.connection.sock.shutdown(socket.SHUT_RDWR)


class Pulls(unittest.TestCase):
    """A registry of its own for each test."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.steer, self.store = Path(folder.name, "steer"), Path(folder.name, "store")
        self.steer.mkdir()
        self.store.mkdir()
        environment = {"PYTHONPATH": PROJECT, "STEER": self.steer, "STORE": self.store, "PATH": os.defpath}
        recipe = {
            "command": [sys.executable, "-m", "tests.registry.maker"],
            "environment": [f"{name}={value}" for name, value in environment.items()],
            "log": str(self.steer / "log"),
            "references": [f"{AIRFLOW}:3.1.5", f"{AIRFLOW}:3.2.2", f"{TRIVY}:1"],
        }
        (self.steer / "recipe").write_text(json.dumps(recipe))
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.address = f"127.0.0.1:{free.getsockname()[1]}"
        step = gotools.tool_step(gotools.REGISTRY)
        run([step])
        program = step.result / "bin" / "registry"
        self.registry = subprocess.Popen(
            [program, self.store, self.steer / "recipe", self.address], stderr=subprocess.DEVNULL
        )
        self.addCleanup(self.registry.wait)
        self.addCleanup(self.registry.terminate)
        self.until(lambda: registry.answers(self.address))

    def until(self, true: Callable[[], object]) -> None:
        """Wait until something is so."""
        end = time.monotonic() + 30
        while not true():
            self.assertLess(time.monotonic(), end, "waited for too long")
            time.sleep(0.01)

    def calls(self) -> list[str]:
        """Return what the maker was called with."""
        file = self.steer / "calls"
        return file.read_text().splitlines() if file.exists() else []

    def pull(self, path: str, reference: str, method: str = "GET") -> Pull:
        """Start a pull."""
        return Pull(self.address, path, reference, method)

    def finished(self, *pulls: Pull) -> None:
        """Wait for the answers."""
        for pull in pulls:
            pull.join(30)
            self.assertFalse(pull.is_alive(), pull.path)

    def go(self) -> None:
        """Let the maker finish."""
        (self.steer / "go").touch()

    def test_pulls_wait_for_one_making_and_later_ones_for_none(self) -> None:
        pulls = [self.pull(TRIVY, "1", method) for method in ("GET", "HEAD", "GET")]
        self.until(self.calls)
        self.go()
        self.finished(*pulls)
        self.assertEqual([(pull.status, bool(pull.digest)) for pull in pulls], [(200, True)] * 3)
        later = self.pull(TRIVY, "1")
        self.finished(later)
        self.assertEqual((later.status, later.digest), (200, pulls[0].digest))
        self.assertEqual(self.calls(), [f"{TRIVY}:1"])
        self.assertEqual((self.steer / "log").read_text(), "making it\n")

    def test_two_images_are_made_at_the_same_time(self) -> None:
        pulls = [self.pull(TRIVY, "1"), self.pull(AIRFLOW, "3.1.5")]
        self.until(lambda: len(self.calls()) == 2)
        self.go()
        self.finished(*pulls)
        self.assertEqual([pull.status for pull in pulls], [200, 200])

    def test_a_failure_is_told_in_the_status_line_too_and_the_next_pull_tries_again(self) -> None:
        (self.steer / "failure").write_text("trivy: no such host\nCheck the network.")
        self.go()
        line = "trivy: no such host; Check the network."
        head = self.pull(TRIVY, "1", "HEAD")
        self.finished(head)
        get = self.pull(TRIVY, "1")
        self.finished(get)
        self.assertEqual([(pull.status, pull.reason) for pull in (head, get)], [(502, line)] * 2)
        cause = "trivy: no such host\nCheck the network."
        self.assertEqual(json.loads(get.body)["errors"], [{"code": "UNAVAILABLE", "message": cause}])
        (self.steer / "failure").unlink()
        again = self.pull(TRIVY, "1")
        self.finished(again)
        self.assertEqual((again.status, len(self.calls())), (200, 3))

    def test_the_last_who_leaves_stops_the_making(self) -> None:
        stays, leaves = self.pull(TRIVY, "1"), self.pull(TRIVY, "1")
        self.until(self.calls)
        time.sleep(0.2)  # both wait
        leaves.leave()
        time.sleep(0.2)
        self.assertEqual(self.calls(), [f"{TRIVY}:1"])
        stays.leave()
        self.until(lambda: self.calls() == [f"{TRIVY}:1", "stopped"])
        self.go()
        again = self.pull(TRIVY, "1")
        self.finished(again)
        self.assertEqual(again.status, 200)

    def test_the_end_of_the_registry_stops_the_making(self) -> None:
        pull = self.pull(TRIVY, "1")
        self.until(self.calls)
        self.registry.terminate()
        self.until(lambda: self.calls()[-1] == "stopped")
        self.finished(pull)

    def test_a_digest_has_the_images_of_its_repository_made(self) -> None:
        self.go()
        digest = maker.digest(AIRFLOW)
        pull = self.pull(AIRFLOW, digest)
        self.finished(pull)
        self.assertEqual((pull.status, pull.digest), (200, digest))
        self.assertEqual(self.calls(), [f"{AIRFLOW}@{digest}"])

    def test_what_is_not_known_is_not_there_and_nothing_is_made(self) -> None:
        pulls = [
            self.pull(path, reference)
            for path, reference in ((TRIVY, "2"), ("docker.io/x/y", "1"), ("team/x", f"sha256:{'0' * 64}"))
        ]
        self.finished(*pulls)
        self.assertEqual([pull.status for pull in pulls], [404] * 3)
        self.assertEqual(self.calls(), [])


if __name__ == "__main__":
    unittest.main()
