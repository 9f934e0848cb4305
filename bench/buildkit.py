"""BuildKit's daemon with an empty state of its own, and the Dockerfiles that it builds DAG types from."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

from engine import PROJECT, REGISTRY

sys.path.insert(0, str(PROJECT))
from airgap import gotools, steps

CERTIFICATES = os.environ.get("SSL_CERT_FILE", "/etc/ssl/certs/ca-certificates.crt")
_INSTALL = (
    "SSL_CERT_FILE=/run/secrets/ca uv pip install --preview-features pylock --no-deps -r /tmp/pylock.toml"
)
_CA = "--mount=type=secret,id=ca,mode=0444"
USUAL = f"""FROM {{base}}
COPY images/{{dag}}/pylock.toml /tmp/pylock.toml
RUN {_CA} {_INSTALL} --no-cache
COPY scripts /opt/airflow/scripts
COPY dags/{{dag}} /opt/airflow/dags/{{dag}}
"""
BEST = f"""FROM {{base}}
RUN {_CA} \\
    --mount=type=cache,target=/home/airflow/.cache/uv,uid=50000,gid=0 \\
    --mount=type=bind,source=images/{{dag}}/pylock.toml,target=/tmp/pylock.toml \\
    UV_LINK_MODE=copy {_INSTALL}
COPY --link --chown=50000:0 scripts /opt/airflow/scripts
COPY --link --chown=50000:0 dags/{{dag}} /opt/airflow/dags/{{dag}}
"""


class BuildKit:
    """A running daemon, and a project whose DAG types it builds from one kind of Dockerfile."""

    def __init__(self, project: Path, folder: Path, dockerfile: str) -> None:
        self._project = project
        self._folder = folder
        self._dockerfile = dockerfile
        self._address = f"unix://{folder}/socket"
        self._daemon: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the daemon with an empty state, in place of the one that runs."""
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir()
        config = self._folder / "buildkitd.toml"
        config.write_text(
            f'[registry."docker.io"]\nmirrors = ["{REGISTRY}/docker.io"]\n'
            f'[registry."{REGISTRY}"]\nhttp = true\n',
            encoding="utf-8",
        )
        options = ["--root", str(self._folder / "state"), "--addr", self._address, "--config", str(config)]
        log = self._folder / "log"
        with log.open("w", encoding="utf-8") as output:
            command = [_program("buildkitd"), *options, "--oci-worker-net", "host"]
            self._daemon = subprocess.Popen(command, stdout=output, stderr=output)
        while not (self._folder / "socket").exists():
            if self._daemon.poll() is not None:
                sys.exit(f"buildkitd ended:\n{log.read_text(encoding='utf-8')[-3000:]}")
            time.sleep(0.1)

    def stop(self) -> None:
        """Stop the daemon, if it runs."""
        if self._daemon:
            self._daemon.terminate()
            self._daemon.wait()

    def publish(self, names: Sequence[str], base: str, owner: str) -> None:
        """Build the DAG types, all at once, and push them."""
        processes = [
            subprocess.Popen(
                self._command(name, base, owner), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
            )
            for name in names
        ]
        outputs = [process.communicate()[0] for process in processes]
        for process, output in zip(processes, outputs, strict=True):
            if process.returncode:
                sys.exit(f"buildctl failed:\n{output[-3000:]}")

    def _command(self, name: str, base: str, owner: str) -> list[str]:
        recipe = self._folder / name
        recipe.mkdir(exist_ok=True)
        (recipe / "Dockerfile").write_text(self._dockerfile.format(base=base, dag=name), encoding="utf-8")
        image = f"{REGISTRY}/{owner}-{self._folder.name}/{name}:latest"
        return [
            *(_program("buildctl"), "--addr", self._address, "build", "--frontend", "dockerfile.v0"),
            *("--local", f"context={self._project}", "--local", f"dockerfile={recipe}"),
            *("--secret", f"id=ca,src={CERTIFICATES}"),
            *("--output", f"type=image,name={image},push=true,registry.insecure=true"),
        ]


@contextmanager
def daemons(project: Path) -> Generator[dict[str, BuildKit]]:
    """Yield the daemons, none started, by what their Dockerfiles are; stop them afterwards."""
    if not shutil.which("runc"):
        sys.exit("runc is missing: apt-get install runc")
    with tempfile.TemporaryDirectory() as folder:
        kinds = {"usual": USUAL, "best": BEST}
        made = {kind: BuildKit(project, Path(folder, kind), text) for kind, text in kinds.items()}
        try:
            yield made
        finally:
            for daemon in made.values():
                daemon.stop()


def _program(name: str) -> str:
    """Return the path of one of BuildKit's programs, built where it isn't there yet."""
    step = gotools.tool_step(gotools.BUILDKIT)
    steps.run([step])
    return str(step.result / "bin" / name)
