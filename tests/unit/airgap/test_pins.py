"""Versions and references, each read from the one place that has it."""

import json
from pathlib import Path

import pytest

from airgap import gotools, pins
from airgap.errors import AirgapError
from airgap.pins import Image

DIGEST = "sha256:" + "a" * 64


IMAGES = {
    "docker.io/library/python:3.13-slim": Image("docker.io", "library/python", "3.13-slim"),
    "ghcr.io/regclient/regctl:v0.11.7": Image("ghcr.io", "regclient/regctl", "v0.11.7"),
    "registry.example:5000/a:1": Image("registry.example:5000", "a", "1"),
    f"ghcr.io/a/b:1@{DIGEST}": Image("ghcr.io", "a/b", "1", DIGEST),
}


def test_a_reference_reads_and_prints_the_same_and_must_be_in_full() -> None:
    assert {text: pins.parse_image(text) for text in IMAGES} == IMAGES
    assert [str(image) for image in IMAGES.values()] == list(IMAGES)
    for text in ("python:3.13", "docker.io/python", "docker.io/python:1@sha256:12", ""):
        with pytest.raises(AirgapError, match="expected registry/repository:tag"):
            pins.parse_image(text)


def project(folder: Path, tools: str | None, base: str | None) -> Path:
    """Write a project with these two files; None: without one."""
    for path, text in (("ci/pins.toml", tools), ("images/base.toml", base)):
        (folder / path).parent.mkdir(parents=True)
        if text is not None:
            (folder / path).write_text(text)
    return folder


def test_images_and_registries_come_from_both_files(tmp_path: Path) -> None:
    tools = '[images]\nb = "ghcr.io/b:1"\nc = "ghcr.io/c:2"\n'
    root = project(tmp_path, tools, '[base]\nreference = "docker.io/a:1"\n')
    assert pins.images(root)["c"] == Image("ghcr.io", "c", "2")
    assert pins.images(root)["airflow"] == Image("docker.io", "a", "1")
    assert pins.registries(root) == ["docker.io", "ghcr.io"]


@pytest.mark.parametrize("text", [None, "", "[images", "[other]\n", "[base]\n", "base = 1\n"])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, text: str | None) -> None:
    with pytest.raises(AirgapError, match=r"images/base\.toml: no base\.reference in it"):
        pins.images(project(tmp_path / "a", "[images]\n", text))
    with pytest.raises(AirgapError, match=r"ci/pins\.toml: no images in it"):
        pins.images(project(tmp_path / "b", text, '[base]\nreference = "docker.io/a:1"\n'))


def test_the_engine_version_comes_from_dagger_json(tmp_path: Path) -> None:
    (tmp_path / "dagger.json").write_text(json.dumps({"engineVersion": "v1.2.3"}))
    assert pins.dagger_version(tmp_path) == "v1.2.3"
    (tmp_path / "dagger.json").write_text("{}")
    with pytest.raises(AirgapError, match=r"dagger\.json: no engineVersion"):
        pins.dagger_version(tmp_path)


def test_a_go_mod_gives_versions_and_its_go_line(tmp_path: Path) -> None:
    path = tmp_path / "go.mod"
    path.write_text(
        "module m\n\ngo 1.26.1\n\nrequire one.example/a v1.0.0\n"
        "require (\n\ttwo.example/b/v2 v2.3.4 // indirect\n)\n"
    )
    assert pins.module_version(path, "one.example/a") == "v1.0.0"
    assert pins.module_version(path, "two.example/b/v2") == "v2.3.4"
    assert pins.go_line(path) == (1, 26, 1)
    with pytest.raises(AirgapError, match=r"requires no two\.example/b"):
        pins.module_version(path, "two.example/b")


def test_the_projects_own_files_agree_and_two_versions_of_dagger_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gotools.check_versions()
    assert pins.images()["python"].registry in pins.registries()
    monkeypatch.setattr(pins, "dagger_version", lambda: "v0.0.1")
    with pytest.raises(AirgapError, match=r"asks for Dagger v0\.0\.1, but .* builds v0\."):
        gotools.check_versions()
