"""Root file systems of Debian trixie: packages are downloaded once, mmdebstrap installs without a network.

    bootstrap(folder, ["ca-certificates", "git"], log=log)

Nothing is installed on the machine itself. The mirror is the machine's own where it runs Debian, else the one
that mmdebstrap knows; AIRGAP_DEBIAN_MIRROR names another.
"""

import fcntl
import os
import platform
import shlex
import tempfile
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from airgap import commands
from airgap.debian_mirror import Mirror, host_mirror, mirror_from_text
from airgap.errors import AirgapError, CommandError
from airgap.folders import cache_folder, remove_tree

SUITE = "trixie"
MIRROR_VARIABLE = "AIRGAP_DEBIAN_MIRROR"
_KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
_MINIMAL = ("?essential", "?priority(required)", "apt")  # what mmdebstrap's minbase variant installs
_SCRATCH = ".making-"
# Left out as Debian's slim images do; licences stay.
_LEFT_OUT = ("/usr/share/man/*", "/usr/share/info/*", "/usr/share/locale/*", "/usr/share/doc/*")


def bootstrap(target: Path, packages: Sequence[str], *, log: TextIO, hooks: Sequence[str] = ()) -> None:
    """Fill the target folder with a Debian trixie root file system: the packages and what they need.

    Each hook is a shell command that gets the target as "$1", run when all is installed. Takes root. The
    result has no host name, no resolv.conf, no package lists, no downloaded packages. Raises AirgapError
    where this isn't root, no mirror is known or answers, a package can't be had or installed.
    """
    if os.geteuid() != 0:
        raise AirgapError("a Debian root file system can be made by root only: run the same command as root")
    area = cache_folder() / "debian"
    area.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=area, prefix=_SCRATCH) as folder:
        snapshot = Path(folder)
        with _locked(area):
            _clear_leftovers(area)
            tool = _download(area, snapshot, packages, log)
        # Python's byte code then knows its source by content, not by time: layers may set all times.
        path = f"{tool.parent}:{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"
        env = {"SOURCE_DATE_EPOCH": "0", "PATH": path}
        try:
            commands.run(_mmdebstrap(tool, snapshot, target, packages, hooks), log=log, env=env)
        except CommandError as error:
            raise AirgapError(f"mmdebstrap did not make a Debian with {', '.join(packages)}") from error
    for folder in ("var/cache/apt/archives/partial", "var/lib/apt/lists/partial"):
        (
            target / folder
        ).rmdir()  # whose they are depends on where the target lies; apt makes them when it needs them


def architecture() -> str:
    """Return the machine's architecture as Debian and OCI name it; raises AirgapError for others."""
    names = {"x86_64": "amd64", "aarch64": "arm64"}
    machine = platform.machine()
    if machine not in names:
        raise AirgapError(f"this machine is {machine}; airgap makes images for {' and '.join(names)}")
    return names[machine]


def _clear_leftovers(area: Path) -> None:
    """Remove what killed runs left a day ago or earlier; younger folders may be in use."""
    for folder in area.glob(f"{_SCRATCH}*"):
        if folder.stat().st_mtime < time.time() - 24 * 3600:
            remove_tree(folder)


