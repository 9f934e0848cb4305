"""The local registry: one folder of OCI layouts, served on loopback and on the bridge."""

import http.client
import json
import os
import shutil
import time
from pathlib import Path
from typing import Any

from airgap import detached
from airgap.errors import AirgapError
from airgap.instance import Instance
from airgap.processes import Process

TAG = "org.opencontainers.image.ref.name"
"""The annotation that names a tag in an OCI layout."""
_GRACE = 10.0  # seconds a registry may take to stop


def start(instance: Instance, program: Path) -> None:
    """Start the registry, if it doesn't run, and wait until both of its addresses answer."""
    record = instance.run / "registry.process"
    current = detached.running(record)
    if current and _runs(current, program) and all(map(answers, instance.registry_addresses)):
        return
    stop(instance)
    folder, log = instance.state / "registry", instance.state / "registry.log"
    folder.mkdir(parents=True, exist_ok=True)
    process = detached.start(
        [program, folder, instance.recipe, *instance.registry_addresses],
        record=record,
        log=log,
        env={"PATH": os.defpath},
    )
    end = time.monotonic() + 10
    while not all(answers(address) for address in instance.registry_addresses):
        if not process.alive() or time.monotonic() > end:
            process.stop(_GRACE)
            raise AirgapError(_failure(instance, log))
        time.sleep(0.02)


def _runs(process: Process, program: Path) -> bool:
    """Whether the process is that very program, not one made from former inputs."""
    try:
        return Path(f"/proc/{process.pid}/exe").readlink() == program.resolve()
    except OSError:
        return False


def _failure(instance: Instance, log: Path) -> str:
    text = log.read_text(errors="replace")
    if "address already in use" in text:
        return (
            f"the registry can't listen on {' and '.join(instance.registry_addresses)}: "
            f"port {instance.port} is taken. Set AIRGAP_PORT to a free one"
        )
    return f"the registry did not start; log: {log}{detached.log_tail(log)}"


def stop(instance: Instance) -> bool:
    """Stop the registry that was started here; return whether one ran."""
    process = detached.running(instance.run / "registry.process")
    if process:
        process.stop(_GRACE)
    (instance.run / "registry.process").unlink(missing_ok=True)
    return process is not None


def answers(address: str) -> bool:
    """Whether a registry answers at host:port."""
    connection = http.client.HTTPConnection(address, timeout=2)
    try:
        connection.request("GET", "/v2/")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def place(repository: str, tag: str, layout: Path, store: Path) -> bool:
    """Give an OCI layout's image a name in the registry's folder; return whether anything changed.

    `repository` is registry and repository in one, as docker.io/library/python. Everything else that it holds
    stays: other tags, pushed images, signatures. The layout must hold exactly one image.
    """
    target = store / repository
    entries = _index(layout)
    if len(entries) != 1:
        raise AirgapError(f"{layout} holds {len(entries)} images; expected exactly one")
    entry = {key: entries[0][key] for key in ("mediaType", "digest", "size")} | {"annotations": {TAG: tag}}
    present = _index(target) if (target / "index.json").exists() else []
    if entry in present and (target / "oci-layout").exists():
        return False
    _link_blobs(layout / "blobs" / "sha256", target / "blobs" / "sha256")
    kept = [other for other in present if other.get("annotations", {}).get(TAG) != tag]
    # An image that only lost its tag stays reachable by digest, as after any push of a tag that moves.
    untagged = [
        {key: value for key, value in other.items() if key != "annotations"}
        for other in present
        if other.get("annotations", {}).get(TAG) == tag and other["digest"] != entry["digest"]
    ]
    _write(target / "oci-layout", {"imageLayoutVersion": "1.0.0"})
    index: dict[str, Any] = json.loads((target / "index.json").read_text()) if present else {}
    media_type = "application/vnd.oci.image.index.v1+json"
    _write(
        target / "index.json",
        {**index, "schemaVersion": 2, "mediaType": media_type, "manifests": [*kept, *untagged, entry]},
    )
    return True


def withdraw(repository: str, tag: str, store: Path) -> None:
    """Take a tag away from the registry's folder, if it is there; its image stays reachable by digest."""
    if not has(repository, tag, store):
        return
    target = store / repository
    index: dict[str, Any] = json.loads((target / "index.json").read_text())
    for entry in index["manifests"]:
        if entry.get("annotations", {}).get(TAG) == tag:
            del entry["annotations"][TAG]
    _write(target / "index.json", index)


def has(repository: str, tag: str, store: Path) -> bool:
    """Whether the registry's folder has a tag."""
    target = store / repository
    entries = _index(target) if (target / "index.json").exists() else []
    return any(entry.get("annotations", {}).get(TAG) == tag for entry in entries)


def digest_of(layout: Path) -> str:
    """Return the digest of the one image that a layout holds."""
    return str(_index(layout)[0]["digest"])


def _index(layout: Path) -> list[dict[str, Any]]:
    return json.loads((layout / "index.json").read_text())["manifests"]


def _link_blobs(source: Path, target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    for blob in source.iterdir():
        place = target / blob.name
        if place.exists():
            continue
        partial = place.with_name(f".{blob.name}.new")
        partial.unlink(missing_ok=True)
        try:
            partial.hardlink_to(blob)
        except OSError:  # another file system
            shutil.copyfile(blob, partial)
        partial.rename(place)


def _write(path: Path, content: dict[str, Any]) -> None:
    partial = path.with_name(f".{path.name}.new")
    partial.write_text(json.dumps(content))
    partial.replace(path)
