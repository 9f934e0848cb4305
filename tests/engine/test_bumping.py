"""The base moves to a newer release for real, with every lock made for it; or nothing moves at all."""

import asyncio
import re
import tomllib
from collections.abc import Mapping

import dagger
import pytest
from dagger import dag

from ci.config import base as config_base
from ci.errors import ConfigurationError, StepError
from ci.lock import bump
from ci.lock.airflow_version import upgraded
from ci.lock.bump import Bump, BumpRequest
from ci.tools.checkout import Checkout, changeset
from tests.engine.conftest import BASE_FILE, BASE_REFERENCE, repository
from tests.engine.test_smoke import GOOD, PYPROJECT
from tests.engine.test_upgrading import PRESENT, until, version_in

pytestmark = pytest.mark.anyio

NEXT = "3.2.2"  # a release with a stand-in
FILES = {
    "images/plain/pyproject.toml": PYPROJECT.format(name="plain"),
    "dags/plain/plain.py": GOOD.replace("'good'", "'plain'"),
    "images/with/pyproject.toml": PYPROJECT.format(name="with").replace("[]", '["isodate==0.7.2"]'),
    "dags/with/with.py": GOOD.replace("'good'", "'with'"),
}
MOVED = {config_base.FILE, "images/plain/pylock.toml", "images/with/pylock.toml"}


async def bumped(files: Mapping[str, str], airflow: str = "", day: str = "") -> Bump:
    """Return what changes on a repository of these files."""
    sources = repository(files)
    try:
        return await bump.bump(sources, BumpRequest(airflow=airflow, exclude_newer=day))
    finally:
        sources.close()


async def test_the_base_and_every_lock_move_and_nothing_else() -> None:
    now = upgraded(BASE_REFERENCE, NEXT)
    asked = {"airflow": f"{NEXT.rpartition('.')[0]}.x", "day": until(NEXT)}
    done = await bumped(FILES, **asked)
    assert set(done.files) == MOVED
    assert done.files[config_base.FILE] == BASE_FILE.replace(BASE_REFERENCE, now)
    for path in MOVED - {config_base.FILE}:
        assert tomllib.loads(done.files[path])["tool"]["airflow-images"]["base"] == now
    assert f"- new: `{now}`\n" in done.text
    assert done.text.endswith(
        "plain: no package changes\n\nwith: 1 package changes\n- `isodate` `0.7.2` is new"
    )

    source = await _tree({config_base.FILE: BASE_FILE, **FILES, "README.md": "as it is"})
    changes = changeset(source, done.files)
    assert set(await changes.added_paths()) | set(await changes.modified_paths()) >= MOVED
    assert await changes.modified_paths() == [config_base.FILE]
    assert await changes.removed_paths() == []

    again = await bumped({**FILES, **done.files}, **asked)
    assert again == Bump(files={}, text=f"Nothing changes: the base image `{now}` is the newest of 3.2.x.")
    assert await changeset(source, again.files).is_empty()


async def test_a_base_that_is_pinned_by_digest_stays_so() -> None:
    with_digest = config_base.with_reference(BASE_FILE, f"{BASE_REFERENCE}@sha256:{'0' * 64}")
    files = {**FILES, config_base.FILE: with_digest}
    # The same release built anew is a newer base too.
    done, same = await asyncio.gather(
        bumped(files, airflow=NEXT, day=until(NEXT)),
        bumped(files, airflow=PRESENT, day=until(PRESENT)),
    )
    name, at, digest = config_base.parse(done.files[config_base.FILE]).reference.partition("@")
    assert (name, at) == (upgraded(BASE_REFERENCE, NEXT), "@")
    assert (await dag.container().from_(f"{name}@{digest}").image_ref()).endswith(digest)
    lock = tomllib.loads(done.files["images/with/pylock.toml"])
    assert lock["tool"]["airflow-images"]["base"] == name
    assert config_base.parse(same.files[config_base.FILE]).reference.startswith(f"{BASE_REFERENCE}@sha256:")
    assert same.files[config_base.FILE] != with_digest


async def test_every_type_that_cannot_be_locked_is_told_and_why() -> None:
    pin = f'["pydantic=={version_in(PRESENT, "pydantic")}"]'
    tied = {
        "images/tied/pyproject.toml": PYPROJECT.format(name="tied").replace("[]", pin),
        "dags/tied/tied.py": GOOD.replace("'good'", "'tied'"),
        "images/old/pyproject.toml": PYPROJECT.format(name="old").replace(
            "[]", f'["httpx=={version_in(NEXT, "httpx")}"]'
        )
        + '\n[tool.uv]\nexclude-newer = "2020-01-01"\n',
        "dags/old/old.py": GOOD.replace("'good'", "'old'"),
    }
    with pytest.raises(StepError) as caught:
        await bumped({**FILES, **tied}, airflow=NEXT)
    told = "\n".join(caught.value.problems)
    assert "images/tied/pyproject.toml: can't be locked against" in told
    assert f"pydantic: the base has {version_in(NEXT, 'pydantic')}" in told
    assert "images/old/pyproject.toml: can't be locked against" in told
    assert "images/old/pyproject.toml: [tool.uv] exclude-newer = 2020-01-01 excludes newer files" in told
    assert "images/with" not in told


async def test_base_and_series_that_do_not_exist_are_refused() -> None:
    absent, empty = await asyncio.gather(
        bumped(FILES, airflow="3.99.0"), bumped(FILES, airflow="3.99.x"), return_exceptions=True
    )
    assert isinstance(absent, StepError)
    assert re.search(r"could not pull .*airflow:3\.99\.0-python[0-9.]+: not in its registry", str(absent))
    assert isinstance(empty, ConfigurationError)
    assert "the package index has no such release" in str(empty)


async def test_a_repository_without_a_base_is_told_what_to_write() -> None:
    sources = Checkout(await _tree(FILES))
    try:
        with pytest.raises(ConfigurationError, match=r"images/base\.toml: not found; .*Write it:"):
            await bump.bump(sources, BumpRequest())
    finally:
        sources.close()


async def _tree(files: Mapping[str, str]) -> dagger.Directory:
    tree = dag.directory()
    for path, text in files.items():
        tree = tree.with_new_file(path, text)
    return await tree.sync()