@contextmanager
def _locked(area: Path) -> Generator[None]:
    """Let one at a time change the lists and packages in the area; the lock goes with its process."""
    with (area / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def package(name: str, *, log: TextIO) -> Path:
    """Return a folder with the files of one package of Debian trixie; installed nowhere, root not needed.

    Raises as `bootstrap` does.
    """
    area = cache_folder() / "debian"
    area.mkdir(parents=True, exist_ok=True)
    with _locked(area):
        apt, _, _ = _update(area, log)
        return _unpack(name, apt, area, log)


def _download(area: Path, snapshot: Path, packages: Sequence[str], log: TextIO) -> Path:
    """Get lists, packages and mmdebstrap; link lists and packages into the snapshot, return the program."""
    apt, mirror, tool = _update(area, log)
    if tool is None:
        tool = _unpack("mmdebstrap", apt, area, log) / "usr/bin/mmdebstrap"
    commands.run([*apt, "install", "--download-only", "--yes", *_MINIMAL, *packages], log=log)
    for kind in ("archives", "lists"):
        (snapshot / kind).mkdir()
        for file in (area / SUITE / kind).glob("*_*"):
            os.link(file, snapshot / kind / file.name)
    # Inside the root file system the keyring lies where Debian puts it, wherever this machine has its own.
    (snapshot / "debian.sources").write_text(mirror.sources(SUITE, _KEYRING))
    return tool


def _update(area: Path, log: TextIO) -> tuple[list[str | Path], Mirror, Path | None]:
    """Get the package lists; return apt-get's command for them, the mirror, mmdebstrap if it was needed."""
    keyring, mirror, tool = _sources(area, log)
    (area / "debian.sources").write_text(mirror.sources(SUITE, keyring))
    apt = _apt(area / SUITE, area / "debian.sources")
    try:
        commands.run([*apt, "update", "--error-on=any"], log=log)
    except CommandError as error:
        if not list((area / SUITE / "lists").glob("*_Packages*")):
            raise AirgapError(
                f"no package lists for Debian {SUITE} from {mirror.archive} ({error}): "
                f"check network and proxies, or name another mirror by {MIRROR_VARIABLE}"
            ) from error
        log.write("the mirror doesn't answer: going on with the package lists of an earlier run\n")
    return apt, mirror, tool


def _sources(area: Path, log: TextIO) -> tuple[Path, Mirror, Path | None]:
    """Return the keyring, the mirror and, where it was needed to know the mirror, the mmdebstrap program."""
    named = os.environ.get(MIRROR_VARIABLE, "")
    mirror = mirror_from_text(named) if named else host_mirror()
    if mirror and _KEYRING.exists():
        return _KEYRING, mirror, None
    host = _apt(area / "host", None)  # a relative of Debian: it has both as packages of its own
    commands.run([*host, "update"], log=log)
    keyring = _KEYRING
    if not keyring.exists():
        keyring = _unpack("debian-archive-keyring", host, area, log) / _KEYRING.relative_to("/")
    if mirror:
        return keyring, mirror, None
    tool = _unpack("mmdebstrap", host, area, log) / "usr/bin/mmdebstrap"
    return keyring, _default_mirror(tool, area, log), tool


def _default_mirror(tool: Path, area: Path, log: TextIO) -> Mirror:
    """Return the mirror that mmdebstrap takes by itself: it writes it down before the first hook runs."""
    with tempfile.TemporaryDirectory(dir=area, prefix=_SCRATCH) as folder:
        text = Path(folder) / "sources.list"
        hook = f'cp "$1/etc/apt/sources.list" {shlex.quote(str(text))} && false'
        try:
            commands.run(
                [tool, "--variant=extract", f"--setup-hook={hook}", SUITE, Path(folder) / "root"], log=log
            )
        except CommandError:
            log.write("stopped on purpose: only its default mirror was asked for\n")
        mirror = host_mirror("debian", SUITE, [text.read_text()] if text.exists() else [])
    if mirror is None:
        raise AirgapError(
            f"no Debian mirror is known: set {MIRROR_VARIABLE} to the address of one that has {SUITE}"
        )
    return mirror


def _apt(state: Path, sources: Path | None) -> list[str | Path]:
    """Return an apt-get command that keeps its state in our folder and heeds the machine's settings."""
    for folder in ("lists/partial", "archives/partial"):
        (state / folder).mkdir(parents=True, exist_ok=True)
    (state / "status").touch()
    settings = {
        "Dir::State::Lists": state / "lists",
        "Dir::State::status": state / "status",
        "Dir::Cache::archives": state / "archives",
        "Dir::Cache::pkgcache": "",
        "Dir::Cache::srcpkgcache": "",
        "APT::Sandbox::User": "root",  # our cache folder is closed to apt's own user
        "APT::Install-Recommends": "false",
        "APT::Keep-Downloaded-Packages": "true",
        "Acquire::Languages": "none",
        "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled": "false",
        "Acquire::Retries": "3",
    }
    if sources:
        settings |= {"Dir::Etc::SourceList": sources, "Dir::Etc::SourceParts": "/dev/null"}
    (state / "apt.conf").write_text("".join(f'{name} "{value}";\n' for name, value in settings.items()))
    # -c is read after the machine's own settings, so ours win where both say something.
    return ["apt-get", "-c", state / "apt.conf"]


def _unpack(package: str, apt: Sequence[str | Path], area: Path, log: TextIO) -> Path:
    """Return a folder of the area with the package's files; downloads it where it isn't there yet."""
    store = area / "unpacked"
    found = sorted(store.glob(f"{package}_*"))
    if found:
        return found[-1]
    with tempfile.TemporaryDirectory(dir=area, prefix=_SCRATCH) as folder:
        commands.run([*apt, "download", package], log=log, cwd=Path(folder))
        file = next(Path(folder).glob("*.deb"))
        commands.run(["dpkg-deb", "-x", file, Path(folder) / "root"], log=log)
        store.mkdir(exist_ok=True)
        (Path(folder) / "root").rename(store / file.stem)
    return store / file.stem


def _mmdebstrap(
    tool: Path, snapshot: Path, target: Path, packages: Sequence[str], hooks: Sequence[str]
) -> list[str | Path]:
    source = shlex.quote(str(snapshot))
    copies = [  # hard links cost nothing; where they are refused, across file systems, a copy serves
        f'{{ cp -lrT {source}/{kind} "$1/{place}" 2>/dev/null || cp -rT {source}/{kind} "$1/{place}"; }}'
        for kind, place in (("archives", "var/cache/apt/archives"), ("lists", "var/lib/apt/lists"))
    ]
    return [
        tool,
        "--mode=root",
        "--variant=minbase",
        "--format=directory",
        "--skip=update",
        f"--include={','.join(sorted(packages))}",
        "--dpkgopt=force-unsafe-io",
        *(f"--dpkgopt=path-exclude={pattern}" for pattern in _LEFT_OUT),
        "--dpkgopt=path-include=/usr/share/doc/*/copyright",
        f'--setup-hook=mkdir -p "$1/var/cache/apt" "$1/var/lib/apt" && {" && ".join(copies)}',
        *(f"--customize-hook={hook}" for hook in hooks),
        # mmdebstrap gives the root file system this machine's name and name servers.
        '--customize-hook=rm -f "$1/etc/resolv.conf" "$1/etc/hostname"',
        '--customize-hook=cd "$1/etc/apt/sources.list.d" && mv 0000debian.sources debian.sources',
        SUITE,
        target,
        snapshot / "debian.sources",
    ]
