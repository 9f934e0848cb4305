"""Publish small images many times through a faulty proxy, and look after each time at what the registry has.

    python campaign.py --registry HOST:PORT --program programs.registry --seed 1 --publishes 200

After each publish, asked without the proxy: all that a tag leads to is there with its digest; each tag is
what it was or the new image; and it is the new image where the program said so. Some are killed midway.
Prints what was done as JSON; ends with 1 and what was found where something is wrong.
"""

import argparse
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import small_images
from faulty_proxy import Proxy
from plain_registry import PlainRegistry
from small_images import BASE, SmallImage, digest

LANES = 8  # ways that publish side by side, each in repositories of its own: enough to keep two cores busy
REPOSITORIES = ("api", "dbt")
KILLED, STOPPED, LOOKED = 0.12, 0.06, 0.3  # of all publishes; stopped: the registry forbids all from then on
FAULTS = {"drop": 0.02, "lost": 0.02, "torn": 0.01, "half": 0.02, "slow": 0.01} | dict.fromkeys(
    ("429", "500", "502", "503"), 0.01
)
SECONDS = 120  # for one call of the program
NAME_SECONDS = 10

Tags = dict[str, str]
End = Callable[["subprocess.Popen[bytes]"], None]


@dataclass(frozen=True, kw_only=True)
class Campaign:
    """What all lanes share."""

    registry: str
    program: str
    seed: str
    prefix: str
    folder: Path


class Lane:
    """Publishes into a few repositories, one after the other, through a proxy of its own."""

    def __init__(self, campaign: Campaign, number: int) -> None:
        self._campaign, self._name = campaign, f"{campaign.prefix}lane{number}"
        self._rng = random.Random(f"{campaign.seed} {number}")  # noqa: S311 - a test's
        self._proxy = Proxy(campaign.registry, f"{campaign.seed} {number}", FAULTS)
        server = self._proxy.serve()
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self._host = f"127.0.0.1:{server.server_address[1]}"
        self._direct = PlainRegistry(campaign.registry)
        self._known: dict[str, Tags] = {name: {} for name in REPOSITORIES}
        self._count = 0
        self.results: Counter[str] = Counter()
        self.findings: list[str] = []
        self._faultless = False

    @property
    def counts(self) -> dict[str, dict[str, int]]:
        """What the proxy did."""
        return self._proxy.counts()

    def run(self, publishes: int) -> None:
        """Publish so many times with faults, and at last once without into each repository."""
        for _ in range(publishes):
            names = self._rng.sample(REPOSITORIES, self._rng.choice((1, 1, 1, 2)))
            drawn = self._rng.random()
            end = self._kill if drawn < KILLED else self._forbid if drawn < KILLED + STOPPED else None
            self._publish(names, end, look=self._rng.random() < LOOKED)
            self._proxy.faults = FAULTS
        self._proxy.faults, self._faultless = {}, True
        self._publish(REPOSITORIES, None, look=True)

    def _publish(self, names: Sequence[str], end: End | None, *, look: bool) -> None:
        self._count += 1
        images: dict[str, SmallImage] = {}
        before: dict[str, dict[str, str | None]] = {}
        for name in names:
            called = f"{self._name} {name} {self._rng.randrange(3)} {self._count // 3}"
            images[name] = small_images.make(called, platforms=self._rng.choice((1, 1, 2)))
            tags = ("main", self._rng.choice(("latest", "v1", f"v1.{self._count // 4}.0")))
            before[name] = {tag: self._known[name].get(tag) for tag in tags}
        if look:
            self._look({name: list(tags) for name, tags in before.items()})
        answer = self._do("push", self._push_job(images, before), end, self._rng.randint(1, 25))
        self._proxy.quiet()
        for name in names:
            told = answer.get(name, {"problem": "killed"})
            self._judge(name, images[name], list(before[name]), told)

    def _look(self, tags: dict[str, list[str]]) -> None:
        looked = self._do("look", self._look_job(tags), None, 0)
        for name, told in looked.items():
            if "problem" in told:
                self._say("look failed", str(told["problem"]), name)
                continue
            seen = {tag: digest(text.encode()) for tag, text in told["manifests"].items()}
            known = self._known[name]
            expected = {tag: known[tag] for tag in tags[name] if tag in known}
            if seen != expected or set(told["names"]) != set(known):
                self._found(f"{name}: look saw {seen} and {told['names']} in the place of {known}")

    def _judge(self, name: str, image: SmallImage, tags: list[str], told: dict[str, Any]) -> None:
        before, now = self._known[name], self._direct.tags(f"{self._name}/{name}")
        for problem in self._direct.damage(f"{self._name}/{name}", now):
            self._found(f"{name}: {problem}")
        for tag in {*before, *now, *tags}:
            accepted = {before.get(tag), *([image.digest] if tag in tags else [])}
            if now.get(tag) not in accepted:
                self._found(f"{name}:{tag} is {now.get(tag)}, accepted are {accepted}")
        if "problem" in told:
            self._say("killed" if told["problem"] == "killed" else "failed", str(told["problem"]), name)
        else:
            self.results["succeeded"] += 1
            due = [tag for tag in tags if before.get(tag) != image.digest]
            if told["written"] != due or any(now.get(tag) != image.digest for tag in tags):
                self._found(
                    f"{name}: success was told with {told['written']}, due were {due}, there is {now}"
                )
        self._known[name] = now

    def _say(self, what: str, problem: str, name: str) -> None:
        if "http 403" in problem:
            what = "stopped"
        self.results[what] += 1
        if what == "failed" or "someone else" in problem or self._faultless:
            self._found(f"{name}: {problem}")

    def _found(self, text: str) -> None:
        self.findings.append(f"publish {self._count} of {self._name}: {text}")

    def _look_job(self, tags: dict[str, list[str]]) -> dict[str, object]:
        made = self._campaign.folder / "made"
        made.mkdir(exist_ok=True)
        return {
            "images": {
                name: {"repository": f"{self._host}/{self._name}/{name}", "tags": wanted, "write": True}
                for name, wanted in tags.items()
            },
            "made": str(made),
        }

    def _push_job(
        self, images: dict[str, SmallImage], before: dict[str, dict[str, str | None]]
    ) -> dict[str, object]:
        blobs = self._campaign.folder / f"{self._name.replace('/', '-')}-{self._count}-blobs"
        blobs.mkdir()
        for content in (BASE, *(layer for image in images.values() for layer in image.layers)):
            (blobs / digest(content).partition(":")[2]).write_bytes(content)
        return {
            "base": [digest(BASE)],
            "siblings": [f"{self._host}/{self._name}/{name}" for name in REPOSITORIES],
            "blobs": [str(blobs)],
            "images": {
                name: {
                    "repository": f"{self._host}/{self._name}/{name}",
                    "digest": image.digest,
                    "texts": image.texts,
                    "tags": [[tag, digest, image.digest] for tag, digest in before[name].items()],
                }
                for name, image in images.items()
            },
        }

    def _do(
        self, verb: str, job: dict[str, object], end: End | None, after: int
    ) -> dict[str, dict[str, Any]]:
        """Return the program's answer; none where it was killed. ``end`` is called at a certain request."""
        place = Path(tempfile.mkdtemp(dir=self._campaign.folder))
        (place / "job.json").write_text(json.dumps(job), encoding="utf-8")
        config = {"hosts": {self._host: {"tls": "disabled"}}}
        (place / "regctl.json").write_text(json.dumps(config), encoding="utf-8")
        env = {**os.environ, "LAYOUT": str(place / "layout"), "REGCTL_CONFIG": str(place / "regctl.json")}
        command = [sys.executable, "-B", "-m", self._campaign.program, verb, "job.json", "answer.json"]
        with (place / "log").open("wb") as log:
            program = subprocess.Popen(
                command, cwd=place, env=env, stdout=log, stderr=log, start_new_session=True
            )
            left = [after]

            def before() -> None:
                left[0] -= 1
                if end and left[0] == 0:
                    end(program)

            self._proxy.before = before
            status = program.wait(SECONDS)
            self._proxy.before = lambda: None
        if status == -signal.SIGKILL:
            return {}
        if status:
            self._found(f"{verb} ended with {status}: {(place / 'log').read_text(encoding='utf-8')[-2000:]}")
            return {}
        return json.loads((place / "answer.json").read_text(encoding="utf-8"))

    def _kill(self, program: "subprocess.Popen[bytes]") -> None:
        os.killpg(program.pid, signal.SIGKILL)

    def _forbid(self, _: "subprocess.Popen[bytes]") -> None:
        self._proxy.faults = {"403": 1.0}


