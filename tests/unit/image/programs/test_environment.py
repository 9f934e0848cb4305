"""The description of an environment, made from real folders of distributions."""

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from packaging.markers import default_environment

from ci.image.environment import Clash, Environment
from ci.image.programs import environment

Install = Callable[..., None]
NAMESPACE = "__path__ = __import__('pkgutil').extend_path(__path__, __name__)"


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Install a distribution of files by path into a folder that alone is on the import path."""
    monkeypatch.setattr(sys, "path", [str(tmp_path)])

    def run(name: str, files: Mapping[str, str], metadata: str = "", *, record: bool = True) -> None:
        folder = f"{name.lower()}-1.dist-info"
        text = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n{metadata}\n\nRequires-Dist: no header\n"
        lines = [f"{path},sha256={hash(content)},1" for path, content in files.items()]
        written = {**files, f"{folder}/METADATA": text}
        if record:
            written[f"{folder}/RECORD"] = "\n".join([*lines, f"{folder}/RECORD,,"]) + "\n"
        for path, content in written.items():
            file = tmp_path / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content, encoding="utf-8")

    return run


def message(tmp_path: Path) -> Environment:
    """Return what the program writes."""
    file = tmp_path / "told.json"
    assert environment.main(str(file)) == 0
    return Environment.model_validate_json(file.read_text(encoding="utf-8"))


def test_distributions_are_reported_with_requirements_and_modules(install: Install, tmp_path: Path) -> None:
    install("My_Package", {"my/__init__.py": "", "my/b.py": ""}, "Requires-Dist: b>=1\nRequires-Dist: a")
    install("Other", {"other.py": "", "../../../bin/other": ""})
    one, two = message(tmp_path).distributions
    assert (one.name, one.version, one.requires, one.modules) == ("my-package", "1", ("a", "b>=1"), ("my",))
    assert (two.name, two.modules) == ("other", ("other",))


def test_a_distribution_without_a_record_has_no_files(install: Install, tmp_path: Path) -> None:
    install("bare", {"bare.py": ""}, record=False)
    result = message(tmp_path)
    assert result.by_name["bare"].modules == ()
    assert "bare" in result.loose


def test_namespaces_are_reported_with_what_is_in_them(install: Install, tmp_path: Path) -> None:
    install("auth", {"google/auth/__init__.py": "", "google/auth/deep/x.py": ""})
    install("cloud", {"google/cloud/storage/__init__.py": "", "google/cloud/version.py": "", "six.py": ""})
    install("air", {"air/__init__.py": "", "air/providers/http/__init__.py": "", "air/x-y/z.py": ""})
    result = message(tmp_path).namespaces
    assert result == {
        "air.providers": frozenset({"http"}),
        "google": frozenset({"auth", "cloud"}),
        "google.auth.deep": frozenset({"x"}),
        "google.cloud": frozenset({"storage", "version"}),
    }


def test_modules_that_no_distribution_lists_are_reported(
    install: Install, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_HOME", str(tmp_path / "home"))
    install("listed", {"listed/__init__.py": ""})
    for path in ("alone.py", "folder/x.py", "x-y.py", "home/plugins/ours.py", "home/config/settings.py"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    assert message(tmp_path).loose == {"alone", "folder", "home", "ours", "settings"}


@pytest.mark.parametrize(
    "file",
    [
        *("x.py", "p/__init__.py", "../../../bin/x", "p/data.json", "n/LICENSES.py", "n/license"),
        "n/test/x.py",
    ],
)
def test_files_of_two_distributions_with_different_content_are_reported(
    install: Install, tmp_path: Path, file: str
) -> None:
    install("one", {file: "1", "p/a.py": ""})
    install("two", {file: "2"})
    assert message(tmp_path).clashes == (Clash(kind="overwrites", owners=("one", "two"), files=(file,)),)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("foo/__init__.py", "foo.py"),
        ("foo/deep/x.py", "foo.py"),
        ("n/foo/__init__.py", "n/foo.py"),
        ("foo.py", "foo.abi3.so"),
    ],
)
def test_modules_that_hide_each_other_are_reported(
    install: Install, tmp_path: Path, one: str, two: str
) -> None:
    install("one", {one: ""})
    install("two", {two: "2"})
    files = tuple(sorted((one, two)))
    assert message(tmp_path).clashes == (Clash(kind="shadows", owners=("one", "two"), files=files),)


HARMLESS = (
    *("tests/x.py", "LICENSE", "../../../share/doc", "x.cpython-313.pyc", "n/README.md", "n/deep/LICENSE"),
    *("n/CHANGES.rst", "n/py.typed", "n/a.pyi", "n/tests/x.py", "n/deep/docs/x.json"),
)


def test_what_does_no_harm_is_no_clash(install: Install, tmp_path: Path) -> None:
    equal = {"n/__init__.py": "", "three.txt": ""}
    own = {"three.py": "", "three/__init__.py": "", "three.so": ""}  # no clash of one with itself
    for name in ("one", "two"):
        other = {"o/__init__.py": f"{NAMESPACE} # {name}", f"n/{name}.py": ""}
        install(name, {**dict.fromkeys(HARMLESS, name), **equal, **other})
    install("three", own)
    assert message(tmp_path).clashes == ()


def test_lost_files_are_reported_but_for_those_that_do_not_matter(install: Install, tmp_path: Path) -> None:
    install("one", {"x.py": "", "p/a.py": "", "tests/y.py": "", "x.pyc": "", "p/py.typed": ""})
    for path in ("p/a.py", "tests/y.py", "x.pyc", "p/py.typed"):
        (tmp_path / path).unlink()
    assert message(tmp_path).lost == {"one": ("p/a.py",)}


def test_the_standard_library_and_the_markers_are_reported(tmp_path: Path) -> None:
    result = message(tmp_path)
    assert {"os", "sys", "asyncio"} <= result.stdlib
    assert result.markers == {key: value for key, value in default_environment().items() if key != "extra"}


def test_an_older_python_tells_its_standard_library_by_its_folders(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(sys, "stdlib_module_names")
    assert {"os", "sys", "asyncio", "_json"} <= set(environment.standard_library())


def test_it_runs_as_a_program(tmp_path: Path) -> None:
    folder = Path(environment.__file__).parents[1]
    command = [sys.executable, "-B", "-m", "programs.environment", str(tmp_path / "told.json")]
    subprocess.run(command, cwd=folder, check=True)
    result = json.loads((tmp_path / "told.json").read_text(encoding="utf-8"))
    assert "pytest" in {item["name"] for item in result["distributions"]}
    assert "programs" not in result["loose"]
