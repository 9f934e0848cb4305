"""A tunnel from containers to a registry on the user's own loopback address.

A function's own ``dag.host()`` is its container, not the user's machine. The engine does resolve defaults of
arguments on the user's machine (Dagger's core/modfunc.go, UserDefault.Value). So a module of three lines is
loaded whose one function returns the service that it is given, and the address becomes its default.
"""

import asyncio
import base64
import json
import os
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import dagger
from dagger import dag

from ..errors import StepError

_CODE = "type {name} {{\n  pub registry(service: Service): Service {{ service }}\n}}\n"
_one_at_a_time = asyncio.Lock()  # all write the same file


async def service(host: str, port: int) -> dagger.Service:
    """Return the user's ``host:port`` as a service to bind to containers; raise StepError for none."""
    name = f"loopback{port}"
    module = (
        dag.directory()
        .with_new_file("dagger.json", json.dumps({"name": name, "sdk": {"source": "dang"}, "source": "."}))
        .with_new_file("main.dang", _CODE.format(name=name.capitalize()))
        .as_module()
    )
    try:
        async with _one_at_a_time:
            with env_file(f"{name.upper()}_REGISTRY_SERVICE=tcp://{host}:{port}\n"):
                await module.serve()
                answer = await asyncio.to_thread(_ask, f"{{{name}{{registry{{id}}}}}}")
    except OSError as error:
        raise StepError([f"could not open a tunnel to {host}:{port}: {error}"]) from None
    registry = (answer.get("data") or {}).get(name, {}).get("registry")
    if not registry:
        reason = json.dumps(answer.get("errors", "the engine gave no service"))
        remedy = "use an address that containers reach"
        raise StepError([f"could not open a tunnel to {host}:{port}: {reason}: {remedy}"])
    return dag.load_service_from_id(dagger.ServiceID(registry["id"]))


@contextmanager
def env_file(text: str) -> Generator[None]:
    """Write the file that the engine reads defaults from; remove or restore it at the end."""
    file = Path(".env")
    before = file.read_text(encoding="utf-8") if file.is_file() else None
    try:
        file.write_text(text, encoding="utf-8")
        yield
    finally:
        file.unlink(missing_ok=True) if before is None else file.write_text(before, encoding="utf-8")


def _ask(query: str) -> dict[str, dict[str, dict[str, dict[str, str]]]]:
    # The SDK knows only the types that it was generated with; the session's own address takes any query.
    token = base64.b64encode(f"{os.environ['DAGGER_SESSION_TOKEN']}:".encode()).decode()
    request = urllib.request.Request(
        f"http://127.0.0.1:{os.environ['DAGGER_SESSION_PORT']}/query",
        data=json.dumps({"query": query}).encode(),
        headers={"Content-Type": "application/json", "Authorization": f"Basic {token}"},
    )
    with urllib.request.urlopen(request, timeout=60) as response:  # noqa: S310
        return json.loads(response.read())
