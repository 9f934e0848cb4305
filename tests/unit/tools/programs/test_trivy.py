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
    described = blob(json.dumps({"config": config, "history": history}).encode())
    manifest = blob(json.dumps({"config": described, "layers": [layer(names) for names in layers]}).encode())
    (folder / "index.json").write_text(json.dumps({"manifests": [manifest]}))
    return folder


BASE = [["etc/values.yaml"]]


def analyse(
    folder: Path,
    image: Path | None = None,
    *,
    sbom: str = "",
    files: str = "",
    misconfigurations: str = "",
) -> dict[str, Any]:
    """Return the answer on an image, where Trivy's commands end with these errors."""

    def command(name: str, error: str) -> list[str]:
        return [sys.executable, "-c", TRIVY, str(folder / f"{name}.json"), json.dumps(document(1)), error]

    errors = {"sbom": sbom, "files": files, "misconfigurations": misconfigurations}
    (folder / "job.json").write_text(json.dumps({name: command(name, errors[name]) for name in errors}))
    image = image or layout(folder, BASE)
    trivy.main(str(folder / "job.json"), str(image), str(folder))
    return json.loads((folder / "answer.json").read_text())


def test_an_image_gives_its_packages_and_what_is_wrong_with_its_files(tmp_path: Path) -> None:
    assert analyse(tmp_path) == {"java": False}
    names = {file.name for file in tmp_path.iterdir()}
    assert {"sbom.json", "packages.json", "files.json", "misconfigurations.json"} <= names


def test_java_archives_without_their_database_are_an_answer_other_errors_are_trivys(tmp_path: Path) -> None:
    assert analyse(tmp_path, sbom="FATAL: Java DB is required") == {"java": True}
    with pytest.raises(SystemExit, match=r"\Ano such file\nbroken\Z"):
        analyse(tmp_path, sbom="no such file", files="broken")
    with pytest.raises(SystemExit, match=r"\Abroken\Z"):
        analyse(tmp_path, sbom="FATAL: Java DB is required", files="broken")


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
