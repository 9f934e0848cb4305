"""The lock between commands."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from airgap import commands
from airgap.errors import AirgapError
from airgap.lock import locked, locked_if_free


def test_the_second_waits_and_names_the_work_it_waits_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    order: list[str] = []
    holding, release = threading.Event(), threading.Event()

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
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == -9
    with locked(tmp_path / "lock", "x"):
        assert capsys.readouterr().err == ""


def test_those_who_share_exclude_nobody_but_who_wants_it_alone(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with locked(path, "x", shared=True), locked(path, "x", shared=True), locked_if_free(path) as free:
        assert not free
    with locked_if_free(path) as free:
        assert free


def test_a_stop_ends_the_waiting(tmp_path: Path) -> None:
    with locked(tmp_path / "lock", "making tools"):
        threading.Timer(0.05, commands.stop_all).start()
        with pytest.raises(AirgapError, match="airgap is stopping"), locked(tmp_path / "lock", "x"):
            pass
