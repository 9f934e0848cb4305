"""The command line of airgap."""

import argparse
import os
import signal
import sys
from types import FrameType

from airgap import gotools, lifecycle, report, serving
from airgap.errors import AirgapError
from airgap.instance import instance
from airgap.progress import say
from airgap.steps import disk_advice

_DESCRIPTION = """\
Makes a real Dagger engine, the tools and the images that this project needs from package registries alone
(PyPI, Go modules, Debian), and runs the engine with a local registry. For machines that reach no image
registry. ./daggerw calls it by itself where nothing else gives an engine."""

_EPILOG = """\
environment:
  XDG_CACHE_HOME        where everything is kept, in the folder airflow-images (default: ~/.cache)
  AIRGAP_INSTANCE       a name; another name is another engine, registry and network beside the first
  AIRGAP_PORT           the registry's port (default: 5000)
  AIRGAP_NETWORK        the network of the engine's containers (default: 10.213.0.0/16)
  AIRGAP_DEBIAN_MIRROR  the address of the Debian archive to use (default: the machine's own)
  GOPROXY, PIP_INDEX_URL, https_proxy, SSL_CERT_FILE and the like are heeded.

exit codes: 0 done, 1 failed (the message says why), 2 wrong usage, 3 `status`: not running."""


class _StopSignal(KeyboardInterrupt):
    """SIGTERM or SIGHUP, handled as Ctrl-C is."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python3 -m airgap",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    up = commands.add_parser("up", help="make what is missing and start what doesn't run (root)")
    up.add_argument(
        "--all",
        action="store_true",
        help="also make the images that are otherwise made when first pulled",
    )
    make = commands.add_parser(
        "make", help="make an image and put it into the registry, as a first pull of it does (root)"
    )
    make.add_argument("reference", help="as `status` lists it, such as docker.io/library/postgres:17")
    commands.add_parser("down", help="stop the engine and the registry; caches and images stay (root)")
    commands.add_parser("status", help="say what runs, where, and how large it is")
    logs = commands.add_parser("logs", help="print a log: the engine's, the registry's, or a step's")
    logs.add_argument(
        "name", nargs="?", default="engine", help="engine (default), registry, or a step as `up` names it"
    )
    logs.add_argument("-f", "--follow", action="store_true", help="go on printing what is added")
    tool = commands.add_parser(
        "tool", help="print the path of a tool's program; builds it where it isn't there yet, needs no engine"
    )
    tool.add_argument("name", choices=sorted(gotools.COMMANDS), help="one of %(choices)s", metavar="NAME")
    clean = commands.add_parser(
        "clean", help="stop, and remove the engine's cache, pushed images, network and firewall rules (root)"
    )
    clean.add_argument(
        "--all", action="store_true", help="also remove the tools, images and downloads kept in the cache"
    )
    return parser


def _run(arguments: argparse.Namespace) -> int:
    one = instance()
    match arguments.command:
        case "up":
            lifecycle.up(one, everything=arguments.all)
        case "make":
            serving.make(one, arguments.reference)
        case "down":
            say("stopped" if lifecycle.down(one) else "nothing was running")
        case "status":
            return report.status(one)
        case "logs":
            report.logs(one, arguments.name, follow=arguments.follow)
        case "tool":
            print(gotools.program(arguments.name))
        case _:
            lifecycle.clean(one, everything=arguments.all)
    return 0


def _explain(failure: str, command: str) -> None:
    say(failure)
    if command == "make":  # the registry answers a pull with it
        print(failure)


def _stop(number: int, _: FrameType | None) -> None:
    raise _StopSignal(number)


def main() -> int:
    """Run the command that the arguments name, and return its exit code."""
    arguments = _parser().parse_args()
    os.umask(0o022)  # what is made goes into images
    # chroot and the like lie where not every root's PATH leads (`su` keeps a user's).
    os.environ["PATH"] = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGHUP, _stop)
    try:
        return _run(arguments)
    except AirgapError as error:
        _explain(str(error), arguments.command)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        place = f": {error.filename}" if error.filename else ""
        _explain(f"{error.strerror or error}{place}. {disk_advice()}", arguments.command)
    except KeyboardInterrupt as interrupt:
        number = interrupt.number if isinstance(interrupt, _StopSignal) else signal.SIGINT
        say(f"stopped by {signal.Signals(number).name}; the same command goes on from here")
        return 128 + number
    return 1


sys.exit(main())
