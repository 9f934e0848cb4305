"""Which DAG files and scripts belong to which type."""

from collections.abc import Mapping

import pytest

from ci.scaffold.dag_files import dag_files
from ci.scaffold.dockerfile.convert import Context, convert
from ci.scaffold.owners import Owners, owners

DAG = "from airflow.sdk import DAG\n"
OF_CRM = DAG + "IMAGE = 'ghcr.io/o/pipeline-crm:v1'\n"
ALL = "COPY dags/ /opt/airflow/dags/\nCOPY scripts/ /opt/airflow/scripts/\n"


def decided(files: Mapping[str, str], **dockerfiles: str) -> Owners:
    """The owners in a repository of those files."""
    conversions = {
        name: convert(f"Dockerfile.{name}", text, Context(dag_type=name, base="", files=files))
        for name, text in dockerfiles.items()
    }
    return owners(conversions, dag_files(files), files, files)


def test_the_types_own_folder_stays() -> None:
    decision = decided({"dags/crm/a.py": DAG, "dags/crm/b.py": "x = 1\n"}, crm=ALL, mail=ALL)
    assert decision.types["crm"].dags == []
    assert decision.types["crm"].moved == {}
    assert set(decision.types["crm"].outcomes) == {"dags/crm/a.py", "dags/crm/b.py"}
    assert not decision.unowned


@pytest.mark.parametrize(
    ("image", "whose"),
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
def test_a_file_that_names_a_types_image_moves_to_it(image: str, whose: str) -> None:
    files = {"dags/a.py": f"{DAG}IMAGE = '{image}'\n"}
    decision = decided(files, **{"crm": ALL, "old-crm": ALL})
    assert {name for name, ownership in decision.types.items() if ownership.moved} == (
        {whose} if whose else set()
    )
    assert bool(decision.unowned) is not bool(whose)


@pytest.mark.parametrize(
    "others",
    [
        {"dags/a.py": OF_CRM + "import shared\n", "dags/shared.py": "x = 1\n"},
        {"dags/a.py": OF_CRM, "dags/crm/a.py": DAG},
        {"dags/a.py": OF_CRM + "__file__\n"},
        {"dags/a.py": OF_CRM, "dags/z.py": DAG + "from a import x\n"},
        {"dags/a.py": OF_CRM, "dags/z.py": DAG + "from dags.a import x\n"},
    ],
)
def test_a_file_with_imports_or_its_own_path_stays_by_name(others: dict[str, str]) -> None:
    decision = decided(others, crm=ALL, mail=ALL).types["crm"]
    assert not decision.moved
    assert "a.py" in decision.dags
    assert ("shared.py" in decision.dags) is ("dags/shared.py" in others)
    assert ("crm" in decision.dags) is ("dags/crm/a.py" in others)


@pytest.mark.parametrize("link", ["dags/crm", "dags/crm/a.py"])
def test_a_file_does_not_move_to_where_a_link_is(link: str) -> None:
    files = {"dags/a.py": OF_CRM}
    conversions = {"crm": convert("Dockerfile.crm", ALL, Context(dag_type="crm", base="", files=files))}
    decision = owners(conversions, dag_files(files), files, {*files, link}).types["crm"]
    assert not decision.moved
    assert decision.dags == ["a.py"]


def test_what_a_dockerfile_copies_by_name_is_its_types() -> None:
    files = {"dags/a.py": DAG, "dags/both.py": DAG, "dags/sales/b.py": DAG}
    copies = "COPY dags/both.py dags/\n"
    crm = f"{copies}COPY dags/a.py dags/\nCOPY dags/sales /opt/airflow/dags/sales\n"
    decision = decided(files, crm=crm, mail=copies)
    assert decision.types["crm"].moved == {"dags/a.py": "dags/crm/a.py"}
    assert decision.types["crm"].dags == ["both.py", "crm", "sales/b.py"]
    assert decision.types["mail"].dags == ["both.py"]
    assert not decision.unowned


def test_with_one_type_all_dags_are_its() -> None:
    decision = decided({"dags/a.py": DAG}, crm=ALL)
    assert decision.types["crm"].moved == {"dags/a.py": "dags/crm/a.py"}


def test_scripts_follow_from_what_dags_import() -> None:
    files = {
        "dags/crm/a.py": DAG + "def f():\n    from scripts.crm import client\n",
        "scripts/crm/__init__.py": "",
        "scripts/crm/client.py": "from . import pages\nfrom ..shared.sizes import PAGE\n",
        "scripts/crm/pages.py": "import scripts.lone\n",
        "scripts/shared/sizes.py": "PAGE = 1\n",
        "scripts/lone.py": "",
        "scripts/start.sh": "",
        "scripts/mail/x.py": "",
    }
    decision = decided(files, crm=ALL, mail=ALL)
    assert decision.types["crm"].scripts == ["crm", "lone.py", "shared"]
    assert set(decision.unowned) == {"scripts/mail", "scripts/start.sh"}


def test_an_unowned_file_is_noted_with_a_hint() -> None:
    decision = decided({"dags/crm_extraction.py": DAG, "dags/tools.py": "x = 1\n"}, crm=ALL, mail=ALL)
    assert "(by its name, dags/crm/)" in decision.unowned["dags/crm_extraction.py"]
    assert decision.unowned["dags/tools.py"].startswith("code that no DAG of a type imports")
