"""Time that counts against a limit: not what a process waits while others run on a busy machine."""

from __future__ import annotations

import time
from pathlib import Path

PATIENCE = 3  # times a limit: no process gets longer than that, however busy the machine is


def waiting_time(pid: int | str = "self") -> float:
    """Return the seconds that a process was ready while others ran, if the kernel counts them."""
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text(encoding="ascii").split()[1]) / 1e9
    except (OSError, IndexError, ValueError):
        return 0


def overdue(started: float, limit: float, pid: int | str) -> float:
    """Return the seconds since the time of a process was over; negative while it has some left.

    Args:
        started: when it started, by the monotonic clock.
        limit: the seconds that it has.
        pid: the process.
    """
    wall = time.monotonic() - started
    over = wall - limit
    return over if over < 0 else max(over - waiting_time(pid), wall - PATIENCE * limit)


def took_too_long(limit: float, wall: float, computed: float) -> str:
    """Return the sentence on a process that was ended, from its limit, its time, and its CPU time."""
    return (
        f"took more than {limit:g} s (computed {computed:.1f} s of {wall:.0f} s): "
        "it hangs, or the machine is too busy"
    )