def address_of(host: str) -> str:
    """Return the address of a host; a service that has just started may have no name for some seconds."""
    for _ in range(NAME_SECONDS):
        try:
            return socket.gethostbyname(host)
        except socket.gaierror:
            time.sleep(1)
    return socket.gethostbyname(host)


def main() -> None:
    """Run all lanes and print what came of them."""
    parser = argparse.ArgumentParser(description="Many publishes through a faulty proxy.")
    parser.add_argument("--registry", required=True, help="HOST:PORT, spoken to in plain HTTP")
    parser.add_argument("--program", required=True, help="module to run: ci/tools/programs/registry.py")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--publishes", type=int, default=200)
    parser.add_argument("--prefix", default="", help="in front of the names of repositories")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        host, _, port = given.registry.rpartition(":")
        campaign = Campaign(
            registry=f"{address_of(host)}:{port}",  # looked up once, not per request
            program=given.program,
            seed=given.seed,
            prefix=given.prefix,
            folder=Path(folder),
        )
        lanes = [Lane(campaign, number) for number in range(LANES)]
        shares = [len(range(number, given.publishes, LANES)) for number in range(LANES)]
        with ThreadPoolExecutor(LANES) as pool:
            list(pool.map(Lane.run, lanes, shares))
    faults: Counter[str] = Counter()
    results: Counter[str] = Counter()
    for lane in lanes:
        faults.update(lane.counts["faults"])
        results.update(lane.results)
    findings = [finding for lane in lanes for finding in lane.findings]
    print(json.dumps({"results": results, "faults": faults, "findings": findings}))  # noqa: T201
    sys.exit(1 if findings else 0)


if __name__ == "__main__":
    main()
