"""What the tests of airgap share: a cache folder of their own, root's user id, and a machine for daggerw."""

import os
import threading
from pathlib import Path

import pytest

from airgap import commands
from airgap.folders import cache_folder

from .daggerw_machine import Machine


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Point the cache folder into the test's temporary folder and return it."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(commands, "_stopping", threading.Event())  # a test may set it
    return cache_folder()


@pytest.fixture
def as_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)
