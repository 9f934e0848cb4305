"""The analysis of an image: its files, equal bytes for equal packages, and failures of Trivy."""

import hashlib
import io
import json
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest

from ci.tools.programs import trivy

TRIVY = """
import pathlib, sys
file, text, error = sys.argv[1:]
if error:
    sys.exit(error)
pathlib.Path(file).write_text(text)
"""


def document(number: int, layers: str = "one") -> dict[str, Any]:
    """Return an SBOM as two runs write it for images with the same packages: random names in any order."""
    system, twin, other = (f"{number}{digit}000000-0000-4000-8000-000000000000" for digit in "abc")
    root = f"{number}d000000-0000-4000-8000-000000000000"
    zeep = {"type": "library", "name": "zeep", "purl": "pkg:pypi/zeep@4.3.2"}
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{number}e000000-0000-4000-8000-000000000000",
        "version": 1,
        "metadata": {
            "timestamp": f"2026-01-0{number}T00:00:00+00:00",
            "tools": {"components": [{"name": "trivy", "version": "0.70.0"}]},
            "component": {
                "bom-ref": root,
                "type": "container",
                "name": "/mnt/image",
                "properties": [{"name": "aquasecurity:trivy:DiffID", "value": layers}],
            },
        },
        "components": sorted(
            [
                {"bom-ref": system, "type": "operating-system", "name": "debian", "version": "12.11"},
                {"bom-ref": "pkg:deb/debian/bash@5", "type": "library", "name": "bash"},
                {"bom-ref": twin, **zeep},
                {"bom-ref": other, **zeep},
            ],
            key=lambda one: str(hash((number, one["bom-ref"]))),
        ),
        "dependencies": [
            {"ref": root, "dependsOn": [system, other, twin]},
            {"ref": system, "dependsOn": ["pkg:deb/debian/bash@5"]},
        ],
    }


def test_images_with_the_same_packages_have_the_same_bytes() -> None:
    one, two = (json.dumps(trivy.packages(document(number, f"layer {number}"))) for number in (1, 2))
    assert one == two
    parsed = json.loads(one)
    assert len({component["bom-ref"] for component in parsed["components"]}) == 4
    refs = {"image", *(component["bom-ref"] for component in parsed["components"])}
    assert all({need["ref"], *need["dependsOn"]} <= refs for need in parsed["dependencies"])
    assert len(next(need for need in parsed["dependencies"] if need["ref"] == "image")["dependsOn"]) == 3
    other = document(1)
    other["components"][0]["version"] = "another"
    assert trivy.packages(other) != parsed


def layout(folder: Path, layers: list[list[str]], **config: Any) -> Path:  # noqa: ANN401 - JSON
    """Return an OCI layout of an image with layers of files with these names."""
    blobs = folder / "blobs/sha256"
    blobs.mkdir(parents=True, exist_ok=True)

    def blob(content: bytes) -> dict[str, str]:
        name = hashlib.sha256(content).hexdigest()
        (blobs / name).write_bytes(content)
        return {"digest": f"sha256:{name}"}

    def layer(names: list[str]) -> dict[str, str]:
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w") as files:
            for name in names:
                files.addfile(tarfile.TarInfo(name))
        return blob(packed.getvalue())

    history = [{"created_by": f"airflow-images: {len(layers)}"}]
    rootfs = {"type": "layers", "diff_ids": ["/".join(names) for names in layers]}
    described = blob(json.dumps({"config": config, "history": history, "rootfs": rootfs}).encode())
    manifest = blob(json.dumps({"config": described, "layers": [layer(names) for names in layers]}).encode())
    (folder / "index.json").write_text(json.dumps({"manifests": [manifest]}))
    return folder


BASE = [["etc/values.yaml"]]
LEAKS = """
import json, pathlib, sys
file, _, error = sys.argv[1:]
part = pathlib.Path(file).parent / "part"
if error:
    sys.exit(error)
def blob(entry):
    return json.loads((part / "blobs/sha256" / entry["digest"][7:]).read_text())
index = json.loads((part / "index.json").read_text())
manifest = blob(index["manifests"][0])
names = blob(manifest["config"])["rootfs"]["diff_ids"]
assert len(names) == len(manifest["layers"])
assert all((part / "blobs/sha256" / one["digest"][7:]).is_file() for one in manifest["layers"])
results = [{"Target": name} for name in (*names, "image")]
pathlib.Path(file).write_text(json.dumps({"ArtifactName": "image", "Results": results}))
"""


def analyse(folder: Path, image: Path | None = None, *flags: str, **errors: str) -> dict[str, Any]:
    """Return the answer on an image, where commands of Trivy end with these errors."""

    def command(name: str, program: str) -> list[str]:
        file, error = str(folder / f"{name}.json"), errors.get(name, "")
        return [sys.executable, "-c", program, file, json.dumps(document(1)), error]

    names = ("sbom", "licenses", "misconfigurations")
    job = {**{name: command(name, TRIVY) for name in names}, "secrets": command("secrets", LEAKS)}
    (folder / "job.json").write_text(json.dumps(job))
    image = image or layout(folder, BASE)
    trivy.main(str(folder / "job.json"), str(image), str(folder), *flags)
    return json.loads((folder / "answer.json").read_text())


