"""Secret files among DAGs and scripts: how they are recognised, reported and permitted."""

import os
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci.config.secrets import files as secrets_files
from ci.config.secrets.files import LIMIT
from ci.errors import ConfigurationError

from ...harmless_file_cases import FINE
from ...refusals import refusal
from ...repository import FILE, Repository, dag_type, toml
from ...secret_file_cases import SECRET, pem
from ...sources import message

ADVICE = (
    "move it out of dags/ or delete it and give the value at run time by an Airflow connection or a secret "
    f"backend; if it is not a secret, name it in [tool.airflow-images] allow-secret-files of {FILE} with a "
    "reason"
)


def test_secret_files_are_reported_without_what_they_hold(repository: Repository) -> None:
    files = {f"dags/salesforce/{number}/{path}": SECRET[path] for number, path in enumerate(SECRET)}
    for path, content in files.items():
        repository.write(path, content)
    problems = secrets_files.problems(repository.root, dag_type())
    reported = {path: problem for problem in problems for path in files if problem.startswith(f"{path}: ")}
    assert not files.keys() - reported, message("tell these files", files.keys() - reported)
    assert len(problems) == len(files)
    odd = [problem for path, problem in reported.items() if not re.fullmatch(sentence_on(path), problem)]
    assert not odd, message("tell kind and advice as in the other sentences", odd)
    leaks = [path for path, content in files.items() if content.strip() and content in reported[path]]
    assert not leaks, message("don't tell the content of these", leaks)


def sentence_on(path: str) -> str:
    return rf"{re.escape(path)}: looks like a secret \([^()]+(\(\))?[^()]*\): {re.escape(ADVICE)}"


def test_files_that_are_no_secrets_are_left_alone_whatever_their_folders_are_called(
    repository: Repository,
) -> None:
    folders = {f"{name}/notes.txt": "" for name in (".env", "kubeconfig", "id_rsa", "a.p12")}
    for number, (path, content) in enumerate({**FINE, **folders}.items()):
        repository.write(f"dags/salesforce/{number}/{path}", content)
    offenders = secrets_files.problems(repository.root, dag_type())
    assert not offenders, message("these are no secrets", offenders)


def test_dags_and_scripts_of_the_type_are_looked_at_and_no_others(repository: Repository) -> None:
    for path in ("dags/a/b/.env", "dags/c/.env", "dags/d/.netrc", "scripts/s/.env", "scripts/t/.env"):
        repository.write(path)
    kind = dag_type(settings='dags = ["a", "a/b", "d/.netrc"]\nscripts = ["s", "gone"]')
    sentences = secrets_files.problems(repository.root, kind)
    assert [problem.partition(":")[0] for problem in sentences] == [
        "dags/a/b/.env",
        "dags/d/.netrc",
        "scripts/s/.env",
    ]
    assert "move it out of scripts/ or delete it" in sentences[2]


def test_only_the_start_of_a_file_is_read(repository: Repository) -> None:
    shortest = pem(body="A" * 20).partition("A\n")[0] + "A"
    repository.write("dags/salesforce/a.pem", "x" * (LIMIT - len(shortest)) + shortest)
    repository.write("dags/salesforce/b.pem", "x" * LIMIT + pem())
    (problem,) = secrets_files.problems(repository.root, dag_type())
    assert problem.startswith("dags/salesforce/a.pem: ")


def test_a_link_is_judged_by_its_name_and_its_target_where_it_lies(repository: Repository) -> None:
    folder = repository.write("dags/salesforce/dag.py").parent
    repository.write("dags/other/data.txt", pem())
    repository.write("dags/other/deep/x.pem", pem())
    for name, target in {
        "key.txt": "../other/data.txt",
        "deep": "../other/deep",
        "gone.pem": "nowhere",
        "circle": "circle",
        ".env": "/etc/passwd",
    }.items():
        (folder / name).symlink_to(target)
    os.mkfifo(folder / "pipe.pem")
    (problem,) = secrets_files.problems(repository.root, dag_type())
    assert problem.startswith("dags/salesforce/.env: looks like a secret (an environment file): ")


def test_a_folder_or_file_that_is_a_link_is_followed_within_its_tree(repository: Repository) -> None:
    repository.write("dags/shared/key.txt", pem())
    repository.write("elsewhere/key.txt", pem())
    (repository.root / "dags/folder").symlink_to("shared")
    (repository.root / "dags/file.txt").symlink_to("shared/key.txt")
    (repository.root / "dags/out").symlink_to("../elsewhere")
    (repository.root / "dags/circle").symlink_to("circle")
    sentences = secrets_files.problems(
        repository.root, dag_type(settings='dags = ["folder", "file.txt", "out", "circle"]')
    )
    assert [problem.partition(":")[0] for problem in sentences] == ["dags/file.txt", "dags/folder/key.txt"]


