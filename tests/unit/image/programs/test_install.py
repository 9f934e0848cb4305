"""Installing a lock with packages that are built: what a build must not leave behind."""

import time
from pathlib import Path

from ci.image.programs import install


def test_files_that_name_the_folder_of_their_build_are_told(tmp_path: Path) -> None:
    (tmp_path / "before.so").write_bytes(b"/root/.cache/uv/sdists-v10/pypi/a/1/Ab3/src\0")
    time.sleep(0.02)  # a file system's clock may be coarse
    since = time.time_ns()
    time.sleep(0.02)
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "module.so").write_bytes(b"\0/tmp/.tmpX/sdists-v10/pypi/a/1/Ab3/src/m.c\0")
    (tmp_path / "a" / "config.py").write_text("PYTHON = '/tmp/.tmpX/builds-v0/.tmpY/bin/python'")
    (tmp_path / "a" / "clean.py").write_text("builds = 'v0'")
    assert install.traces(tmp_path, since) == ["a/config.py", "a/module.so"]
