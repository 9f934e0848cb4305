"""The DAG files and scripts of each type."""

from collections.abc import Mapping

import pytest

from ci.scaffold.dag_files import dag_files
from ci.scaffold.dockerfile.convert import Context, convert
from ci.scaffold.owners import Owners, owners

DAG = "from airflow.sdk import DAG\n"
OF_CRM = DAG + "IMAGE = 'ghcr.io/o/pipeline-crm:v1'\n"
ALL = "COPY dags/ /opt/airflow/dags/\nCOPY scripts/ /opt/airflow/scripts/\n"


def decided(files: Mapping[str, str], **dockerfiles: str) -> Owners:
    """Return the owners in a repository of these files."""
    conversions = {
        name: convert(f"Dockerfile.{name}", text, Context(dag_type=name, base="", files=files))
        for name, text in dockerfiles.items()
    }
    return owners(conversions, dag_files(files), files, files)


def test_files_in_the_types_own_folder_stay() -> None:
    decision = decided({"dags/crm/a.py": DAG, "dags/crm/b.py": "x = 1\n"}, crm=ALL, mail=ALL)
    crm = decision.types["crm"]
    assert (crm.dags, crm.moved, decision.unowned) == ([], {}, {})
    assert set(crm.outcomes) == {"dags/crm/a.py", "dags/crm/b.py"}


@pytest.mark.parametrize(
    ("image", "owner"),
    [
        ("ghcr.io/o/pipeline-crm:v1", "crm"),
        ("ghcr.io/o/crm", "crm"),
        ("localhost:5000/crm@sha256:00", "crm"),
        ("ghcr.io/o/pipeline:crm-latest", "crm"),
        ("ghcr.io/o/pipeline:crm", "crm"),
        ("ghcr.io/o/pipeline-old-crm:v1", "old-crm"),
        ("ghcr.io/o/notcrm:v1", ""),
        ("ghcr.io/o/crm-tools:v1", ""),
    ],
)
def test_a_file_with_a_types_image_moves_to_the_type(image: str, owner: str) -> None:
    decision = decided({"dags/a.py": f"{DAG}IMAGE = '{image}'\n"}, **{"crm": ALL, "old-crm": ALL})
    owning = [name for name, ownership in decision.types.items() if ownership.moved]
    assert owning == ([owner] if owner else [])
    assert bool(decision.unowned) is not bool(owner)


@pytest.mark.parametrize(
    ("text", "others", "dags"),
    [
        ("import shared\n", {"dags/shared.py": "x = 1\n"}, ["a.py", "shared.py"]),
        (
            "import lib.x\n",
            dict.fromkeys(("dags/lib/__init__.py", "dags/lib/x.py"), ""),
            ["a.py", "lib/__init__.py", "lib/x.py"],
        ),
        ("", {"dags/crm/a.py": DAG}, ["a.py", "crm"]),
        ("__file__\n", {}, ["a.py"]),
        ("", {"dags/z.py": f"{DAG}from a import x\n"}, ["a.py"]),
        ("", {"dags/z.py": f"{DAG}from dags.a import x\n"}, ["a.py"]),
    ],
)
def test_a_file_that_cannot_move_is_named(text: str, others: dict[str, str], dags: list[str]) -> None:
    crm = decided({"dags/a.py": OF_CRM + text, **others}, crm=ALL, mail=ALL).types["crm"]
    assert (crm.moved, crm.dags) == ({}, dags)


@pytest.mark.parametrize("link", ["dags/crm", "dags/crm/a.py"])
def test_a_file_does_not_move_onto_a_link(link: str) -> None:
    files = {"dags/a.py": OF_CRM}
    conversions = {"crm": convert("Dockerfile.crm", ALL, Context(dag_type="crm", base="", files=files))}
    crm = owners(conversions, dag_files(files), files, {*files, link}).types["crm"]
    assert (crm.moved, crm.dags) == ({}, ["a.py"])


def test_files_that_a_dockerfile_copies_are_its_types() -> None:
    files = {"dags/a.py": DAG, "dags/both.py": DAG, "dags/sales/b.py": DAG}
    both = "COPY dags/both.py dags/\n"
    crm = f"{both}COPY dags/a.py dags/\nCOPY dags/sales /opt/airflow/dags/sales\n"
    decision = decided(files, crm=crm, mail=both)
    assert decision.types["crm"].moved == {"dags/a.py": "dags/crm/a.py"}
    assert decision.types["crm"].dags == ["both.py", "crm", "sales/b.py"]
    assert decision.types["mail"].dags == ["both.py"]
    assert not decision.unowned


def test_a_single_type_has_all_dags() -> None:
    for dockerfile in (ALL, "COPY dags/z.py /opt/airflow/dags/", ""):
        decision = decided({"dags/a.py": DAG, "dags/x/b.py": DAG}, crm=dockerfile)
        assert decision.types["crm"].moved == {"dags/a.py": "dags/crm/a.py"}
        assert decision.types["crm"].dags == ["crm", "x/b.py"]
        assert not decision.unowned


def test_scripts_belong_to_the_types_whose_dags_import_them() -> None:
    files = {
        "dags/crm/a.py": DAG + "def f():\n    from scripts.crm import client\n",
        "scripts/crm/__init__.py": "",
        "scripts/crm/client.py": "from . import pages\nfrom ..shared.sizes import PAGE\n",
        "scripts/crm/pages.py": "import scripts.lone\n",
        "scripts/shared/sizes.py": "PAGE = 1\n",
        **dict.fromkeys(("scripts/lone.py", "scripts/start.sh", "scripts/mail/x.py"), ""),
    }
    decision = decided(files, crm=ALL, mail=ALL)
    assert decision.types["crm"].scripts == ["crm", "lone.py", "shared"]
    assert set(decision.unowned) == {"scripts/mail", "scripts/start.sh"}


def test_a_file_of_no_type_has_a_hint() -> None:
    unowned = decided({"dags/crm_load.py": DAG, "dags/tools.py": "x = 1\n"}, crm=ALL, mail=ALL).unowned
    assert "(by its name, dags/crm/)" in unowned["dags/crm_load.py"]
    assert unowned["dags/tools.py"].startswith("code that no DAG of a type imports")