def test_a_file_that_may_not_be_read_is_judged_by_its_name(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    repository.write("dags/salesforce/.env")
    repository.write("dags/salesforce/a.pem", pem())
    monkeypatch.setattr(Path, "open", refuse)
    (problem,) = secrets_files.problems(repository.root, dag_type())
    assert problem.startswith("dags/salesforce/.env: ")


def test_a_name_that_is_no_text_is_reported_as_text(repository: Repository) -> None:
    folder = repository.write("dags/salesforce/dag.py").parent
    Path(os.fsdecode(os.fsencode(folder) + b"/\xff.p12")).touch()
    (problem,) = secrets_files.problems(repository.root, dag_type())
    assert problem.startswith("dags/salesforce/\\udcff.p12: looks like")
    assert problem.encode()


def test_secret_files_stop_a_type_and_all_are_reported(repository: Repository) -> None:
    repository.add("salesforce")
    repository.add("dbt")
    repository.write("dags/salesforce/.env")
    repository.write("dags/salesforce/key.pem", pem())
    catalog = repository.load()
    for call in (catalog.all, lambda: catalog.get("salesforce"), lambda: catalog.chosen("")):
        assert [problem.partition(":")[0] for problem in refusal(call)] == [
            "dags/salesforce/.env",
            "dags/salesforce/key.pem",
        ]


def test_files_are_read_for_the_types_that_are_asked_for_alone(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unread(*_: object) -> None:
        raise AssertionError

    repository.add("salesforce")
    repository.add("dbt")
    repository.write("dags/salesforce/.env")
    catalog = repository.load()
    assert catalog.get("dbt").name == "dbt"
    monkeypatch.setattr(secrets_files, "problems", unread)
    assert [one.name for one in repository.load().declared()] == ["dbt", "salesforce"]


def allowing(**reasons: str) -> str:
    pairs = ", ".join(f"{toml(path)} = {toml(reason)}" for path, reason in reasons.items())
    return f"allow-secret-files = {{ {pairs} }}"


def test_a_permission_with_a_reason_lets_one_file_pass(repository: Repository) -> None:
    path = "dags/salesforce/test.pem"
    repository.add("salesforce", allowing(**{path: "a key that all know"}))
    repository.write(path, pem())
    assert repository.load().get("salesforce").settings.allow_secret_files == {path: "a key that all know"}
    repository.write("dags/salesforce/other.pem", pem())
    (problem,) = repository.load().problems_of("salesforce")
    assert problem.startswith("dags/salesforce/other.pem: ")


@pytest.mark.parametrize("path", ["dags/salesforce/gone.pem", "dags/salesforce/dag.py", "dags/other/.env"])
def test_a_permission_that_no_file_needs_is_reported(repository: Repository, path: str) -> None:
    repository.add("salesforce", allowing(**{path: "why"}))
    repository.write("dags/other/.env")
    (problem,) = repository.load().problems_of("salesforce")
    assert problem == (
        f"{FILE}: [tool.airflow-images] allow-secret-files: {path!r} "
        "names a file that doesn't exist or needs no permission: remove it"
    )


def test_a_misspelt_permission_is_reported_with_the_file_it_means(repository: Repository) -> None:
    repository.add("salesforce", allowing(**{"dags/salesforce/tset.pem": "why"}))
    repository.write("dags/salesforce/test.pem", pem())
    file, permission = repository.load().problems_of("salesforce")
    assert file.startswith("dags/salesforce/test.pem: ")
    assert permission.endswith("needs no permission: did you mean 'dags/salesforce/test.pem'?")


@pytest.mark.parametrize(
    "path", ["", ".env", "dags", "images/x/.env", "/dags/.env", "dags/../.env", "./dags/.env", "dags//.env"]
)
def test_a_permission_for_what_is_no_path_of_a_file_is_reported(path: str) -> None:
    (problem,) = refusal(dag_type, settings=allowing(**{path: "why"}))
    shown = {path: "why"}
    assert problem == (
        f"{FILE}: [tool.airflow-images] allow-secret-files: {shown!r} has {path!r}, which is not the path "
        "of a file under dags/ or scripts/; expected one like 'dags/salesforce/test.pem'"
    )


@pytest.mark.parametrize("reason", ["", " ", "\t"])
def test_a_permission_without_a_reason_is_reported(reason: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        dag_type(settings=allowing(**{"scripts/a.pem": reason}))
    assert str(caught.value).endswith(
        "has no reason for 'scripts/a.pem': write why this file may be in an image"
    )


PARTS = st.sampled_from([*SECRET.values(), *FINE.values()]).map(str.encode)


@given(st.text(max_size=20) | st.sampled_from([*SECRET, *FINE]), st.lists(st.binary() | PARTS).map(b"".join))
def test_no_name_and_no_content_is_a_crash(path: str, content: bytes) -> None:
    assert isinstance(secrets_files.kind(path, content), str)
