"""What bootstrap tells apt and mmdebstrap to do, with both replaced."""

import io
import os
import platform
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from airgap import commands, debian
from airgap.debian_mirror import Mirror
from airgap.errors import AirgapError, CommandError


class Programs:
    """Takes the place of `commands.run`: notes commands, leaves the files that the real ones would."""

    def __init__(self) -> None:
        """Start with a mirror that answers."""
        self.calls: list[list[str]] = []
        self.mirror_answers = True
        self.seen: list[str] = []

    def run(self, command: Sequence[str | Path], **settings: object) -> None:
        """Note the command and leave the files that the real one would leave."""
        words = [str(word) for word in command]
        self.calls.append(words)
        if "update" in words:
            if not self.mirror_answers:
                raise CommandError("apt-get update", "ended with exit code 100")
            (_state(words) / "lists" / "mirror_Packages").touch()
        elif "download" in words:
            cwd = settings["cwd"]
            assert isinstance(cwd, Path)
            (cwd / "mmdebstrap_1.5_all.deb").touch()
        elif words[0] == "dpkg-deb":
            Path(words[-1]).mkdir()
        elif "install" in words:
            (_state(words) / "archives" / "git_1_amd64.deb").touch()
        elif words[0].endswith("mmdebstrap"):
            area = Path(words[-1]).parent
            self.seen = sorted(str(path.relative_to(area)) for path in area.rglob("*_*"))
            for folder in ("var/cache/apt/archives/partial", "var/lib/apt/lists/partial"):
                (Path(words[-2]) / folder).mkdir(parents=True)

    def of(self, word: str) -> list[str]:
        """Return the one command that holds the word."""
        (command,) = [call for call in self.calls if any(word in part for part in call)]
        return command


def _state(apt: list[str]) -> Path:
    return Path(apt[apt.index("-c") + 1]).parent


@pytest.fixture
def programs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, as_root: None) -> Programs:  # noqa: ARG001
    made = Programs()
    monkeypatch.delenv(debian.MIRROR_VARIABLE, raising=False)
    monkeypatch.setattr(commands, "run", made.run)
    monkeypatch.setattr(debian, "host_mirror", lambda: Mirror("http://mirror.example/debian"))
    monkeypatch.setattr(debian, "_KEYRING", tmp_path / "keyring.gpg")
    (tmp_path / "keyring.gpg").touch()
    return made


def bootstrap(root: Path, *packages: str, hooks: Sequence[str] = ()) -> str:
    """Make a root, and return the log."""
    log = io.StringIO()
    debian.bootstrap(root, list(packages), log=log, hooks=hooks)
    return log.getvalue()


def test_a_root_is_made_of_packages_that_are_downloaded_once(programs: Programs, tmp_path: Path) -> None:
    bootstrap(tmp_path / "root", "git", hooks=["one", "two"])
    assert programs.of("--download-only")[-1] == "git"
    assert programs.seen == ["archives/git_1_amd64.deb", "lists/mirror_Packages"]
    mmdebstrap = programs.of("--variant=minbase")
    assert {"--skip=update", "--include=git", "trixie", str(tmp_path / "root")} <= set(mmdebstrap)
    hooks = [word for word in mmdebstrap if word.startswith("--customize-hook=")]
    assert hooks[:2] == ["--customize-hook=one", "--customize-hook=two"]
    assert "resolv.conf" in hooks[2]  # the last cleaning
    bootstrap(tmp_path / "other", "git")
    assert len([call for call in programs.calls if "download" in call]) == 1


def test_apts_own_folders_stay_the_machines(
    programs: Programs, tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bootstrap(tmp_path / "root")
    conf = (_state(programs.of("--error-on=any")) / "apt.conf").read_text()
    for name in ("Dir::State::Lists", "Dir::State::status", "Dir::Cache::archives", "Dir::Etc::SourceList"):
        assert f'{name} "{tmp_path}/cache/' in conf
    sources = cache / "debian/debian.sources"
    assert "URIs: http://mirror.example/debian\nSuites: trixie trixie-updates\n" in sources.read_text()
    assert f"Signed-By: {tmp_path}/keyring.gpg" in sources.read_text()
    monkeypatch.setenv(debian.MIRROR_VARIABLE, "http://named.example/d")  # goes before the machine's own
    bootstrap(tmp_path / "other")
    assert "http://named.example/d" in sources.read_text()


def test_without_an_answer_the_lists_of_an_earlier_run_serve(programs: Programs, tmp_path: Path) -> None:
    programs.mirror_answers = False
    with pytest.raises(AirgapError, match=r"http://mirror\.example/debian.*AIRGAP_DEBIAN_MIRROR"):
        bootstrap(tmp_path / "root")
    programs.mirror_answers = True
    bootstrap(tmp_path / "one")
    programs.mirror_answers = False
    assert "going on with the package lists of an earlier run" in bootstrap(tmp_path / "two")


@pytest.mark.usefixtures("programs")
def test_nothing_but_packages_and_lists_is_left(tmp_path: Path, cache: Path) -> None:
    area = cache / "debian"
    for name, age in ((".making-old", 25 * 3600), (".making-new", 3600)):  # of killed runs
        (area / name).mkdir(parents=True)
        os.utime(area / name, (time.time() - age, time.time() - age))
    bootstrap(tmp_path / "root")
    names = [".making-new", "debian.sources", "lock", "trixie", "unpacked"]
    assert sorted(path.name for path in area.iterdir()) == names
    assert not list((tmp_path / "root").rglob("partial"))


def test_it_takes_root(programs: Programs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(AirgapError, match="as root"):
        bootstrap(tmp_path / "root")
    assert programs.calls == []


def test_architectures_have_debians_names_and_others_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    for machine, name in (("x86_64", "amd64"), ("aarch64", "arm64")):
        monkeypatch.setattr(platform, "machine", lambda name=machine: name)
        assert debian.architecture() == name
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    with pytest.raises(AirgapError, match="riscv64"):
        debian.architecture()
