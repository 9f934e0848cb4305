"""What runs, as a person wants to read it, and the logs."""

import os
import shutil
import sys
import time
from pathlib import Path

from airgap import detached, engine, registry
from airgap.errors import AirgapError
from airgap.folders import cache_folder
from airgap.instance import Instance
from airgap.processes import Process
from airgap.progress import duration
from airgap.serving import served_images
from airgap.standins import standin_steps

_NOT_RUNNING = 3


def status(instance: Instance) -> int:
    """Print what runs and return 0 if engine and registry both answer, else 3."""
    if instance.run.exists() and not os.access(instance.run, os.R_OK):
        raise AirgapError(f"{instance.run} can be read by root only: run the same command as root")
    process = detached.running(instance.run / "engine.process")
    answering = process is not None and engine.answers(instance.socket)
    serving = [address for address in instance.registry_addresses if registry.answers(address)]
    store = detached.running(instance.run / "registry.process")
    print(f"instance  {instance.name}, containers in {instance.network}")
    print(f"engine    {_line(process, 'answers' if answering else 'does not answer')}")
    if answering:
        version = (
            (instance.run / "engine").read_text().splitlines()[1]
            if (instance.run / "engine").exists()
            else "?"
        )
        print(f"          {version}, _EXPERIMENTAL_DAGGER_RUNNER_HOST={instance.runner_host}")
    addresses = " and ".join(serving)
    print(f"registry  {_line(store, f'answers at {addresses}' if serving else 'does not answer')}")
    if store and serving:
        images = standin_steps()
        served = served_images(instance, images)
        for image in sorted(image.name for image in images):
            print(f"          {image}{'' if image in served else ' (made when it is first pulled)'}")
    _print_disk(instance)
    return 0 if answering and store and len(serving) == len(instance.registry_addresses) else _NOT_RUNNING


def _line(process: Process | None, state: str) -> str:
    if process is None:
        return "not running"
    ticks = os.sysconf("SC_CLK_TCK")
    age = time.clock_gettime(time.CLOCK_BOOTTIME) - int(process.started) / ticks
    return f"process {process.pid} for {duration(age)}, {state}"


def _print_disk(instance: Instance) -> None:
    folder = cache_folder()
    if folder.exists():
        print(f"disk      {folder}, {shutil.disk_usage(folder).free // 2**30} GiB free")
        print(f"          engine and registry below {instance.state}")


def logs(instance: Instance, name: str, *, follow: bool) -> None:
    """Print a log to standard output; raises AirgapError, with those there are, for a name there isn't."""
    places = {path.stem: path for path in (cache_folder() / "logs").glob("*.log")}
    places |= {path.stem: path for path in instance.state.glob("*.log")}
    if name not in places:
        raise AirgapError(f"no log {name!r}: there are {', '.join(sorted(places)) or 'none yet'}")
    if follow:
        os.execvp(  # noqa: S606 - no shell is wanted
            "tail", ["tail", "-n", "+1", "-F", str(places[name])]
        )
    with Path(places[name]).open(errors="replace") as file:
        shutil.copyfileobj(file, sys.stdout)
