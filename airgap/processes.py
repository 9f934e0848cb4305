"""Processes that outlive the command starting them, recorded so that a recycled id is never hit."""

import contextlib
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

_BOOT = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True)
class Process:
    """A process for good: an id alone is used again, an id with its start time and boot is not."""

    pid: int
    started: str
    """Clock ticks from boot to start, as /proc/<pid>/stat gives them."""
    boot: str
    """The kernel's id of this boot."""

    def alive(self) -> bool:
        """Whether exactly this process still runs; a zombie doesn't count."""
        return identify(self.pid) == self

    def signal(self, number: int) -> None:
        """Send a signal to exactly this process, or to nothing."""
        with contextlib.suppress(ProcessLookupError):
            handle = os.pidfd_open(self.pid)
            try:
                if self.alive():
                    signal.pidfd_send_signal(handle, number)
            finally:
                os.close(handle)

    def stop(self, grace: float) -> bool:
        """Send SIGTERM, and after `grace` seconds SIGKILL; return whether SIGKILL was needed."""
        self.signal(signal.SIGTERM)
        if self.wait(grace):
            return False
        self.signal(signal.SIGKILL)
        self.wait(10)
        return True

    def wait(self, seconds: float) -> bool:
        """Wait until the process has ended, at most so long; return whether it has."""
        end = time.monotonic() + seconds
        while self.alive():
            if time.monotonic() > end:
                return False
            time.sleep(0.02)
        return True

    def __str__(self) -> str:
        """Return the record as it stands in a file: id, start and boot on one line."""
        return f"{self.pid} {self.started} {self.boot}"


def identify(pid: int, proc: Path = Path("/proc")) -> Process | None:
    """Return the running process of that id, or None where there is none."""
    try:
        text = (proc / str(pid) / "stat").read_text()
    except OSError:
        return None
    fields = text[text.rindex(")") + 2 :].split()  # the name before may hold blanks and brackets
    return None if fields[0] in "ZX" else Process(pid, fields[19], _BOOT.read_text().strip())


def parse(line: str) -> Process | None:
    """Read a record; None for anything that isn't one (a half-written or foreign file)."""
    words = line.split()
    if len(words) != 3 or not words[0].isdecimal() or not words[1].isdecimal():
        return None
    return Process(int(words[0]), words[1], words[2])
