"""The packer as a program: its command lines, exit codes and files."""

import json
import marshal
import subprocess
import sys
from importlib.util import cache_from_source
from pathlib import Path

import pytest

from ci.image.programs import capture

from ...layers import opened


def run(verb: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    # As in a container: isolated, and without byte code; with no packages either, for it needs none.
    command = [sys.executable, "-E", "-S", "-B", "-m", "programs.capture", verb, "--time", "0"]
    command += map(str, arguments)
    folder = Path(capture.__file__).parents[1]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=30, cwd=folder)


def run_script(root: Path, out: Path, script: str, *words: str) -> subprocess.CompletedProcess[str]:
    return run("run", "--root", root, "--out", out, "--", "sh", "-ec", script, *words)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Give an empty folder to watch or pack."""
    root = tmp_path / "root"
    root.mkdir()
    return root


def test_run_packs_what_a_command_changed(root: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    (root / "old").write_text("x")
    script = f"echo new > {root}/new; rm {root}/old"
    done = run("run", "--root", root, "--owner", "50000:0", "--out", out, "--", "sh", "-ec", script)
    assert (done.returncode, done.stderr) == (0, "")
    place = str(root).lstrip("/")
    result = opened(out)
    assert list(result.members) == [f"{place}/new", f"{place}/.wh.old"]
    assert result.contents[f"{place}/new"] == b"new\n"
    assert result.members[f"{place}/new"].uid == 50000


def test_a_layer_written_into_the_watched_folder_is_no_part_of_itself(root: Path) -> None:
    done = run("run", "--root", root, "--out", root / "out", "--", "touch", root / "new")
    assert done.returncode == 0
    assert list(opened(root / "out").members) == [f"{root}/new".lstrip("/")]


@pytest.mark.parametrize(("command", "made"), [("true", True), ("false", False)])
def test_a_layer_that_was_made_is_noted(root: Path, tmp_path: Path, command: str, *, made: bool) -> None:
    note = tmp_path / "made"
    run("run", "--root", root, "--out", tmp_path / "out", "--made", note, "--", command)
    assert note.exists() is made


def test_tree_packs_a_folder(root: Path, tmp_path: Path) -> None:
    (root / "dag.py").write_text("code")
    target = "opt/nowhere-in-a-base"
    done = run("tree", "--source", root, "--target", target, "--owner", "50000:0", "--out", tmp_path / "out")
    assert (done.returncode, done.stderr) == (0, "")
    assert opened(tmp_path / "out").contents == {f"{target}/dag.py": b"code"}


def test_a_command_gets_its_own_options(root: Path, tmp_path: Path) -> None:
    script = f'printf "%s " "$@" > {root}/told'
    done = run_script(root, tmp_path / "out", script, "name", "--out", "x", "-y")
    assert done.returncode == 0
    assert (root / "told").read_text() == "--out x -y "


def test_a_failed_command_gives_its_exit_code_and_no_layer(root: Path, tmp_path: Path) -> None:
    done = run_script(root, tmp_path / "out", f"echo new > {root}/new; echo why >&2; exit 7")
    assert (done.returncode, done.stderr) == (7, "why\n")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("command", ["true", "mkdir {root}/empty"])
def test_without_a_changed_file_there_is_no_tarball(root: Path, tmp_path: Path, command: str) -> None:
    assert run_script(root, tmp_path / "out", command.format(root=root)).returncode == 0
    assert [one.name for one in (tmp_path / "out").iterdir()] == ["layer.json"]
    message = json.loads((tmp_path / "out/layer.json").read_text())
    assert (message["files"], message["unpacked"]) == (0, 0)


@pytest.mark.parametrize(
    "arguments", [[], ["run"], ["other", "--out", "x"], ["tree", "--out", "x", "--owner", "airflow"]]
)
def test_a_wrong_command_line_is_refused(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["capture.py", *arguments])
    with pytest.raises(SystemExit) as ended:
        capture.main()
    assert ended.value.code == 2
    assert "usage:" in capsys.readouterr().err


def test_run_adds_byte_code_for_what_changed_and_drops_that_of_installers(root: Path, tmp_path: Path) -> None:
    for name in ("same.py", "changed.py"):
        (root / name).write_text("x = 1")
    cached = Path(cache_from_source("new.py"))
    script = (
        f"cd {root}; mkdir __pycache__ p; echo 'x = 2' > changed.py; echo 'x = 3' > p/new.py; "
        f"echo junk > __pycache__/{Path(cache_from_source('same.py')).name}; echo '?' > p/template.py"
    )
    options = ("--root", root, "--owner", "50000:0", "--bytecode", "--out", tmp_path / "out")
    done = run("run", *options, "--", "sh", "-ec", script)
    assert (done.returncode, done.stderr) == (0, "")
    result = opened(tmp_path / "out", root)
    assert list(result.members) == [
        *("__pycache__", cache_from_source("changed.py"), "changed.py"),
        *("p", "p/__pycache__", f"p/{cached}", "p/new.py", "p/template.py"),
    ]
    assert result.members[f"p/{cached}"].uid == 50000
    code = marshal.loads(result.contents[f"p/{cached}"][16:])  # noqa: S302 - our own
    assert code.co_filename == f"{root}/p/new.py"


def test_tree_adds_byte_code_for_the_path_in_the_image(root: Path, tmp_path: Path) -> None:
    (root / "dag.py").write_text("x = 1")
    (root / "link.py").symlink_to("dag.py")
    options = ("--source", root, "--target", "opt/dags", "--owner", "50000:0", "--bytecode")
    assert run("tree", *options, "--out", tmp_path / "out").returncode == 0
    result = opened(tmp_path / "out")
    cached = f"opt/dags/{cache_from_source('dag.py')}"
    assert list(result.members) == [
        "opt/dags",
        "opt/dags/__pycache__",
        cached,
        "opt/dags/dag.py",
        "opt/dags/link.py",
    ]
    code = marshal.loads(result.contents[cached][16:])  # noqa: S302 - our own
    assert code.co_filename == "/opt/dags/dag.py"


def test_list_packs_paths_as_they_are(root: Path, tmp_path: Path) -> None:
    for name in ("b", "a", "other"):
        (root / name).write_text(name)
    (root / "a").chmod(0o640)
    (tmp_path / "paths.json").write_text(json.dumps([f"{root}/b", f"{root}/a"]))
    assert run("list", "--list", tmp_path / "paths.json", "--out", tmp_path / "out").returncode == 0
    result = opened(tmp_path / "out", root)
    assert {name: member.mode for name, member in result.members.items()} == {"a": 0o640, "b": 0o644}
