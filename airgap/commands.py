"""Running other programs: output to a log, a clean environment, and nothing left running when we stop."""

import contextlib
import os
import shlex
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TextIO

from airgap.errors import CommandError

# What a user sets for a whole machine and every tool must heed: proxies, certificates, package indexes.
_PASSED = {
    *("PATH", "HOME", "USER", "TMPDIR", "NETRC", "XDG_CACHE_HOME", "SSH_AUTH_SOCK"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "GIT_SSL_CAINFO"),
    *("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY", "FTP_PROXY"),
}
_PASSED_PREFIXES = ("PIP_", "UV_", "GO")
# These would move a result or change it from one machine to another.
_DROPPED = {
    *("GOROOT", "GOBIN", "GOPATH", "GOOS", "GOARCH", "GOEXPERIMENT"),
    *("PIP_TARGET", "PIP_USER", "PIP_PREFIX", "PIP_REQUIRE_VIRTUALENV"),
    *("UV_PROJECT", "UV_PROJECT_ENVIRONMENT", "UV_EXCLUDE_NEWER"),
}

_running: set[subprocess.Popen[bytes]] = set()
_guard = threading.Lock()
_stopping = threading.Event()


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return what a child gets: the user's proxies, certificates, package indexes, C.UTF-8, and `extra`."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in _DROPPED and (name.upper() in _PASSED or name.startswith(_PASSED_PREFIXES))
    }
    return {**kept, "LC_ALL": "C.UTF-8", **(extra or {})}


def run(  # noqa: PLR0913 - what a process can be given, each by name
    command: Sequence[str | Path],
    *,
    log: TextIO,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    stdin: Path | None = None,
    stdout: Path | None = None,
) -> None:
    """Run a command to its end with its output appended to the log (or its standard output to a file).

    `env` is added to `environment()`. Raises CommandError when it can't be started, exits other than 0, or is
    stopped by `stop_all`.
    """
    words = [str(word) for word in command]
    shown = shlex.join(words)
    log.write(f"$ {shown}\n")
    log.flush()
    if stopping():
        raise CommandError(shown, "was not started: airgap is stopping")
    with contextlib.ExitStack() as files:
        source = files.enter_context(stdin.open("rb")) if stdin else subprocess.DEVNULL
        target = files.enter_context(stdout.open("wb")) if stdout else log
        try:
            with _guard:  # so that stop_all sees every process that was started
                process = subprocess.Popen(
                    words,
                    stdin=source,
                    stdout=target,
                    stderr=log,
                    env=environment(env),
                    cwd=cwd,
                    start_new_session=True,
                )
                _running.add(process)
        except OSError as error:
            raise CommandError(shown, f"could not be started: {error.strerror} ({error.filename})") from error
        try:
            code = process.wait()
        finally:
            with _guard:
                _running.discard(process)
    if code != 0:
        reason = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
        raise CommandError(shown, reason)


def output(
    command: Sequence[str | Path],
    *,
    log: TextIO,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> str:
    """Run a short command and return its standard output as text; raises CommandError as `run` does."""
    words = [str(word) for word in command]
    log.write(f"$ {shlex.join(words)}\n")
    log.flush()
    try:
        done = subprocess.run(
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            env=environment(env),
            cwd=cwd,
            check=False,
        )
    except OSError as error:
        raise CommandError(
            shlex.join(words), f"could not be started: {error.strerror} ({error.filename})"
        ) from error
    if done.returncode != 0:
        raise CommandError(shlex.join(words), f"ended with exit code {done.returncode}")
    return done.stdout.decode(errors="replace")


def stopping() -> bool:
    """Whether `stop_all` was called: nothing is to be started or waited for any more."""
    return _stopping.is_set()


def stop_all(grace: float = 3.0) -> None:
    """Stop what `run` has started, with all children: SIGTERM, and after `grace` seconds SIGKILL."""
    _stopping.set()
    with _guard:
        groups = [process.pid for process in _running]
    for number in (signal.SIGTERM, signal.SIGKILL):
        for group in groups:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(group, number)
        end = time.monotonic() + grace
        while _running and time.monotonic() < end:
            time.sleep(0.05)
