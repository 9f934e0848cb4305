"""What builds the packages of a lock without a wheel: uv is a script with the answers of the real one."""

from pathlib import Path

import pytest

from ci.lock.programs import builds
from ci.lock.programs.job import Job

from ...programs import script

LOCK = """lock-version = "1.0"
created-by = "uv"

[[packages]]
name = "feedparser"
version = "6.0.11"
wheels = [{ url = "https://files.example/feedparser-6.0.11-py3-none-any.whl", hashes = { sha256 = "aa" } }]

[[packages]]
name = "sgmllib3k"
version = "1.0.0"
sdist = { url = "https://files.example/sgmllib3k-1.0.0.tar.gz", hashes = { sha256 = "bb" } }
"""
COMPILED = """[[packages]]
name = "setuptools"
version = "80.9.0"
sdist = { url = "https://files.example/setuptools-80.9.0.tar.gz", hashes = { sha256 = "cc" } }
wheels = [
    { url = "https://files.example/setuptools-80.9.0-cp27-cp27m-win32.whl", hashes = { sha256 = "dd" } },
    { url = "https://files.example/setuptools-80.9.0-py30-none-any.whl", hashes = { sha256 = "ff" } },
    { url = "https://files.example/setuptools-80.9.0-py3-none-any.whl", hashes = { sha256 = "ee" } },
]
"""
BUILT = {
    "packages": {"sgmllib3k": "1.0.0"},
    "requirements": ["setuptools @ https://files.example/setuptools-80.9.0-py3-none-any.whl#sha256=ee"],
}


def job(folder: Path, recorded: str = "setuptools==80.9.0") -> Job:
    """Return a job whose uv builds with what is ``recorded``, by a line for each run."""
    (folder / "answer.toml").write_text(COMPILED)
    uv = script(
        folder / "uv",
        f"""echo "$*" >> {folder}/calls
case "$*" in
*--dry-run*) grep -q packages pylock.part.toml || echo "lock of nothing" >> {folder}/calls
    if grep -q sgmllib3k pylock.part.toml; then
        echo "error: Package \\`sgmllib3k\\` can't be installed because it is marked as \\`--no-build\\`" >&2
        exit 2
    fi ;;
*--no-cache*) test "$PYTHONPATH" = {builds.HOOK} && printf '{recorded}\\n' > "$BUILD_RECORD" ;;
*compile*) grep -qx 'setuptools==80.9.0' build.in && cp answer.toml pylock.build.toml ;;
esac""",
    )
    return Job(
        uv=[uv], target=["--python", "x"], root="x", settings={}, pins=[], installed={}, constrained={}
    )


def test_what_builds_a_package_without_a_wheel_is_recorded_with_its_hash(tmp_path: Path) -> None:
    assert builds.builds(job(tmp_path), LOCK, {}, tmp_path) == BUILT
    head, _wheel, source = LOCK.split("[[packages]]")
    assert builds.builds(job(tmp_path), f"{head}[[packages]]{source}", {}, tmp_path) == BUILT
    assert "lock of nothing" not in (tmp_path / "calls").read_text()


def test_what_built_the_same_packages_before_is_kept(tmp_path: Path) -> None:
    present = {**BUILT, "requirements": ["older"]}
    assert builds.builds(job(tmp_path), LOCK, present, tmp_path) == present
    assert "--no-cache" not in (tmp_path / "calls").read_text()


def test_other_versions_are_built_anew(tmp_path: Path) -> None:
    present = {"packages": {"sgmllib3k": "0.9"}, "requirements": ["older"]}
    assert builds.builds(job(tmp_path), LOCK, present, tmp_path) == BUILT


def test_a_lock_of_wheels_builds_nothing(tmp_path: Path) -> None:
    wheels = LOCK[: LOCK.rindex("[[packages]]")]
    assert builds.builds(job(tmp_path), wheels, {}, tmp_path) is None


def test_one_version_of_what_builds_must_do_for_all(tmp_path: Path) -> None:
    with pytest.raises(builds.BuildError, match=r"setuptools==70\.0\.0, setuptools==80\.9\.0: set"):
        builds.builds(job(tmp_path, r"setuptools==80.9.0\nsetuptools==70.0.0"), LOCK, {}, tmp_path)