def leaks(folder: Path) -> list[str]:
    """Return the places of the secrets in the last report."""
    return [result["Target"] for result in json.loads((folder / "secrets.json").read_text())["Results"]]


@pytest.fixture(autouse=True)
def part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Have the layout with new layers in a folder of the test."""
    monkeypatch.setattr(trivy, "PART", tmp_path / "part")
    return trivy.PART


def test_secrets_are_looked_for_in_layers_that_were_not_read_before(tmp_path: Path) -> None:
    base = layout(tmp_path / "base", BASE)
    analyse(tmp_path, base)
    assert leaks(tmp_path) == ["etc/values.yaml", "image"]
    packages = layout(tmp_path / "packages", [*BASE, ["lib/a.py"]])
    (packages / "blobs/sha256" / trivy.Image(base).layers[0][7:]).unlink()  # it needs no layer of the base
    analyse(tmp_path, packages)
    # What the image's settings hold is told once, whatever it is built on.
    assert leaks(tmp_path) == ["etc/values.yaml", "lib/a.py", "image"]
    whole = layout(tmp_path / "whole", [*BASE, ["lib/a.py"], ["dags/b.py"]])
    analyse(tmp_path, whole)
    assert leaks(tmp_path) == ["etc/values.yaml", "lib/a.py", "dags/b.py", "image"]


def test_of_a_public_base_no_secret_is_looked_for(tmp_path: Path) -> None:
    analyse(tmp_path, layout(tmp_path / "base", BASE), trivy.NO_SECRETS, secrets="looked")
    assert leaks(tmp_path) == []
    analyse(tmp_path, layout(tmp_path / "image", [*BASE, ["dags/b.py"]]))
    assert leaks(tmp_path) == ["dags/b.py", "image"]


def test_what_was_read_is_known_only_after_all_commands(tmp_path: Path) -> None:
    base, image = (layout(tmp_path / name, [[name]]) for name in ("base", "own"))
    analyse(tmp_path, base)
    analyse(tmp_path, image, sbom="FATAL: Java DB is required")
    analyse(tmp_path, image)
    assert leaks(tmp_path) == ["base", "own", "image"]


def test_an_image_gives_its_packages_and_what_is_wrong_with_its_files(tmp_path: Path) -> None:
    assert analyse(tmp_path) == {"java": False}
    names = {file.name for file in tmp_path.iterdir()}
    assert {"sbom.json", "packages.json", "licenses.json", "misconfigurations.json"} <= names


def test_java_archives_without_their_database_are_an_answer_other_errors_are_trivys(tmp_path: Path) -> None:
    assert analyse(tmp_path, sbom="FATAL: Java DB is required") == {"java": True}
    with pytest.raises(SystemExit, match=r"\Ano such file\nbroken\Z"):
        analyse(tmp_path, sbom="no such file", licenses="broken")
    with pytest.raises(SystemExit, match=r"\Abroken\Z"):
        analyse(tmp_path, sbom="FATAL: Java DB is required", licenses="broken")


@pytest.mark.parametrize(
    ("layers", "config", "again"),
    [
        ([*BASE, ["dags/one.py", "dags/sql/one.sql"]], {}, False),
        ([*BASE, ["dags/one.py"]], {"Labels": {"commit": "1"}}, False),
        ([*BASE, ["dags/one.py"]], {"User": "root"}, True),
        ([*BASE, ["dags/one.py", "dags/pod.yaml"]], {}, True),
        ([*BASE, ["dags/Dockerfile.py"]], {}, True),
        ([*BASE, [".wh.dags"]], {}, True),
        ([["dags/one.py"]], {}, True),
    ],
)
def test_configuration_is_checked_again_only_where_there_is_more_of_it(
    layers: list[list[str]], config: dict[str, Any], *, again: bool, tmp_path: Path
) -> None:
    analyse(tmp_path, layout(tmp_path / "base", BASE))
    image = layout(tmp_path / "image", layers, **config)
    if again:
        with pytest.raises(SystemExit, match="loaded the checks"):
            analyse(tmp_path, image, misconfigurations="loaded the checks")
    else:
        analyse(tmp_path, image, misconfigurations="loaded the checks")
        assert (tmp_path / "misconfigurations.json").is_file()


def test_a_layer_that_this_python_cannot_read_may_hold_configuration(tmp_path: Path) -> None:
    before: dict[str, Any] = {"settings": trivy.Image(layout(tmp_path, BASE)).settings, "layers": []}
    image = trivy.Image(layout(tmp_path, [["a.py"]]))
    assert not image.adds_configuration(before)
    (tmp_path / "blobs/sha256" / image.layers[0][7:]).write_bytes(b"zstd")
    assert image.adds_configuration(before)
