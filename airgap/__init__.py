"""Engine, tools, registry and images for Dagger from package registries alone: `python3 -m airgap --help`."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - a user may start it with any Python
    raise SystemExit(f"airgap needs Python 3.11 or newer; {sys.executable} is {sys.version.split()[0]}")
