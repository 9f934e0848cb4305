"""What the commands do: bring an instance up, take it down, say how it is, and clear it away."""

import contextlib
import os
import shutil
import time
from collections.abc import Mapping
from pathlib import Path

from airgap import detached, engine, gotools, network, pins, registry, rootfs
from airgap import sdk as python_sdk
from airgap.engine import Parts
from airgap.engine_config import write_config
from airgap.errors import AirgapError
from airgap.folders import cache_folder, remove_tree
from airgap.instance import Instance
from airgap.lock import locked, locked_if_free
from airgap.pins import Image
from airgap.progress import duration, say
from airgap.serving import place_images, write_recipe
from airgap.standins import first_images, standin_steps
from airgap.step import all_steps, prune
from airgap.steps import Step, cache_lock, run, scarce_disk


def parts() -> Parts:
    """Return the steps that an engine and its registry are made of."""
    return Parts(
        debian=rootfs.debian_step(),
        programs=rootfs.engine_step(),
        sdk=python_sdk.sdk_step(),
        dagger=gotools.tool_step(gotools.DAGGER),
        registry=gotools.tool_step(gotools.REGISTRY),
    )


def up(instance: Instance, *, everything: bool = False) -> None:
    """Make what is missing and start what doesn't run; does nothing to an instance that is as it should be.

    The images that every build takes are made here, the others when they are first pulled; with `everything`
    all are made here. An engine of other parts or with another configuration is stopped first, and started
    anew.
    """
    _require_root()
    _require_programs()
    begin = time.monotonic()
    gotools.check_versions()
    wanted, images = parts(), standin_steps()
    run([*wanted.steps(), *(images[image] for image in (images if everything else first_images()))])
    _start(instance, wanted, images)
    known = all_steps([*wanted.steps(), *images.values()])
    gotools.trim_caches(known)
    with locked_if_free(cache_lock()) as free:
        if free:
            prune({step.result for step in known} | engine.results_in_use())
    say(
        f"engine {pins.dagger_version()} is ready at {instance.runner_host} "
        f"({duration(time.monotonic() - begin)})"
    )


def _start(instance: Instance, wanted: Parts, images: Mapping[Image, Step]) -> None:
    with locked(instance.run / "lock", f"starting or stopping the instance {instance.name}"):
        instance.state.mkdir(parents=True, exist_ok=True)
        instance.run.chmod(0o700)
        fresh = instance.run / "config.new"
        write_config(instance, pins.registries(), fresh)
        digest = wanted.digest(fresh)
        place_images(instance, images)
        write_recipe(instance, images)
        network.ensure_bridge(instance, wanted.debian.result)
        registry.start(instance, wanted.registry.result / "bin" / "registry")
        if running_digest(instance) == digest and engine.answers(instance.socket):
            shutil.rmtree(fresh)
        else:
            if engine.stop(instance):
                say("the running engine is not of these parts, or hangs: starting a new one")
            shutil.rmtree(instance.run / "config", ignore_errors=True)
            fresh.rename(instance.run / "config")
            network.remove_rules(instance, wanted.debian.result)
            network.refuse_other_name_server(instance)
            if warning := scarce_disk():
                say(warning)
            engine.start(instance, wanted)
        _record(instance, wanted, digest)


def _record(instance: Instance, wanted: Parts, digest: str) -> None:
    """Write the file from which daggerw knows a running engine: process, version, dagger command, parts."""
    process = detached.recorded(instance.run / "engine.process")
    partial = instance.run / "engine.new"
    partial.write_text(f"{process}\n{pins.dagger_version()}\n{wanted.command}\n{digest}\n")
    partial.rename(instance.run / "engine")


def running_digest(instance: Instance) -> str | None:
    """Return what the running engine is made of; None where none runs."""
    if detached.running(instance.run / "engine.process") is None:
        return None
    try:
        return (instance.run / "engine").read_text().splitlines()[3]
    except (OSError, IndexError):
        return None


def down(instance: Instance) -> bool:
    """Stop the engine and the registry that `up` started; return whether anything ran. Their state stays."""
    _require_root()
    if not instance.run.exists():
        return False
    with locked(instance.run / "lock", f"starting or stopping the instance {instance.name}"):
        stopped = engine.stop(instance)
        return registry.stop(instance) or stopped


def clean(instance: Instance, *, everything: bool) -> None:
    """Remove the instance's state, interface and firewall rules; with `everything` the whole cache.

    Raises AirgapError where another instance still runs from a cache that is to be removed.
    """
    _require_root()
    others = [name for name in engine.running_from_cache() if name != instance.name]
    if everything and others:
        raise AirgapError(f"other instances run from this cache: {', '.join(others)}. Take them down first")
    down(instance)
    tools = _tools()
    network.remove_bridge(instance, tools)
    network.remove_rules(instance, tools)
    for folder in (instance.run, instance.state):
        remove_tree(folder)
    with contextlib.suppress(OSError):
        instance.run.parent.rmdir()  # only where it is empty: other instances keep theirs there
        engine.remove_cgroups()
    if everything:
        remove_tree(cache_folder())
    say(f"removed {cache_folder() if everything else instance.state}")


def _tools() -> Path:
    """Return a root file system with `ip` and `iptables`: any made for an engine, or the machine's."""
    made = sorted((cache_folder() / "steps").glob("engine-debian-*"), key=lambda path: path.stat().st_mtime)
    return made[-1] if made else Path("/")


def _require_root() -> None:
    if os.geteuid() != 0:
        raise AirgapError(
            f"airgap must run as root (this is user id {os.geteuid()}): an engine mounts file systems and "
            "makes a network. Run the same command with sudo, or set _EXPERIMENTAL_DAGGER_RUNNER_HOST "
            "to an engine that you have"
        )


def _require_programs() -> None:
    needed = ("apt-get", "dpkg-deb", "unshare", "mount", "umount", "pivot_root", "chroot", "perl")
    missing = [name for name in needed if shutil.which(name) is None]
    if missing:
        raise AirgapError(
            f"this machine has no {', '.join(missing)}: "
            "airgap needs Debian or Ubuntu with perl and util-linux"
        )
