"""A layer of one distribution: the same whatever was installed beside it."""

import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import pytest

from ci.image.programs import capture
from ci.image.programs.layer import Layer

from ...layers import AIRFLOW, opened

SITE = "lib/python3.13/site-packages"
ZEEP = {"zeep/__init__.py": "zeep", "zeep/wsdl/a.py": "a", "../../../bin/zeep": "#!"}
LXML = {"lxml/__init__.py": "lxml", "shared/lxml.py": "x"}
OTHER = {"shared/other.py": "y", "other_one.py": "z"}


def install(root: Path, name: str, files: Mapping[str, str], version: str = "1.0") -> None:
    """Install a distribution as an installer does, with its RECORD."""
    site = root / SITE
    message = f"{name.replace('-', '_')}-{version}.dist-info"
    for path, text in {**files, f"{message}/METADATA": f"Name: {name}"}.items():
        place = site / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    rows = [f"{path},sha256=x,1" for path in (*files, f"{message}/METADATA")]
    (site / message / "RECORD").write_text("\n".join([*rows, f"{message}/RECORD,,"]))


def run(
    root: Path,
    own: list[str],
    installs: Mapping[str, Mapping[str, str]],
    heavy: int = sys.maxsize,
    most: int = sys.maxsize,
) -> Path:
    """Do what main() does, with functions in the place of an installer."""
    (root / SITE).mkdir(parents=True, exist_ok=True)
    (root / "bin").mkdir(exist_ok=True)
    before = capture.survey(root)
    for name, files in installs.items():
        install(root, name, files)
    out = root.parent / f"{root.name}-out"
    apart = capture.Apart(own, heavy, most)
    capture.pack_all(out, partial(Layer, stamp=AIRFLOW), apart, before, capture.survey(root))
    return out


def test_a_distribution_is_packed_with_its_files_scripts_and_folders(tmp_path: Path) -> None:
    out = run(tmp_path / "a", ["zeep"], {"zeep": ZEEP, "other-one": OTHER})
    info = f"{SITE}/zeep-1.0.dist-info"
    assert set(opened(out / "zeep", tmp_path / "a").members) == {
        "bin/zeep",
        info,
        f"{info}/METADATA",
        f"{info}/RECORD",
        f"{SITE}/zeep",
        f"{SITE}/zeep/__init__.py",
        f"{SITE}/zeep/wsdl",
        f"{SITE}/zeep/wsdl/a.py",
    }
    rest = opened(out, tmp_path / "a").members
    assert f"{SITE}/other_one.py" in rest
    assert not [name for name in rest if "zeep" in name]


def test_a_layer_of_its_own_is_the_same_whatever_is_installed_beside_it(tmp_path: Path) -> None:
    # One root for both: paths are part of a layer.
    root = tmp_path / "image"
    first = run(root, ["lxml"], {"lxml": LXML, "zeep": ZEEP})
    kept = (first / "lxml/layer.tar.gz").read_bytes()
    for path in sorted(root.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    second = run(root, ["lxml"], {"other-one": OTHER, "lxml": LXML})
    assert (second / "lxml/layer.tar.gz").read_bytes() == kept
    assert "shared" in "".join(opened(second, root).members)


@pytest.mark.parametrize("name", ["Other.One", "other_one", "other-one"])
def test_a_name_is_found_however_it_is_written(tmp_path: Path, name: str) -> None:
    out = run(tmp_path / "a", ["other-one"], {name: OTHER})
    assert (out / "other-one/layer.tar.gz").is_file()
    assert not (out / "layer.tar.gz").exists()


def own_layers(out: Path) -> list[str]:
    return sorted(path.parent.name for path in out.glob("*/layer.tar.gz"))


def test_a_large_distribution_has_a_layer_without_being_named(tmp_path: Path) -> None:
    installs = {"zeep": ZEEP, "lxml": {"lxml/etree.so": 1000 * "x"}}
    assert own_layers(run(tmp_path / "a", [], installs, heavy=1000)) == ["lxml"]
    assert own_layers(run(tmp_path / "b", ["zeep"], installs, heavy=1000)) == ["lxml", "zeep"]
    assert own_layers(run(tmp_path / "c", [], installs, heavy=1200)) == []


def test_of_too_many_large_distributions_the_named_and_the_largest_have_layers(tmp_path: Path) -> None:
    installs = {name: {f"{name}.so": 1000 * number * "x"} for number, name in enumerate("abcd", 1)}
    assert own_layers(run(tmp_path / "a", ["a"], installs, heavy=1000, most=3)) == ["a", "c", "d"]


def test_files_of_two_distributions_are_in_the_layers_of_both(tmp_path: Path) -> None:
    both = {"one": {"shared/a.py": "a"}, "two": {"shared/a.py": "a", "shared/b.py": "b"}}
    out = run(tmp_path / "a", ["one", "two"], both)
    assert f"{SITE}/shared/a.py" in opened(out / "one", tmp_path / "a").members
    assert f"{SITE}/shared/a.py" in opened(out / "two", tmp_path / "a").members


def test_what_was_there_before_or_begins_alike_has_no_layer_of_its_own(tmp_path: Path) -> None:
    root = tmp_path / "a"
    install(root, "zeep", ZEEP)
    installs = {"zeep": {**ZEEP, "zeep/wsdl/a.py": "changed"}, "none-such-extra": OTHER}
    out = run(root, ["zeep", "none-such"], installs)
    assert not (out / "zeep/layer.tar.gz").exists()
    assert not (out / "none-such/layer.tar.gz").exists()
    assert f"{SITE}/zeep/wsdl/a.py" in opened(out, root).members
