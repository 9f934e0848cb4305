"""The lock between commands."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from airgap.lock import locked


def test_the_second_waits_and_says_for_whom(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    order: list[str] = []
    holding = threading.Event()
    release = threading.Event()

    def first() -> None:
        with locked(tmp_path / "lock", "making tools"):
            holding.set()
            release.wait(5)
            order.append("first")

    thread = threading.Thread(target=first)
    thread.start()
    holding.wait(5)
    threading.Timer(0.1, release.set).start()
    with locked(tmp_path / "lock", "making tools"):
        order.append("second")
    thread.join()
    assert order == ["first", "second"]
    assert "is making tools (lock: " in capsys.readouterr().err


def test_a_killed_holder_leaves_the_lock_free(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = (
        "import os, pathlib, signal\nfrom airgap.lock import locked\n"
        f"with locked(pathlib.Path({str(tmp_path / 'lock')!r}), 'x'): os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False)
    assert done.returncode == -9
    with locked(tmp_path / "lock", "x"):
        assert capsys.readouterr().err == ""
