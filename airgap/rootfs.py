"""The engine's own root file system: Debian with what the engine calls, and a layer with the engine itself.

These are two steps, so that a new engine doesn't install Debian again; engine.sh stacks them.
"""

import shutil
from pathlib import Path
from typing import TextIO

from airgap import debian
from airgap.folders import digest_of
from airgap.gotools import DAGGER, tool_step
from airgap.steps import Step

_PACKAGES = (
    *("ca-certificates", "git", "openssh-client"),  # sources by git
    *(
        "iptables",
        "nftables",
        "iproute2",
        "dnsmasq-base",
        "containernetworking-plugins",
    ),  # the network of containers
    *(
        "runc",
        "tini",
        "e2fsprogs",
        "pigz",
        "xz-utils",
        "ripgrep",
        "sqlite3",
        "openssl",
    ),  # containers, layers, search
)
_CNI = ("bridge", "loopback", "firewall", "host-local")
# Where the engine looks (the constants of airgap/tools/dagger/distconsts), and where Debian has it.
_LINKS = {
    "usr/local/bin/runc": "/usr/sbin/runc",
    "usr/local/bin/tini": "/usr/bin/tini-static",
    "usr/bin/xtables-legacy-multi": "/usr/sbin/xtables-legacy-multi",
    "usr/bin/xtables-nft-multi": "/usr/sbin/xtables-nft-multi",
    **{f"opt/cni/bin/{plugin}": f"/usr/lib/cni/{plugin}" for plugin in _CNI},
}
_FOLDERS = (
    "var/lib/dagger",
    "run/dagger",
    "etc/dagger",
    "usr/local/share/ca-certificates",
    "usr/local/share/dagger/content",
)
# Program of airgap/tools/dagger -> its place in the root file system.
_PROGRAMS = {
    "engine": "usr/local/bin/dagger-engine",
    "init": "usr/local/bin/dagger-init",
    "dagger": "usr/local/bin/dagger",
    "dialstdio": "usr/bin/dial-stdio",
    "dnsname": "opt/cni/bin/dnsname",
}
# The engine calls dnsmasq without --bind-dynamic: it would then listen on every address of the machine, and
# two engines (or an engine and the machine's own name server) would get in each other's way.
# The engine's dnsmasq forgets what it knows whenever a container starts. Behind it stands one that doesn't:
# many containers ask for the same few names, and some name servers drop what comes too fast.
_DNSMASQ = r"""#!/bin/sh
for word; do
  case $word in --conf-file=*) bridge=$(sed -n 's/^interface=//p' "${word#*=}") ;; esac
done
address=$(ip -4 -o address show dev "$bridge" | sed 's/.* inet \([0-9.]*\).*/\1/')
memory=127.${address#*.}  # an address of the loopback network that no other engine has
/usr/sbin/dnsmasq --conf-file=/dev/null --pid-file --user=root --bind-interfaces \
  --listen-address="$memory" --port=5300 --cache-size=10000 --min-cache-ttl=60 \
  --resolv-file=/etc/dnsmasq-resolv.conf || true  # or it runs already
exec /usr/sbin/dnsmasq --bind-dynamic --no-resolv --server="$memory#5300" "$@"
"""


def debian_step() -> Step:
    """Return the step that makes Debian with the programs that the engine calls."""
    return Step(
        name="engine-debian",
        inputs=digest_of(repr((_PACKAGES, _LINKS, _FOLDERS)), Path(debian.__file__), debian.architecture()),
        build=_build_debian,
        seconds=30,
    )


def engine_step() -> Step:
    """Return the step that lays the engine's programs out as a layer over Debian."""
    dagger = tool_step(DAGGER)
    return Step(
        name="engine-programs",
        inputs=digest_of(repr((_PROGRAMS, _DNSMASQ)), dagger.inputs),
        build=lambda folder, _: _lay_out(dagger.result / "bin", folder),
        needs=(dagger,),
    )


def _build_debian(folder: Path, log: TextIO) -> None:
    debian.bootstrap(folder, _PACKAGES, log=log)
    for path, target in _LINKS.items():
        link = folder / path
        if not (folder / target.lstrip("/")).exists():
            raise FileNotFoundError(f"{target} is in none of Debian's packages {', '.join(_PACKAGES)}")
        link.parent.mkdir(parents=True, exist_ok=True)
        link.unlink(missing_ok=True)
        link.symlink_to(target)
    for path in _FOLDERS:
        (folder / path).mkdir(parents=True, exist_ok=True)


def _lay_out(binaries: Path, folder: Path) -> None:
    for program, path in _PROGRAMS.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(binaries / program, target)
    (folder / "usr/bin/buildctl").symlink_to("dial-stdio")
    dnsmasq = folder / "usr/local/sbin/dnsmasq"
    dnsmasq.parent.mkdir(parents=True)
    dnsmasq.write_text(_DNSMASQ)
    dnsmasq.chmod(0o755)
