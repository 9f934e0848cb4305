"""The errors that airgap reports to its user as a message, never as a traceback."""

from pathlib import Path

_SHOWN = 120  # characters of a command in a message; the log has all of it


class AirgapError(Exception):
    """Something a user can act on: says what failed (with the value), what was expected, what to do."""


class CommandError(AirgapError):
    """A command ended with an exit code other than 0, or could not be started."""

    def __init__(self, command: str, reason: str) -> None:
        """Take the command as it would be typed and why it counts as failed."""
        shown = command if len(command) <= _SHOWN else f"{command[:_SHOWN]}…"
        super().__init__(f"`{shown}` {reason}")


class StepError(AirgapError):
    """One or more steps failed; the message holds each with its log file and the log's last lines."""

    def __init__(self, failures: list[tuple[str, str, Path]], advice: str = "") -> None:
        """Take (step name, cause, log file) of every failed step, and what to do where that is known."""
        self.failures = failures
        parts = [_failure_text(name, cause, log) for name, cause, log in failures]
        head = "1 step failed" if len(failures) == 1 else f"{len(failures)} steps failed"
        super().__init__("\n".join([f"{head}:", *parts, *([advice] if advice else [])]))


def _failure_text(name: str, cause: str, log: Path) -> str:
    lines = log.read_text(errors="replace").splitlines()[-6:] if log.exists() else []
    tail = "".join(f"\n    | {line[:200]}" for line in lines)
    return f"  {name}: {cause}\n    log: {log}{tail}"
