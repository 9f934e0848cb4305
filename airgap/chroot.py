"""Running a program inside a root file system, with folders of the machine lent to it for that time."""

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TextIO

from airgap import commands

_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def run_in(
    root: Path,
    command: Sequence[str],
    *,
    log: TextIO,
    env: Mapping[str, str] | None = None,
    lent: Mapping[str, Path] | None = None,
) -> None:
    """Run a command in the root file system with no environment but `env`; takes root.

    `lent` gives, for folders that exist there, the folder of the machine to show in their place: mounts in a
    namespace of the command's own, which are gone with it however it ends. Raises CommandError as
    `commands.run` does.
    """
    mounts = [
        f"mount --bind {shlex.quote(str(folder))} {shlex.quote(f'{root}{place}')}"
        for place, folder in (lent or {}).items()
    ]
    settings = {"PATH": _PATH, "HOME": "/root", "LANG": "C.UTF-8", **(env or {})}
    inside = [
        "chroot",
        str(root),
        "/usr/bin/env",
        "-i",
        *(f"{name}={value}" for name, value in settings.items()),
        *command,
    ]
    script = " && ".join([*mounts, f"exec {shlex.join(inside)}"])
    commands.run(["unshare", "--mount", "--propagation", "private", "sh", "-c", script], log=log)
