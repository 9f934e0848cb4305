"""Read an image with Trivy: what it is made of, and what is wrong with its files, all at the same time.

    python trivy.py JOB.json IMAGE FOLDER

JOB.json: {NAME: COMMAND}, commands of Trivy on the layout IMAGE that write NAME.json into the folder: sbom
(CycloneDX), files, misconfigurations. Beside them come packages.json, and answer.json: {"java": true} where
the image holds Java archives and Trivy needs its database of them.

packages.json is the SBOM without all that names the image or this run: for equal packages it has equal bytes,
so that what is known about them is looked up once. Trivy needs seconds to load its checks of configuration:
where an image was read before and this one adds no file that they look at, the result stays.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
import tarfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

Json = dict[str, Any]

JAVA = "Java DB"  # in Trivy's error where an image holds Java archives and there is no database
ROOT = "image"
MISCONFIGURATIONS = "misconfigurations"
OWN = "airflow-images: "  # what this project's layers have in an image's history
# Endings of files that no check of configuration looks at, by Trivy's pkg/fanal/analyzer/config.
CONTAINERFILES = ("dockerfile", "containerfile")
CODE = (".py", ".pyc", ".sql", ".md")
RANDOM = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def packages(document: Json) -> Json:
    """Return a CycloneDX document of Trivy's without the image's identity, random names and times."""
    root: Json = document["metadata"]["component"]
    components: list[Json] = document["components"]
    dependencies: list[Json] = document["dependencies"]
    names = {root["bom-ref"]: ROOT, **stable_names(components)}

    def stable(name: str) -> str:
        return names.get(name, name)

    needs = {stable(one["ref"]): sorted({*map(stable, one["dependsOn"])}) for one in dependencies}
    renamed = {stable(one["bom-ref"]): {**one, "bom-ref": stable(one["bom-ref"])} for one in components}
    return {
        **{key: document[key] for key in ("$schema", "bomFormat", "specVersion", "version")},
        "metadata": {
            "tools": document["metadata"]["tools"],
            "component": {"bom-ref": ROOT, "type": root["type"], "name": ROOT},
        },
        "components": [component for _, component in sorted(renamed.items())],
        "dependencies": [{"ref": ref, "dependsOn": needed} for ref, needed in sorted(needs.items())],
    }


def stable_names(components: list[Json]) -> dict[str, str]:
    """Return names for random ones, from what they name; of equal components each has its number."""
    equal: Counter[str] = Counter()
    names: dict[str, str] = {}
    for component in components:
        if RANDOM.fullmatch(component["bom-ref"]):
            text = json.dumps({**component, "bom-ref": ""}, sort_keys=True)
            content = hashlib.sha256(text.encode()).hexdigest()[:32]
            names[component["bom-ref"]] = f"{content}-{equal[content]}"
            equal[content] += 1
    return names


class Image:
    """What an image has that checks of configuration look at: settings, and layers with files."""

    def __init__(self, layout: Path) -> None:
        """Read an OCI layout of one image; layers may be missing in it."""
        self.layout = layout
        index = json.loads((layout / "index.json").read_text(encoding="utf-8"))
        manifest = self._json(index["manifests"][0]["digest"])
        config = self._json(manifest["config"]["digest"])
        settings: Json = config.get("config") or {}
        history: list[Json] = config.get("history") or []
        steps = [str(entry.get("created_by", "")) for entry in history]
        self.settings: Json = {
            "config": {key: value for key, value in settings.items() if key != "Labels"},
            "steps": [one for one in steps if not one.startswith(OWN)],
        }
        self.layers: list[str] = [layer["digest"] for layer in manifest["layers"]]

    def adds_configuration(self, before: Json) -> bool:
        """Return whether it has other settings than an image read before, or more files of configuration."""
        new = [layer for layer in self.layers if layer not in before["layers"]]
        same = self.settings == before["settings"] and set(before["layers"]) <= set(self.layers)
        return not same or any(self._has_configuration(layer) for layer in new)

    def _has_configuration(self, layer: str) -> bool:
        try:
            with tarfile.open(self._blob(layer)) as files:
                names = [Path(entry.name).name.lower() for entry in files if not entry.isdir()]
        except (OSError, tarfile.TarError):  # such as one that this Python can't decompress
            return True
        return any(not name.endswith(CODE) or name.startswith(CONTAINERFILES) for name in names)

    def _json(self, digest: str) -> Json:
        return json.loads(self._blob(digest).read_text(encoding="utf-8"))

    def _blob(self, digest: str) -> Path:
        return self.layout / "blobs" / Path(*digest.split(":"))


def run(command: list[str]) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603


def main(job_file: str, layout: str, folder: str) -> None:
    """Run the commands, and write the files; end with the errors of Trivy where it failed."""
    job: dict[str, list[str]] = json.loads(Path(job_file).read_text(encoding="utf-8"))
    image, out = Path(layout), Path(folder)
    read, known = Image(image), out / "read.json"
    if known.is_file() and not read.adds_configuration(json.loads(known.read_text(encoding="utf-8"))):
        del job[MISCONFIGURATIONS]
    else:  # the layers that the next result stays for are those of this one
        known.write_text(json.dumps({"settings": read.settings, "layers": read.layers}), encoding="utf-8")
    with ThreadPoolExecutor() as pool:
        results = dict(zip(job, pool.map(run, job.values()), strict=True))
    java = results["sbom"].returncode != 0 and JAVA in results["sbom"].stderr
    failed = [one for name, one in results.items() if one.returncode and not (java and name == "sbom")]
    if failed:
        sys.exit("\n".join(dict.fromkeys(one.stderr.strip() for one in failed)))
    (out / "answer.json").write_text(json.dumps({"java": java}), encoding="utf-8")
    if java:
        return
    document = json.loads((out / "sbom.json").read_text(encoding="utf-8"))
    text = json.dumps(packages(document), sort_keys=True, separators=(",", ":"))
    (out / "packages.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
