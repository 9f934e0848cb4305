"""Read an image with Trivy: what it is made of, and what is wrong with its files, all at the same time.

    python trivy.py JOB.json IMAGE FOLDER [no-secrets]

JOB.json: {NAME: COMMAND}, commands of Trivy on the layout IMAGE that write NAME.json into the folder: sbom
(CycloneDX), licenses, misconfigurations, and secrets on the layout PART. Beside them come packages.json, and
answer.json: {"java": true} where the image holds Java archives and Trivy needs its database of them.

Secrets take Trivy longer than all else: they are looked for in the layers that weren't read before, which is
what PART has, or in none.

packages.json is the SBOM without all that names the image or this run: for equal packages it has equal bytes,
so that what is known about them is looked up once. Trivy needs seconds to load its checks of configuration:
where an image was read before and this one adds no file that they look at, the result stays.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
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
MISCONFIGURATIONS, SECRETS = "misconfigurations", "secrets"
NO_SECRETS = "no-secrets"
PART = Path("/tmp/part")  # noqa: S108 - of the container
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
        self.entry: Json = index["manifests"][0]
        self.manifest = self._json(self.entry["digest"])
        self.config = self._json(self.manifest["config"]["digest"])
        settings: Json = self.config.get("config") or {}
        history: list[Json] = self.config.get("history") or []
        steps = [str(entry.get("created_by", "")) for entry in history]
        self.settings: Json = {
            "config": {key: value for key, value in settings.items() if key != "Labels"},
            "steps": [one for one in steps if not one.startswith(OWN)],
        }
        self.layers: list[str] = [layer["digest"] for layer in self.manifest["layers"]]

    def adds_configuration(self, before: Json) -> bool:
        """Return whether it has other settings than an image read before, or more files of configuration."""
        new = [layer for layer in self.layers if layer not in before["layers"]]
        same = self.settings == before["settings"] and set(before["layers"]) <= set(self.layers)
        return not same or any(self._has_configuration(layer) for layer in new)

    def write_part(self, folder: Path, layers: list[str]) -> None:
        """Write a layout of the image with these layers alone."""
        blobs = folder / "blobs/sha256"
        blobs.mkdir(parents=True)

        def described(value: Json, entry: Json) -> Json:
            content = json.dumps(value).encode()
            name = hashlib.sha256(content).hexdigest()
            (blobs / name).write_bytes(content)
            return {**entry, "digest": f"sha256:{name}", "size": len(content)}

        numbers = [number for number, layer in enumerate(self.layers) if layer in layers]
        for layer in layers:
            (blobs / layer.partition(":")[2]).symlink_to(self._blob(layer).resolve())
        ids: list[str] = self.config["rootfs"]["diff_ids"]
        rootfs = {**self.config["rootfs"], "diff_ids": [ids[number] for number in numbers]}
        config = described({**self.config, "rootfs": rootfs}, self.manifest["config"])
        entries = [self.manifest["layers"][number] for number in numbers]
        entry = described({**self.manifest, "config": config, "layers": entries}, self.entry)
        index = {"schemaVersion": 2, "manifests": [entry]}
        (folder / "index.json").write_text(json.dumps(index), encoding="utf-8")

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


class Secrets:
    """The secrets of an image: those of layers that were read before, and those of its other ones."""

    def __init__(self, out: Path) -> None:
        """Take what was read before, where anything was."""
        self._file, self._known = out / f"{SECRETS}.json", out / "known-secrets.json"
        known: Json = {"layers": [], "results": []}
        if self._known.is_file():
            known = json.loads(self._known.read_text(encoding="utf-8"))
        self.layers: list[str] = known["layers"]
        self._results: list[Json] = known["results"]

    def write(self, image: Image, *, looked: bool) -> None:
        """Write the report on the whole image; of layers in which nobody looked, it names none."""
        report: Json = {"ArtifactName": ROOT}
        if looked:
            report = json.loads(self._file.read_text(encoding="utf-8"))
        # The settings of the image alone count: the earlier ones are those of what it is built on.
        kept = [one for one in self._results if one["Target"] != report["ArtifactName"]]
        results: list[Json] = [*kept, *(report.get("Results") or [])]
        known: Json = {"layers": sorted({*self.layers, *image.layers}), "results": results}
        self._file.write_text(json.dumps({**report, "Results": results}), encoding="utf-8")
        self._known.write_text(json.dumps(known), encoding="utf-8")


def main(job_file: str, layout: str, folder: str, without: str = "") -> None:
    """Run the commands, and write the files; end with the errors of Trivy where it failed."""
    job: dict[str, list[str]] = json.loads(Path(job_file).read_text(encoding="utf-8"))
    image, out = Path(layout), Path(folder)
    read, known = Image(image), out / "read.json"
    if known.is_file() and not read.adds_configuration(json.loads(known.read_text(encoding="utf-8"))):
        del job[MISCONFIGURATIONS]
    else:  # the layers that the next result stays for are those of this one
        known.write_text(json.dumps({"settings": read.settings, "layers": read.layers}), encoding="utf-8")
    secrets, look = Secrets(out), without != NO_SECRETS
    if not look:
        del job[SECRETS]
    else:
        shutil.rmtree(PART, ignore_errors=True)
        read.write_part(PART, [layer for layer in read.layers if layer not in secrets.layers])
    with ThreadPoolExecutor() as pool:
        results = dict(zip(job, pool.map(run, job.values()), strict=True))
    java = results["sbom"].returncode != 0 and JAVA in results["sbom"].stderr
    failed = [one for name, one in results.items() if one.returncode and not (java and name == "sbom")]
    if failed:
        sys.exit("\n".join(dict.fromkeys(one.stderr.strip() for one in failed)))
    (out / "answer.json").write_text(json.dumps({"java": java}), encoding="utf-8")
    if java:
        return
    secrets.write(read, looked=look)
    document = json.loads((out / "sbom.json").read_text(encoding="utf-8"))
    text = json.dumps(packages(document), sort_keys=True, separators=(",", ":"))
    (out / "packages.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
