"""The local registry by its plain HTTP interface (OCI distribution specification)."""

import json
import urllib.error
import urllib.request
from typing import Any

DATABASE = "airflow-images/test-advisories"
_TAG = "2"  # of the database's schema
_ACCEPT = "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json"


class Registry:
    """A registry at an address such as 127.0.0.1:5000."""

    def __init__(self, address: str) -> None:
        """Speak plain HTTP to an address."""
        self.address = address

    def tags(self, repository: str) -> dict[str, str]:
        """Return the tags of a repository with the digests they point to; none where it does not exist."""
        try:
            names: list[str] = json.loads(self._ask("GET", f"{repository}/tags/list")[1]).get("tags") or []
        except urllib.error.HTTPError as error:
            if error.code != 404:
                raise
            return {}
        return {name: self._ask("HEAD", f"{repository}/manifests/{name}")[0] for name in names}

    def images(self, repository: str) -> dict[str, str]:
        """Return the same without the tags that signatures are kept under."""
        return {
            name: digest for name, digest in self.tags(repository).items() if not name.startswith("sha256-")
        }

    def vouch(self, repository: str) -> str:
        """Copy airgap's database of made-up advisories, as one that says it is real; gives its reference."""
        manifest: dict[str, Any] = json.loads(self._ask("GET", f"{DATABASE}/manifests/{_TAG}")[1])
        manifest["annotations"] = {}
        for blob in (manifest["config"], *manifest["layers"]):
            self._ask("POST", f"{repository}/blobs/uploads/?mount={blob['digest']}&from={DATABASE}")
        self._ask(
            "PUT", f"{repository}/manifests/{_TAG}", json.dumps(manifest).encode(), manifest["mediaType"]
        )
        return f"{self.address}/{repository}:{_TAG}"

    def _ask(self, method: str, path: str, data: bytes | None = None, kind: str = "") -> tuple[str, bytes]:
        """Return the digest that the registry names, and what it sends."""
        headers = {"Accept": _ACCEPT, **({"Content-Type": kind} if kind else {})}
        request = urllib.request.Request(f"http://{self.address}/v2/{path}", data, headers, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - our own address
            return answer.headers.get("Docker-Content-Digest", ""), answer.read()
