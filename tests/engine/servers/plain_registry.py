"""What a registry holds, asked in plain HTTP with the standard library: nothing is tried again."""

import http.client
import json

from small_images import INDEX, MANIFEST, digest

Tags = dict[str, str]


class PlainRegistry:
    """One registry at HOST:PORT, over one connection."""

    def __init__(self, address: str) -> None:
        self._connection = http.client.HTTPConnection(address, timeout=30)

    def tags(self, repository: str) -> Tags:
        """Return the digest that each tag of a repository points to, computed from what is there."""
        status, content = self._get(f"{repository}/tags/list")
        if status == 404:
            return {}
        names: list[str] = json.loads(content)["tags"] or []
        return {name: self._digest(repository, name) for name in names}

    def damage(self, repository: str, tags: Tags) -> list[str]:
        """Return a sentence for all that tags lead to and that isn't there with its digest."""
        return [
            f"{'/'.join(sorted(tag for tag in tags if tags[tag] == found))}: {problem}"
            for found in sorted(set(tags.values()))
            for problem in self._incomplete(repository, found)
        ]

    def _incomplete(self, repository: str, wanted: str) -> list[str]:
        status, content = self._get(f"{repository}/manifests/{wanted}")
        if status != 200 or digest(content) != wanted:
            return [f"the manifest {wanted}: {status}, {digest(content)}"]
        top = json.loads(content)
        if "manifests" in top:
            return [p for item in top["manifests"] for p in self._incomplete(repository, item["digest"])]
        problems: list[str] = []
        for item in (top["config"], *top["layers"]):
            status, content = self._get(f"{repository}/blobs/{item['digest']}")
            if status != 200 or digest(content) != item["digest"] or len(content) != item["size"]:
                problems.append(f"the blob {item['digest']}: {status}, {digest(content)}")
        return problems

    def _digest(self, repository: str, tag: str) -> str:
        status, content = self._get(f"{repository}/manifests/{tag}")
        return digest(content) if status == 200 else f"status {status}"

    def _get(self, path: str) -> tuple[int, bytes]:
        self._connection.request("GET", f"/v2/{path}", headers={"Accept": f"{MANIFEST}, {INDEX}"})
        answer = self._connection.getresponse()
        return answer.status, answer.read()
