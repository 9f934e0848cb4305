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
            self.seen = sorted(
                str(p.relative_to(Path(words[-1]).parent)) for p in Path(words[-1]).parent.rglob("*_*")
            )
            for folder in ("var/cache/apt/archives/partial", "var/lib/apt/lists/partial"):
                (Path(words[-2]) / folder).mkdir(parents=True)

    def of(self, word: str) -> list[str]:
        """Return the one command that holds the word."""
        (found,) = [call for call in self.calls if any(word in part for part in call)]
        return found


def _state(apt: list[str]) -> Path:
    return Path(apt[apt.index("-c") + 1]).parent


@pytest.fixture
def programs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Programs:
    made = Programs()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv(debian.MIRROR_VARIABLE, raising=False)
    monkeypatch.setattr(commands, "run", made.run)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(debian, "host_mirror", lambda: Mirror("http://mirror.example/debian"))
    monkeypatch.setattr(debian, "_KEYRING", tmp_path / "keyring.gpg")
    (tmp_path / "keyring.gpg").touch()
    return made


def test_packages_are_downloaded_once_and_handed_to_mmdebstrap(programs: Programs, tmp_path: Path) -> None:
    debian.bootstrap(tmp_path / "root", ["git"], log=io.StringIO())
    assert programs.of("--download-only")[-1] == "git"
    assert programs.seen == ["archives/git_1_amd64.deb", "lists/mirror_Packages"]
    mmdebstrap = programs.of("--variant=minbase")
    assert {"--skip=update", "--include=git", "trixie", str(tmp_path / "root")} <= set(mmdebstrap)


def test_hooks_come_in_order_and_before_the_last_cleaning(programs: Programs, tmp_path: Path) -> None:
    debian.bootstrap(tmp_path / "root", [], log=io.StringIO(), hooks=["one", "two"])
    hooks = [word for word in programs.of("--variant=minbase") if word.startswith("--customize-hook=")]
    assert hooks[:2] == ["--customize-hook=one", "--customize-hook=two"]
    assert "resolv.conf" in hooks[2]


def test_a_second_root_takes_mmdebstrap_as_it_lies(programs: Programs, tmp_path: Path) -> None:
    for name in ("one", "two"):
        debian.bootstrap(tmp_path / name, ["git"], log=io.StringIO())
    assert len([call for call in programs.calls if "download" in call]) == 1


def test_apts_own_folders_stay_the_machines(programs: Programs, tmp_path: Path) -> None:
    debian.bootstrap(tmp_path / "root", [], log=io.StringIO())
    conf = (_state(programs.of("--error-on=any")) / "apt.conf").read_text()
    for name in ("Dir::State::Lists", "Dir::State::status", "Dir::Cache::archives", "Dir::Etc::SourceList"):
        assert f'{name} "{tmp_path}/cache/' in conf
    sources = (tmp_path / "cache/airflow-images/debian/debian.sources").read_text()
    assert "URIs: http://mirror.example/debian\nSuites: trixie trixie-updates\n" in sources
    assert f"Signed-By: {tmp_path}/keyring.gpg" in sources


def test_a_mirror_named_by_the_user_goes_before_the_machines(
    programs: Programs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(debian.MIRROR_VARIABLE, "http://named.example/d")
    debian.bootstrap(tmp_path / "root", [], log=io.StringIO())
    assert programs.calls
    assert "http://named.example/d" in (tmp_path / "cache/airflow-images/debian/debian.sources").read_text()


def test_without_an_answer_the_lists_of_an_earlier_run_serve(programs: Programs, tmp_path: Path) -> None:
    debian.bootstrap(tmp_path / "one", [], log=io.StringIO())
    programs.mirror_answers = False
    log = io.StringIO()
    debian.bootstrap(tmp_path / "two", [], log=log)
    assert "going on with the package lists of an earlier run" in log.getvalue()


def test_without_an_answer_and_lists_the_mirror_is_named(programs: Programs, tmp_path: Path) -> None:
    programs.mirror_answers = False
    with pytest.raises(AirgapError, match=r"http://mirror\.example/debian.*AIRGAP_DEBIAN_MIRROR"):
        debian.bootstrap(tmp_path / "root", [], log=io.StringIO())


def test_nothing_but_packages_and_lists_is_left(programs: Programs, tmp_path: Path) -> None:
    debian.bootstrap(tmp_path / "root", [], log=io.StringIO())
    assert programs.calls
    area = tmp_path / "cache/airflow-images/debian"
    assert sorted(path.name for path in area.iterdir()) == ["debian.sources", "lock", "trixie", "unpacked"]
    assert not list((tmp_path / "root").rglob("partial"))


def test_what_a_killed_run_left_goes_after_a_day(programs: Programs, tmp_path: Path) -> None:
    area = tmp_path / "cache/airflow-images/debian"
    for name, age in ((".making-old", 25 * 3600), (".making-new", 3600)):
        (area / name).mkdir(parents=True)
        os.utime(area / name, (time.time() - age, time.time() - age))
    debian.bootstrap(tmp_path / "root", [], log=io.StringIO())
    assert programs.calls
    assert [path.name for path in area.glob(".making-*")] == [".making-new"]


def test_it_takes_root(programs: Programs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(AirgapError, match="as root"):
        debian.bootstrap(tmp_path / "root", [], log=io.StringIO())
    assert programs.calls == []


@pytest.mark.parametrize(("machine", "name"), [("x86_64", "amd64"), ("aarch64", "arm64")])
def test_architectures_have_debians_names(monkeypatch: pytest.MonkeyPatch, machine: str, name: str) -> None:
    monkeypatch.setattr(platform, "machine", lambda: machine)
    assert debian.architecture() == name


def test_other_architectures_are_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    with pytest.raises(AirgapError, match="riscv64"):
        debian.architecture()
