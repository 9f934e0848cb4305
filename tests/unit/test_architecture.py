"""The rules of how this project is laid out: which way data flows, how long a file is, what is named how."""

import re
import sys
from graphlib import TopologicalSorter

from .sources import CODE, PROJECT, imports, message, python_files, text

# The files of the module that know Dagger; all others are pure logic and are tested here.
_DAGGER_SIDE = {
    "ci": "__init__ lazy sdk",
    "ci/api": (
        "affected arguments caching checks dependencies image locks main output "
        "published_image registry results scaffold scan standard_output tests"
    ),
    "ci/attest": "attach documents identity signed",
    "ci/attest/sbom": "create",
    "ci/attest/verify": "verify",
    "ci/checks/dags": "all_types suite",
    "ci/checks/run": "run",
    "ci/checks/scan": "database rescan scan",
    "ci/checks/upgrade": "upgrade",
    "ci/image": "base build built layers published runtime shared_layers",
    "ci/lock": "bump explain newest resolve",
    "ci/pipeline": "compare due",
    "ci/publish": "context gate promote publish registry_stages reproduce stages taking type_publish",
    "ci/tools": "checkout containers cosign engine failures git loopback registry trivy",
}
DAGGER_SIDE = {f"{folder}/{name}.py" for folder, names in _DAGGER_SIDE.items() for name in names.split()}
# A call without a positional argument.
RESULT_OF_A_STEP = re.compile(r"\.(contents|stdout|stderr|image_ref|entries|entrypoint)\(\s*(\)|\w+=)")
MODULE = python_files("ci")
PROGRAMS = [file for file in MODULE if "/programs/" in file]
PURE = [file for file in MODULE if file not in DAGGER_SIDE]


def test_the_files_that_know_dagger_are_there() -> None:
    assert set(MODULE) >= DAGGER_SIDE
    assert PURE


def test_a_pure_file_imports_neither_dagger_nor_a_file_that_does() -> None:
    offenders = [
        f"{file} imports {name}"
        for file in PURE
        for name in imports(file).modules
        if name in DAGGER_SIDE or name.partition(".")[0] in {"dagger", "ci"}
    ]
    assert not offenders, message("move what knows Dagger to a file of DAGGER_SIDE", offenders)


def test_what_a_step_gives_is_asked_for_again_where_the_engine_lost_it() -> None:
    offenders = [
        f"{file}: {found[0]}" for file in DAGGER_SIDE for found in RESULT_OF_A_STEP.finditer(text(file))
    ]
    assert not offenders, message("ask by retrying() of ci/tools/engine.py", offenders)


def test_a_program_for_containers_starts_with_the_standard_library_alone() -> None:
    beside = {f".{other.rpartition('/')[2].removesuffix('.py')}" for other in PROGRAMS}
    offenders = [
        f"{file} imports {name}"
        for file in PROGRAMS
        for name in imports(file).at_once - beside
        if name.partition(".")[0] not in sys.stdlib_module_names
    ]
    assert not offenders, message("import it in the function that needs it", offenders)


def test_data_flows_one_way() -> None:
    graph = {file: imports(file).modules & set(MODULE) for file in MODULE}
    order = list(TopologicalSorter(graph).static_order())  # raises for a circle
    assert (
        order.index("ci/api/main.py") > order.index("ci/image/build.py") > order.index("ci/image/layers.py")
    )
    assert [file for file, uses in graph.items() if "ci/api/main.py" in uses] == ["ci/__init__.py"]


def test_every_file_of_the_module_is_used() -> None:
    imported = {name for file in MODULE for name in imports(file).modules}
    unused = [
        file for file in MODULE if file not in {*imported, *PROGRAMS} and not file.endswith("/__init__.py")
    ]
    assert not unused, message("delete the files that nothing imports", unused)


def test_no_file_is_too_long_to_be_about_one_noun() -> None:
    lengths = {file: len(text(file).splitlines()) for file in python_files(*CODE)}
    offenders = [f"{file}: {length} lines" for file, length in lengths.items() if length > 300]
    assert not offenders, message("split them by noun", offenders)


def test_nothing_is_called_utils_or_helpers() -> None:
    paths = [path for tree in (*CODE, "images") for path in (PROJECT / tree).rglob("*")]
    assert {path.name for path in paths} >= {"main.py", "repository.py", "policy.toml"}
    vague = {"utils", "util", "helpers", "helper", "common", "misc"}
    offenders = [str(path.relative_to(PROJECT)) for path in paths if path.stem in vague]
    assert not offenders, message("name them by what they hold", offenders)


def test_the_module_does_not_know_where_its_engine_comes_from() -> None:
    files = [path for path in (PROJECT / "ci").rglob("*.*") if path.suffix != ".pyc"]
    assert len(files) >= len(MODULE)
    offenders = [
        str(path.relative_to(PROJECT)) for path in files if "airgap" in path.read_text(encoding="utf-8")
    ]
    assert not offenders, message("leave the engine to daggerw", offenders)
