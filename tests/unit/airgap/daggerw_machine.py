"""A pretended machine for daggerw: a copy of the project, programs of our own on PATH, and a run folder."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from airgap.folders import PROJECT
from airgap.processes import identify

VERSION = "v0.0.7"
_DAGGER = """\
#!/bin/sh
if [ "$1" = version ]; then echo "dagger {version} (image://engine) linux/amd64"; exit; fi
echo "pid=$$"
echo "engine=${{_EXPERIMENTAL_DAGGER_RUNNER_HOST-unset}} module=${{DAGGER_MODULE-unset}}"
echo "nag=$DAGGER_NO_NAG track=$DO_NOT_TRACK color=${{NO_COLOR-unset}}"
echo "progress=${{DAGGER_PROGRESS-unset}}"
echo "ending=${{_EXPERIMENTAL_DAGGER_SHUTDOWN_TIMEOUT-unset}}"
for word; do echo "argument=$word"; done
exit {code}
"""
_AIRGAP = """\
import os, pathlib, shutil, sys
place = pathlib.Path(os.environ["TEST_AIRGAP"])
with (place / "calls").open("a") as calls: calls.write(" ".join(sys.argv[1:]) + "\\n")
prepared = place / "prepared"
if not prepared.exists(): sys.exit("airgap: no way")
shutil.rmtree(os.environ["TEST_RUN"] + "/default", ignore_errors=True)
prepared.rename(os.environ["TEST_RUN"] + "/default")
"""


class Machine:
    """Where daggerw runs: `project` holds it, `programs` is its PATH, `run_folder` is /run/airflow-images."""

    def __init__(self, folder: Path) -> None:
        """Make the machine: it has Python and the system's plain programs, no dagger and no Docker."""
        self.folder = folder
        self.project = folder / "the project"
        self.programs = folder / "programs"
        self.run_folder = folder / "run"
        self.environment: dict[str, str] = {}
        for name in ("the project/airgap", "the project/ci", "the project/images", "programs", "run", "home"):
            (folder / name).mkdir(parents=True)
        text = (PROJECT / "daggerw").read_text().replace("/run/airflow-images", str(self.run_folder))
        (self.project / "daggerw").write_text(text)
        (self.project / "daggerw").chmod(0o755)
        (self.project / "dagger.json").write_text(f'{{\n  "name": "x",\n  "engineVersion": "{VERSION}"\n}}\n')
        for path in ("ci/pins.toml", "images/base.toml", "airgap/__init__.py"):
            (self.project / path).touch()
        (self.project / "airgap" / "__main__.py").write_text(_AIRGAP)
        for name in _PLAIN:
            if program := shutil.which(name):
                (self.programs / name).symlink_to(program)
        (self.programs / "python3").symlink_to(sys.executable)
        self.program("id", 'if [ "$1" = -u ]; then echo 0; else echo root; fi')
        self.program("apt-get", "exit 0")

    def program(self, name: str, script: str) -> Path:
        """Put a shell script on PATH."""
        path = self.programs / name
        path.unlink(missing_ok=True)
        path.write_text(script if script.startswith("#!") else f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        return path

    def dagger(self, version: str = VERSION, code: int = 0) -> Path:
        """Put a dagger on PATH that prints what it is called with."""
        return self.program("dagger", _DAGGER.format(version=version, code=code))

    def engine(self, folder: Path, pid: int | None = None, version: str = VERSION) -> None:
        """Write the record of a running engine; its process is this one, or that of the id."""
        process = identify(os.getpid())
        assert process is not None
        line = f"{pid} {process.started} {process.boot}" if pid else str(process)
        command = self.folder / "kept dagger"
        command.write_text(_DAGGER.format(version=version, code=0))
        command.chmod(0o755)
        (folder / "socket").mkdir(parents=True)
        (folder / "socket" / "engine.sock").touch()
        (folder / "engine").write_text(f"{line}\n{version}\n{command}\ndigest\n")

    def airgap_calls(self) -> list[str]:
        """Return the commands that airgap was called with."""
        calls = self.folder / "calls"
        return calls.read_text().splitlines() if calls.exists() else []

    def popen(self, *arguments: str, cwd: Path | None = None) -> subprocess.Popen[str]:
        """Start daggerw."""
        environment = {
            "PATH": str(self.programs),
            "HOME": str(self.folder / "home"),
            "TEST_AIRGAP": str(self.folder),
            "TEST_RUN": str(self.run_folder),
            **self.environment,
        }
        return subprocess.Popen(
            [str(self.project / "daggerw"), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
            cwd=cwd or self.project,
        )

    def run(self, *arguments: str, cwd: Path | None = None) -> tuple[int, str, str]:
        """Run daggerw and return exit code, output and errors."""
        with self.popen(*arguments, cwd=cwd) as process:
            output, errors = process.communicate(timeout=30)
        return process.returncode, output, errors


_PLAIN = (
    *("sh", "env", "dirname", "readlink", "sed", "find", "timeout", "uname", "tr", "mkdir", "mktemp", "grep"),
    *("sha256sum", "tar", "gzip", "mv", "rm", "cat", "sleep", "wc", "tail", "head"),
)
