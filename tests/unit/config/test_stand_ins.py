"""Files that stand for others: all are reported, each with what to do."""

from pathlib import Path

import pytest

from ci.config import stand_ins

from ..repository import Repository, dag_type

LFS = f"version https://git-lfs.github.com/spec/v1\noid sha256:{7:064}\nsize 48213377\n"
OLD_LFS = LFS.replace("git-lfs", "hawser").replace("\n", "\r\n")
KEY = "SHA256E-s48213377--7.csv"
DVC = "outs:\n- md5: a3\n  size: 4\n  hash: md5\n  path: %s\n"
TO_PULL = (
    "is a pointer of Git LFS, not the file: run `git lfs pull`, "
    "in GitHub Actions give actions/checkout `lfs: true`"
)
NOT_CHECKED_OUT = (
    "is a submodule of git that isn't checked out: run `git submodule update --init`, "
    "in GitHub Actions give actions/checkout `submodules: true`"
)


def annexed(path: str) -> str:
    return (
        f"{path}: stands for content of git-annex, which no image has: "
        f"run `git annex get {path}` and `git annex unlock {path}`"
    )


def pull(path: str, out: str) -> str:
    return f"{path}: stands for DVC's {out}, which isn't here: run `dvc pull {path}`"


def link(root: Path, path: str, target: str) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).symlink_to(target)


def test_all_files_that_stand_for_others_are_reported_by_path(repository: Repository) -> None:
    repository.add("salesforce", 'scripts = ["shared"]')
    for path, text in {
        "dags/salesforce/b.csv": LFS,
        "dags/salesforce/old.bin": OLD_LFS,
        "scripts/shared/extended": LFS.replace("\noid", "\next-0-foo sha256:1\noid"),
        "dags/salesforce/unlocked.csv": f"/annex/objects/{KEY}\n",
        "dags/salesforce/link.txt": f"../../.git/annex/objects/aa/bb/{KEY}/{KEY}",
        "dags/salesforce/data.xml.dvc": DVC % "data.xml",
        "dags/salesforce/raw.dvc": "wdir: raw\n" + DVC % "'in'" + "- path: out\n",
        "dags/salesforce/raw/in/a": "",
        "dags/salesforce/here.dvc": "deps:\n- path: elsewhere\n" + DVC % "dag.py",
        "dags/salesforce/notes.md": f"A pointer:\n\n{LFS}",
        "dags/other/c.csv": LFS,
    }.items():
        repository.write(path, text)
    link(repository.root, "dags/salesforce/annexed.csv", f"../../.git/annex/objects/aa/bb/{KEY}/{KEY}")
    assert repository.load().problems_of("salesforce") == (
        annexed("dags/salesforce/annexed.csv"),
        f"dags/salesforce/b.csv: {TO_PULL}",
        pull("dags/salesforce/data.xml.dvc", "data.xml"),
        annexed("dags/salesforce/link.txt"),
        f"dags/salesforce/old.bin: {TO_PULL}",
        pull("dags/salesforce/raw.dvc", "out"),
        annexed("dags/salesforce/unlocked.csv"),
        f"scripts/shared/extended: {TO_PULL}",
    )


@pytest.mark.parametrize(
    ("settings", "absent"),
    [
        ("", ["dags/salesforce/deep/sub"]),
        ('dags = ["salesforce", "sub"]', ["dags/salesforce/deep/sub", "dags/sub"]),
        ('scripts = ["sub/clients"]', ["dags/salesforce/deep/sub", "scripts/sub"]),
        ('dags = ["salesforce/dag.py"]', []),
    ],
)
def test_a_submodule_that_is_not_checked_out_is_reported_to_types_that_need_it(
    repository: Repository, settings: str, absent: list[str]
) -> None:
    repository.add("salesforce", settings)
    paths = ("scripts/sub", "docs/theme", "dags/sub", "dags/salesforce/deep/sub", "dags/salesforce/full")
    text = "".join(f'[submodule "{path}"]\n\tpath = {path}\n\turl = ../x\n' for path in paths)
    repository.write(".gitmodules", text)
    for path in paths:
        (repository.root / path).mkdir(parents=True)
    repository.write("dags/salesforce/full/code.py")
    assert repository.load().problems_of("salesforce") == tuple(
        f"{path}: {NOT_CHECKED_OUT}" for path in absent
    )


def test_an_empty_folder_that_is_no_submodule_is_no_problem(repository: Repository) -> None:
    repository.add("salesforce")
    (repository.root / "dags/salesforce/empty").mkdir()
    assert not stand_ins.problems(repository.root, dag_type())
