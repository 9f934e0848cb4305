"""A way from containers to a registry on the user's own loopback address: a tunnel through the host's client.

A function's own ``dag.host()`` is its container, not the user's machine. What the engine does resolve on the
user's machine are defaults of arguments (Dagger's core/modfunc.go, UserDefault.Value): so a module of three
lines is loaded whose one function takes a service and gives it back, with the wanted address as its default.
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


async def service(host: str, port: int) -> dagger.Service:
    """The user's ``host:port`` as a service to bind to containers.

    Raises:
        StepError: the engine doesn't give it.
    """
    name = f"loopback{port}"
    module = (
        dag.directory()
        .with_new_file("dagger.json", json.dumps({"name": name, "sdk": {"source": "dang"}, "source": "."}))
        .with_new_file("main.dang", _CODE.format(name=name.capitalize()))
        .as_module()
    )
    try:
        with _defaults(f"{name.upper()}_REGISTRY_SERVICE=tcp://{host}:{port}\n"):
            await module.serve()
            answer = await asyncio.to_thread(_ask, f"{{{name}{{registry{{id}}}}}}")
    except OSError as error:
        raise StepError([f"no tunnel to {host}:{port}: {error}"]) from None
    found = (answer.get("data") or {}).get(name, {}).get("registry")
    if not found:
        told = json.dumps(answer.get("errors", "the engine gave no service"))
        raise StepError([f"no tunnel to {host}:{port}: {told}: use an address that containers reach"])
    return dag.load_service_from_id(dagger.ServiceID(found["id"]))


@contextmanager
def _defaults(text: str) -> Generator[None]:
    """The file that the engine reads defaults from, where this program runs, while a module is loaded."""
    file = Path(".env")
    before = file.read_text(encoding="utf-8") if file.is_file() else None
    file.write_text(text, encoding="utf-8")
    try:
        yield
    finally:
        file.unlink() if before is None else file.write_text(before, encoding="utf-8")


def _ask(query: str) -> dict[str, dict[str, dict[str, dict[str, str]]]]:
    # The SDK knows only the types it was made with; the session's own address takes any query.
    token = base64.b64encode(f"{os.environ['DAGGER_SESSION_TOKEN']}:".encode()).decode()
    request = urllib.request.Request(
        f"http://127.0.0.1:{os.environ['DAGGER_SESSION_PORT']}/query",
        data=json.dumps({"query": query}).encode(),
        headers={"Content-Type": "application/json", "Authorization": f"Basic {token}"},
    )
    with urllib.request.urlopen(request, timeout=60) as response:  # noqa: S310
        return json.loads(response.read())
