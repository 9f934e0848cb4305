"""Registries for tests, services with host names: Debian's docker-registry, plain, with password or TLS.

The engine lets every container of a session reach a started service by its host name.
"""

import json
import socket
import urllib.request
import uuid
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import dagger
from dagger import dag

from ci.checks.report import Report
from ci.config import pins
from ci.image.built import BuiltImage
from ci.tools import containers
from ci.tools.containers import uncached
from ci.tools.registry import Access

SERVERS = Path(__file__).parent / "servers"
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


def host(name: str) -> str:
    """Return a host name that no other service has: test processes in one container share a session."""
    return f"{name}-{uuid.uuid4().hex[:8]}"


def installed() -> dagger.Container:
    """Python with docker-registry beside it."""
    install = (
        "apt-get -q update && apt-get -q install --yes --no-install-recommends docker-registry && "
        "rm -rf /var/lib/apt/lists/*"
    )
    return containers.tool_container().with_exec(["sh", "-ec", install])


def plain(name: str) -> dagger.Service:
    """Return a registry that takes everything from everyone."""
    return _service(name, _PLAIN)


def with_password(name: str) -> dagger.Service:
    """Return a registry that asks for USER and PASSWORD."""
    return _service(name, _PLAIN + _PASSWORD, {"/htpasswd": dag.file("htpasswd", HTPASSWD + "\n")})


def with_tls(name: str) -> tuple[dagger.Service, dagger.File]:
    """Return a registry whose certificate is of a CA of its own; and the CA's certificate."""
    made = (
        installed()
        .with_workdir("/made")
        .with_exec(["sh", "-ec", _CERTIFICATE, "sh", name])
        .directory("/made")
    )
    files = {f"/tls/registry.{kind}": made.file(f"registry.{kind}") for kind in ("crt", "key")}
    return _service(name, _PLAIN + _TLS, files), made.file("ca.crt")


def counting(name: str, upstream: str) -> dagger.Service:
    """Return a proxy for the registry at HOST:PORT, which fails nothing and counts what goes through it."""
    return (
        uncached(containers.tool_container())
        .with_mounted_directory("/servers", dag.host().directory(str(SERVERS)))
        .with_exposed_port(PORT)
        .as_service(
            args=[
                *("python", "-B", "/servers/faulty_proxy.py"),
                *("--port", str(PORT), "--upstream", upstream),
            ]
        )
        .with_hostname(name)
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


def _service(name: str, config: str, files: Mapping[str, dagger.File] | None = None) -> dagger.Service:
    server = uncached(installed()).with_mounted_file("/config.yml", dag.file("config.yml", config))
    for path, file in (files or {}).items():
        server = server.with_mounted_file(path, file)
    started = server.with_exposed_port(PORT).as_service(args=["docker-registry", "serve", "/config.yml"])
    return started.with_hostname(name)


def clients() -> dagger.Container:
    """Return a container with regctl and cosign, whose calls are run and not remembered."""
    return (
        uncached(containers.tool_container())
        .with_mounted_file(
            "/usr/local/bin/regctl", dag.container().from_(pins.image("regctl")).file("/regctl")
        )
        .with_mounted_file(
            "/usr/local/bin/cosign", dag.container().from_(pins.image("cosign")).file("/ko-app/cosign")
        )
    )


_ASK = """
import socket, sys, time, urllib.error, urllib.request
asked = urllib.request.Request(sys.argv[1], method=sys.argv[2])
for last in (False, False, False, False, True):
    try:
        print(urllib.request.urlopen(asked).read().decode())
        break
    except urllib.error.URLError as error:
        if last or not isinstance(error.reason, socket.gaierror):
            raise
        time.sleep(1)  # a service that has just started may have no name yet
"""


async def ask(url: str, method: str = "GET") -> str:
    """Return the answer to a request."""
    return await uncached(containers.tool_container()).with_exec(["python", "-c", _ASK, url, method]).stdout()


async def counts(proxy: str) -> dict[str, dict[str, int]]:
    """Return what went through the proxy at HOST:PORT since it was asked last."""
    return json.loads(await ask(f"http://{proxy}/__reset"))


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


async def passed(images: Sequence[BuiltImage], *_: object) -> Mapping[str, Report]:
    """Return the reports of a gate that every image passes: what is tested comes after."""
    return {image.dag_type.name: Report(subject="a test") for image in images}
