"""Links among a type's files: reported if they lead to files that its image doesn't have."""

from collections.abc import Mapping

import pytest

from ..repository import FILE, Repository

OUT = "leads out of {}/: replace the link with a copy"


def message(repository: Repository, links: Mapping[str, str], settings: str = "") -> tuple[str, ...]:
    """Add a type with links, by path; what is wrong with it, without the name of its file."""
    repository.add("salesforce", settings)
    for path, target in links.items():
        repository.write(path).unlink()
        (repository.root / path).symlink_to(target)
    problems = repository.load().problems_of("salesforce")
    return tuple(problem.removeprefix(f"{FILE}: ") for problem in problems)


@pytest.mark.parametrize("tree", ["dags", "scripts"])
def test_a_folder_that_is_a_link_out_of_its_tree_is_reported(repository: Repository, tree: str) -> None:
    repository.write("elsewhere/deep/dag.py")
    assert message(repository, {f"{tree}/linked": "../elsewhere"}, f'{tree} = ["linked"]') == (
        f"{tree}/linked {OUT.format(tree)}",
    )


@pytest.mark.parametrize(
    "target",
    ["/etc", "../../elsewhere", "/etc/passwd", "../../missing", "../../../../..", "../../scripts/x.py"],
)
def test_a_link_in_a_folder_out_of_the_tree_is_reported(repository: Repository, target: str) -> None:
    repository.write("elsewhere/dag.py")
    repository.write("scripts/x.py")
    assert message(repository, {"dags/salesforce/link": target}) == (
        f"dags/salesforce/link {OUT.format('dags')}",
    )


@pytest.mark.parametrize(
    ("target", "end", "listed"),
    [
        ("../shared/x_dag.py", "dags/shared/x_dag.py", "shared"),
        ("../shared", "dags/shared", "shared"),
        ("../shared/gone.py", "dags/shared/gone.py", "shared"),
        ("../../dags/shared/x_dag.py", "dags/shared/x_dag.py", "shared"),
        ("../one.py", "dags/one.py", "one.py"),
        ("hop", "dags/shared/x_dag.py", "shared"),
        ("over/x_dag.py", "dags/shared/x_dag.py", "shared"),
    ],
)
def test_a_link_to_what_the_type_does_not_name_is_reported(
    repository: Repository, target: str, end: str, listed: str
) -> None:
    repository.write("dags/shared/x_dag.py")
    repository.write("dags/one.py")
    links = {"dags/salesforce/a_link": target}
    if target == "hop":
        links["dags/salesforce/hop"] = "../shared/x_dag.py"
    if target.startswith("over"):
        links["dags/salesforce/over"] = "../shared"
    assert message(repository, links)[0] == (
        f"dags/salesforce/a_link leads to {end}, which isn't in this image: "
        f'replace the link with a copy, or write dags = ["salesforce", "{listed}"] '
        f"into [tool.airflow-images] of {FILE}: "
        'without it, dags is ["salesforce"]'
    )


def test_where_a_setting_names_paths_already_one_more_is_asked_for(repository: Repository) -> None:
    repository.write("scripts/shared/x.py")
    repository.write("scripts/own/y.py")
    (problem,) = message(repository, {"scripts/own/x.py": "../shared/x.py"}, 'scripts = ["own"]')
    assert problem == (
        "scripts/own/x.py leads to scripts/shared/x.py, which isn't in this image: "
        f'replace the link with a copy, or add "shared" to [tool.airflow-images] scripts of {FILE}'
    )


def test_a_link_to_the_whole_tree_is_reported(repository: Repository) -> None:
    assert message(repository, {"dags/salesforce/all": "../../dags"}) == (
        "dags/salesforce/all leads to all of dags/: link to the files that are needed",
    )


@pytest.mark.parametrize(
    "target", ["../shared/x.py", "../shared", "../../dags/shared/deep/..", "x.py", "gone.py", "."]
)
@pytest.mark.parametrize("tree", ["dags", "scripts"])
def test_a_link_to_what_the_type_names_is_fine(repository: Repository, tree: str, target: str) -> None:
    repository.write(f"{tree}/shared/x.py")
    repository.write(f"{tree}/shared/deep/y.py")
    repository.write(f"{tree}/own/x.py")
    if tree == "scripts":
        target = target.replace("/dags/", "/scripts/")
    assert message(repository, {f"{tree}/own/link": target}, f'{tree} = ["own", "shared"]') == ()


def test_a_circle_of_links_is_no_crash(repository: Repository) -> None:
    links = {"dags/salesforce/a": "b", "dags/salesforce/b": "a", "dags/salesforce/c": "c/c/c"}
    assert message(repository, links) == ()


def test_what_a_setting_names_is_followed_and_its_links_lead_from_there(repository: Repository) -> None:
    repository.write("dags/deep/real/x.py")
    links = {"dags/linked": "deep/real", "dags/deep/real/beside.py": "x.py"}
    assert message(repository, links, 'dags = ["linked"]') == ()
    # On disk that leads to dags/deep/other.py, in the image to dags/other.py.
    repository.write("dags/deep/other.py")
    links = {"dags/deep/real/up.py": "../other.py"}
    (problem,) = message(repository, links, 'dags = ["linked", "deep"]')
    assert problem.startswith("dags/linked/up.py leads to dags/other.py, which isn't in this image: ")


def test_what_another_link_of_the_settings_leads_to_is_not_there_under_its_own_name(
    repository: Repository,
) -> None:
    repository.write("dags/real/x.py")
    links = {"dags/linked": "real", "dags/salesforce/x.py": "../real/x.py"}
    (problem,) = message(repository, links, 'dags = ["salesforce", "linked"]')
    assert problem.startswith("dags/salesforce/x.py leads to dags/real/x.py, which isn't in this image: ")
    (repository.root / "dags/salesforce/x.py").unlink()
    assert (
        message(repository, {"dags/salesforce/x.py": "../linked/x.py"}, 'dags = ["salesforce", "linked"]')
        == ()
    )
