"""Registries for tests, each a service of its own: Debian's docker-registry, plain, with password or TLS."""

import json
import socket
import urllib.request
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import dagger
import pytest
from dagger import dag

from ci import layers, registry, smoke
from ci.registry import Access
from ci.report import Report
from tests.engine.conftest import PROJECT, anew

SERVERS = PROJECT / "tests/engine/servers"
PORT = 5000
PLAIN = Access(plain_http=True)
USER = "publisher"
PASSWORD = "canary-5e1f0c9ad7b34c"  # noqa: S105 - of a test
# htpasswd -B with the above.
HTPASSWD = "publisher:$2y$05$LlFSI0MArrzPogaQE7dXbukNwYrAiI147imZ64kzEgWbu.bkFNTwm"

_PLAIN = """
version: 0.1
log: { level: warn }
storage:
  filesystem: { rootdirectory: /var/lib/docker-registry }
  delete: { enabled: true }
http:
  addr: ":5000"
"""
_TLS = "  tls: { certificate: /tls/registry.crt, key: /tls/registry.key }\n"
_PASSWORD = "auth:\n  htpasswd: { realm: test, path: /htpasswd }\n"  # noqa: S105
_CERTIFICATE = """
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj '/CN=a CA of a test' \
    -addext basicConstraints=critical,CA:TRUE -keyout ca.key -out ca.crt
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=registry \
    -keyout registry.key -out registry.csr
printf 'subjectAltName=DNS:%s' "$1" >names
openssl x509 -req -in registry.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 \
    -extfile names -out registry.crt
"""


def installed() -> dagger.Container:
    """Python with docker-registry beside it."""
    install = (
        "apt-get -q update && apt-get -q install --yes --no-install-recommends docker-registry && "
        "rm -rf /var/lib/apt/lists/*"
    )
    return layers.tool_container().with_exec(["sh", "-ec", install])


def plain() -> dagger.Service:
    """A registry that takes everything from everyone."""
    return _service(_PLAIN)


def with_password() -> dagger.Service:
    """A registry that asks for USER and PASSWORD."""
    return _service(_PLAIN + _PASSWORD, {"/htpasswd": dag.file("htpasswd", HTPASSWD + "\n")})


def with_tls(name: str) -> tuple[dagger.Service, dagger.File]:
    """A registry whose certificate, for that name, is of a CA of its own; and the CA's certificate."""
    made = (
        installed()
        .with_workdir("/made")
        .with_exec(["sh", "-ec", _CERTIFICATE, "sh", name])
        .directory("/made")
    )
    files = {f"/tls/registry.{kind}": made.file(f"registry.{kind}") for kind in ("crt", "key")}
    return _service(_PLAIN + _TLS, files), made.file("ca.crt")


def proxy(upstream: dagger.Service, *arguments: str) -> dagger.Service:
    """A faulty proxy before a registry; without arguments it only counts."""
    return (
        anew(layers.tool_container())
        .with_mounted_directory("/servers", dag.host().directory(str(SERVERS)))
        .with_service_binding("upstream", upstream)
        .with_exposed_port(PORT)
        .as_service(
            args=[
                "python",
                "-B",
                "/servers/faulty_proxy.py",
                "--port",
                str(PORT),
                "--upstream",
                f"upstream:{PORT}",
                *arguments,
            ]
        )
    )


@asynccontextmanager
async def running(*services: dagger.Service) -> AsyncGenerator[None]:
    """Keep services running, with what they hold, from one use to the next."""
    for service in services:
        await service.start()
    try:
        yield
    finally:
        for service in reversed(services):
            await service.stop(kill=True)


def _service(config: str, files: Mapping[str, dagger.File] | None = None) -> dagger.Service:
    server = anew(installed()).with_mounted_file("/config.yml", dag.file("config.yml", config))
    for path, file in (files or {}).items():
        server = server.with_mounted_file(path, file)
    return server.with_exposed_port(PORT).as_service(args=["docker-registry", "serve", "/config.yml"])


def beside(services: Mapping[str, dagger.Service]) -> dagger.Container:
    """A tool container that finds services by these names."""
    made = layers.tool_container()
    for name, service in services.items():
        made = made.with_service_binding(name, service)
    return made


def bind(monkeypatch: pytest.MonkeyPatch, services: Mapping[str, dagger.Service]) -> None:
    """Let the containers that ``ci/registry.py`` makes find services by these names."""
    tools = SimpleNamespace(
        tool_container=partial(beside, services), package=layers.package, anew=layers.anew
    )
    monkeypatch.setattr(registry, "layers", tools)


async def counts(proxied: dagger.Service) -> dict[str, dict[str, int]]:
    """What went through a proxy since it was asked last."""
    ask = (
        "import urllib.request as u; print(u.urlopen(u.Request('http://proxy:5000/__reset')).read().decode())"
    )
    asking = anew(layers.tool_container()).with_service_binding("proxy", proxied)
    return json.loads(await asking.with_exec(["python", "-c", ask]).stdout())


def beside_the_engine() -> list[str]:
    """HOST:PORT of a registry at the engine's own address, as airgap's with its referrers API; or none."""
    routes = Path("/proc/net/route").read_text(encoding="ascii").splitlines()[1:]
    gateways = [fields[2] for line in routes if (fields := line.split())[1] == "00000000"]
    found: list[str] = []
    for gateway in gateways:
        host = socket.inet_ntoa(bytes.fromhex(gateway)[::-1])
        with suppress(OSError), urllib.request.urlopen(f"http://{host}:{PORT}/v2/", timeout=2):
            found.append(f"{host}:{PORT}")
    return found


def pass_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every image pass the tests of the gate: what is tested comes after."""

    async def passed(*_: object) -> Report:
        return Report(subject="a test")

    monkeypatch.setattr(smoke, "test", passed)
