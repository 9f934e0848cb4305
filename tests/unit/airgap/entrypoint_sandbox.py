"""Runs an entrypoint script; every program that it calls is replaced by one that notes the call."""

import os
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

_FAKE = """#!/bin/bash
printf '%s\\n' "$(basename "$0") $*" >> {calls}
{body}
"""


@dataclass(frozen=True)
class Outcome:
    """How a script ended: exit code, both outputs, the calls it made, in order."""

    code: int
    stdout: str
    stderr: str
    calls: list[str]


class Sandbox:
    """A folder with a script and the programs that it may call."""

    def __init__(self, folder: Path, script: Path, replaced: dict[str, str] | None = None) -> None:
        """Copy the script; `replaced` are texts in it to change, such as paths that tests must not touch."""
        self.folder = folder
        self._programs = folder / "bin"
        self._programs.mkdir()
        self._calls = folder / "calls"
        text = script.read_text()
        for old, new in (replaced or {}).items():
            assert old in text, f"{script} has no {old!r}"
            text = text.replace(old, new)
        self._script = folder / "entrypoint"
        self._script.write_text(text)
        self._script.chmod(0o755)

    def fake(self, name: str, body: str = "") -> None:
        """Put a program on the script's PATH that notes its call and then runs the body, lines of bash."""
        program = self._programs / name
        program.write_text(_FAKE.format(calls=self._calls, body=body))
        program.chmod(program.stat().st_mode | stat.S_IXUSR)

    def run(self, *arguments: str, **settings: str) -> Outcome:
        """Run the script with the arguments and no environment but the settings."""
        env = {"PATH": f"{self._programs}:{os.defpath}:/usr/bin:/bin", "HOME": str(self.folder), **settings}
        done = subprocess.run(
            [self._script, *arguments],
            env=env,
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
            start_new_session=True,
        )
        calls = self._calls.read_text().splitlines() if self._calls.exists() else []
        self._calls.unlink(missing_ok=True)
        return Outcome(done.returncode, done.stdout, done.stderr, calls)
