"""What airgap tells its user on the way."""

import sys


def say(text: str) -> None:
    """Print one line of progress on standard error, the same on a terminal and in a log."""
    print(f"airgap: {text}", file=sys.stderr, flush=True)


def duration(seconds: float) -> str:
    """Return seconds as a person says them: 8s, 1m40s, 1h02m."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m{whole % 60:02d}s"
    return f"{whole // 3600}h{whole % 3600 // 60:02d}m"
