"""What the tests of airgap share: a cache folder of their own, so that none ever touches the real one."""

import threading
from pathlib import Path

import pytest

from airgap import commands
from airgap.folders import cache_folder


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Point the cache folder into the test's temporary folder and return it."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(commands, "_stopping", threading.Event())  # a test may set it
    return cache_folder()
