"""The engine of an instance: started in namespaces of its own, asked for readiness, stopped by its record."""

import contextlib
import http.client
import os
import shutil
import socket
import time
from dataclasses import dataclass
from pathlib import Path

from airgap import detached, sdk
from airgap.errors import AirgapError
from airgap.folders import cache_folder, digest_of
from airgap.instance import RUN, Instance
from airgap.processes import Process
from airgap.progress import duration, say
from airgap.steps import Step

_SCRIPT = Path(__file__).with_name("engine.sh")
_PROXIES = ("http_proxy", "https_proxy", "no_proxy", "all_proxy", "ftp_proxy")
_CGROUPS = Path("/sys/fs/cgroup")
_PARTS = "engine.parts"
_READY = 900.0  # seconds that a start may take: 1 to 2 are usual, minutes where a large cache is cleared
_SILENT = 10.0  # seconds of a start before its user is told what it may be waiting for
_HEARTBEAT = 60.0  # seconds between two signs of life from then on
_GRACE = 40.0  # seconds that a stop may take: the engine writes its cache down first


@dataclass(frozen=True, kw_only=True)
class Parts:
    """The finished steps that a running engine is made of."""

    debian: Step
    programs: Step
    sdk: Step
    dagger: Step
    registry: Step

    @property
    def command(self) -> Path:
        """The dagger command that goes with the engine."""
        return self.dagger.result / "bin" / "dagger"

    def steps(self) -> list[Step]:
        """Return them all."""
        return [self.debian, self.programs, self.sdk, self.dagger, self.registry]

    def digest(self, configuration: Path) -> str:
        """Return what tells an engine of other parts, or with another configuration, from this one."""
        scripts = digest_of(_SCRIPT, _SCRIPT.with_name("detached.sh"))
        return digest_of(*(step.inputs for step in self.steps()), configuration, scripts)


def start(instance: Instance, parts: Parts) -> None:
    """Start the engine and wait until it answers. The instance's configuration must be written.

    Raises AirgapError as `wait_until_ready` does, and where the cache can't lie on its file system.
    """
    _refuse_overlay(instance.state)
    for folder in (instance.state / "engine", instance.run / "root", instance.socket.parent):
        folder.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(instance.state / "tmp", ignore_errors=True)
    (instance.state / "tmp").mkdir()
    (instance.state / "tmp").chmod(0o1777)
    instance.socket.unlink(missing_ok=True)
    steps = cache_folder() / "steps"
    layers = [
        instance.run / "config",
        *(step.result.name for step in (parts.sdk, parts.programs, parts.debian)),
    ]
    (instance.run / _PARTS).write_text("".join(f"{step.result}\n" for step in parts.steps()))
    log = instance.state / "engine.log"
    arguments = [":".join(map(str, layers)), instance.run / "root", instance.state, instance.socket.parent]
    process = detached.start(
        ["sh", _SCRIPT, *arguments, instance.network_name, str(instance.network)],
        record=instance.run / "engine.process",
        log=log,
        env=_environment(parts),
        cwd=steps,
        inside=["unshare", "--mount", "--pid", "--fork", "--kill-child", "--propagation", "private"],
    )
    wait_until_ready(process, instance.socket, log)


def wait_until_ready(
    process: Process, path: Path, log: Path, *, silent: float = _SILENT, limit: float = _READY
) -> None:
    """Wait until the engine answers at the socket; after `silent` seconds tell the user why it may take long.

    An engine that was killed deletes its whole state before it listens. One that doesn't answer after `limit`
    seconds is stopped. Raises AirgapError, with the log's last lines, for that, and as soon as the process
    has ended.
    """
    begin = time.monotonic()
    tell = silent
    while not answers(path):
        waited = time.monotonic() - begin
        if not process.alive():
            raise AirgapError(f"the engine ended while starting; log: {log}{detached.log_tail(log)}")
        if waited > limit:
            process.stop(_GRACE)
            raise AirgapError(
                f"the engine did not answer within {limit:.0f} s; log: {log}{detached.log_tail(log)}"
            )
        if waited > tell:
            say(
                f"the engine does not answer yet ({duration(waited)}): one that was killed clears its cache "
                f"when it starts, which can take minutes; log: {log}"
            )
            tell = waited + _HEARTBEAT
        time.sleep(0.02)


def stop(instance: Instance) -> bool:
    """Stop the engine that was started here, with all its containers; return whether one ran."""
    process = detached.running(instance.run / "engine.process")
    if process:
        process.stop(_GRACE)
    for name in ("engine.process", "engine", "socket/engine.sock", _PARTS):
        (instance.run / name).unlink(missing_ok=True)
    return process is not None


def results_in_use() -> set[Path]:
    """Return the results of steps that engines on this machine were started from, whatever the instance."""
    return {Path(line) for record in RUN.glob(f"*/{_PARTS}") for line in record.read_text().splitlines()}


def running_from_cache() -> list[str]:
    """Return the names of the instances whose engines run from results in this cache folder, sorted."""
    own = str(cache_folder())
    folders = [record.parent for record in RUN.glob(f"*/{_PARTS}") if own in record.read_text()]
    return sorted(folder.name for folder in folders if detached.running(folder / "engine.process"))


def remove_cgroups() -> None:
    """Remove the control groups of containers that a killed engine left; call it when no engine runs."""
    for parent in [*_CGROUPS.glob("buildkit"), *_CGROUPS.glob("*/buildkit")]:
        for group in [*(child for child in parent.iterdir() if child.is_dir()), parent]:
            with contextlib.suppress(OSError):
                group.rmdir()  # the kernel refuses one that holds processes


def answers(path: Path) -> bool:
    """Whether an engine answers at the socket: any answer to a request counts, a listener alone doesn't."""
    connection = http.client.HTTPConnection("engine", timeout=5)
    with socket.socket(socket.AF_UNIX) as link:
        link.settimeout(5)
        try:
            link.connect(str(path))
            connection.sock = link
            connection.request("GET", "/query")
            connection.getresponse().read()
        except (OSError, http.client.HTTPException):
            return False
    return True


def _environment(parts: Parts) -> dict[str, str]:
    proxies = {name: value for name, value in os.environ.items() if name.lower() in _PROXIES}
    return {
        "HOME": "/root",
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "DAGGER_PYTHON_SDK_MANIFEST_DIGEST": sdk.manifest_digest(parts.sdk),
        "DO_NOT_TRACK": "1",
        **proxies,
    }


def _refuse_overlay(state: Path) -> None:
    kind = filesystem(state)
    if kind in {"overlay", "nfs", "nfs4", "9p", "virtiofs"}:
        raise AirgapError(
            f"{state} is on {kind}, on which the engine's cache can't be kept: "
            "set XDG_CACHE_HOME to a folder on a disk (ext4, xfs, btrfs), in a container to a volume"
        )


def filesystem(path: Path, table: str | None = None) -> str:
    """Return the kind of file system that holds a path (`table`: text as of /proc/self/mountinfo)."""
    text = Path("/proc/self/mountinfo").read_text() if table is None else table
    best, kind = -1, ""
    for line in text.splitlines():
        before, _, after = line.partition(" - ")
        point = Path(before.split(" ")[4].replace("\\040", " "))
        if path.is_relative_to(point) and len(point.parts) >= best:
            best, kind = len(point.parts), after.split(" ")[0]
    return kind
