"""Locks: stable, and never moving what the base has."""

import asyncio
import re
from pathlib import Path

import dagger
import pytest
from dagger import dag

from ci.config import lockfile
from ci.errors import ConfigurationError, StepError
from ci.image import build, platforms
from ci.image.base import ENVIRONMENT, BaseImage
from ci.lock import explain, resolve
from ci.lock.request import Upgrade
from ci.tools import containers
from ci.tools.checkout import Checkout
from tests.engine.conftest import repository
from tests.engine.registries import SERVERS
from tests.engine.test_image import small

pytestmark = pytest.mark.anyio

LOGIN = "builder:opensesame"
INDEX = '[[tool.uv.index]]\nname = "acme"\nurl = "http://index:8080/{path}"\n'


async def lock(
    sources: Checkout,
    below: BaseImage,
    container: dagger.Container | None = None,
    upgrade: Upgrade | None = None,
    netrc: dagger.Secret | None = None,
) -> dict[str, str]:
    """Return the locks of all types of a repository."""
    return await resolve.lock(
        (await sources.catalog()).all(),
        sources,
        container or below.container,
        lockfile.base_name(below.reference),
        upgrade=upgrade or Upgrade(),
        netrc=netrc,
    )


def index(below: BaseImage) -> dagger.Container:
    """Return the base beside a package index behind a login; it has no state, so all tests share it."""
    server = (
        containers.tool_container()
        .with_mounted_directory("/servers", dag.host().directory(str(SERVERS)))
        .with_exposed_port(8080)
        .as_service(args=["python", "-B", "/servers/private_index.py", LOGIN, "8080"])
    )
    return below.container.with_service_binding("index", server)


def private(path: str = "simple") -> Checkout:
    """Return a type that needs a package of that index."""
    return repository(small(INDEX.format(path=path), pin="acme-private==1.0"))


def netrc(name: str) -> dagger.Secret:
    """Return the login for it, as a secret of that name."""
    user, _, password = LOGIN.partition(":")
    return dag.set_secret(name, f"machine index login {user} password {password}\n")


async def test_a_lock_is_what_is_committed(sources: Checkout, below: BaseImage) -> None:
    locks = await lock(sources, below)
    assert locks == {name: await sources.text(f"images/{name}/{lockfile.NAME}") for name in locks}


async def test_package_of_the_base_stays_out_of_the_lock_unless_its_change_is_allowed(
    below: BaseImage,
) -> None:
    settings = 'allow-base-changes = { httpx = "the old client talks to an old server" }'
    locks = await lock(
        repository(
            small(pin="simple-salesforce==1.12.9", name="kept")
            | small(settings, pin="httpx==0.27.0", name="moved")
        ),
        below,
    )
    names = {line.split('"')[1] for line in locks["kept"].splitlines() if line.startswith("name = ")}
    assert "simple-salesforce" in names
    assert "requests" not in names
    assert 'name = "httpx"\nversion = "0.27.0"' in locks["moved"]
    assert 'allow-base-changes = [\n    "httpx",\n]' in locks["moved"]


async def test_the_constraints_hold_for_what_is_not_installed_unless_allowed(below: BaseImage) -> None:
    text = "# all that was tested together\ncowsay==6.0\nhttpx==0.1\n"
    container = below.container.with_new_file(resolve.CONSTRAINTS, text)
    told = "cowsay: the constraints require 6.0, it would become 6.1: cowsay==6.1"
    with pytest.raises(StepError, match=told) as caught:
        await lock(repository(small()), below, container)
    assert "write 'cowsay==6.0', which fits" in str(caught.value)
    assert 'allow-outside-constraints = { cowsay = "<why>" }' in str(caught.value)
    settings = 'allow-outside-constraints = { cowsay = "6.0 has no moose" }'
    # What is installed stays, whatever the constraints say of it.
    fitting = small(settings, name="allowed") | small(pin="httpx==0.28.1", name="installed")
    locks = await lock(repository(fitting), below, container)
    assert 'version = "6.1"' in locks["allowed"]
    assert "[[packages]]" not in locks["installed"]


async def test_a_base_without_constraints_will_do(below: BaseImage) -> None:
    locks = await lock(repository(small()), below, below.container.without_file(resolve.CONSTRAINTS))
    assert 'name = "cowsay"' in locks["small"]


async def test_what_the_base_has_from_elsewhere_than_an_index_is_held_too(below: BaseImage) -> None:
    place = f"{ENVIRONMENT}/lib/python3.13/site-packages/house_lib-1.0.dist-info"
    origin = '{"url": "file:///house", "dir_info": {"editable": true}}'
    container = (
        below.container.with_new_file(
            f"{place}/METADATA", "Metadata-Version: 2.1\nName: house-lib\nVersion: 1.0\n"
        )
        .with_new_file(f"{place}/RECORD", "")
        .with_new_file(f"{place}/direct_url.json", origin)
    )
    on = await resolve.resolver(container, lockfile.base_name(below.reference))
    packages = on.base_packages
    assert (packages.installed["house-lib"], packages.python) == ("1.0", "3.13")
    assert packages.installed.keys() > {"apache-airflow-core", "httpx", "pip"}


async def test_a_lock_that_is_not_utf_8_is_resolved_anew(below: BaseImage, tmp_path: Path) -> None:
    files = small()
    for path, text in {**files, f"images/small/{lockfile.NAME}": "packages = []"}.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        encoding = "utf-16" if path.endswith(lockfile.NAME) else "utf-8"
        (tmp_path / path).write_text(text, encoding=encoding)
    sources = Checkout(dag.host().directory(str(tmp_path)))
    assert await lock(sources, below) == await lock(repository(files), below)
    with pytest.raises(ConfigurationError, match=r"pylock\.toml: not UTF-8: .*: save it as UTF-8"):
        await sources.text(f"images/small/{lockfile.NAME}")


async def test_present_versions_are_kept_unless_an_upgrade_is_asked_for(below: BaseImage) -> None:
    container, login = index(below), netrc("upgrade")
    files = small(INDEX.format(path="simple"), pin="acme-private==1.0")
    first = (await lock(repository(files), below, container, netrc=login))["small"]
    assert 'name = "acme-core"\nversion = "2.0"' in first
    older = files | {
        "images/small/pyproject.toml": files["images/small/pyproject.toml"].replace(
            '"acme-private==1.0"', '"acme-private==1.0", "acme-core==1.0"'
        )
    }
    held = (await lock(repository(older), below, container, netrc=login))["small"]
    present = repository({**files, f"images/small/{lockfile.NAME}": held})
    kept = (await lock(present, below, container, netrc=login))["small"]
    assert 'name = "acme-core"\nversion = "1.0"' in kept
    upgrades = Upgrade(everything=True), Upgrade(packages=("acme-core",))
    locks = await asyncio.gather(*(lock(present, below, container, each, login) for each in upgrades))
    assert locks == [{"small": first}] * 2


async def test_private_index_needs_its_login_and_gets_no_credentials_into_a_lock(below: BaseImage) -> None:
    container, login = index(below), netrc("private")
    guess = dag.set_secret("wrong", "machine index login builder password guessed\n")
    locked, without, wrong, leaky = await asyncio.gather(
        lock(private(), below, container, netrc=login),
        lock(private(), below, container),
        lock(private(), below, container, netrc=guess),
        lock(private("leaky"), below, container, netrc=login),
        return_exceptions=True,
    )
    assert isinstance(locked, dict)
    assert 'url = "http://index:8080/files/acme_private-1.0-py3-none-any.whl"' in locked["small"]
    assert not any(part in locked["small"] for part in LOGIN.split(":"))
    assert isinstance(without, StepError)
    assert "'acme-private==1.0': a package index asks for credentials" in str(without)
    assert "dagger call --netrc" in str(without)
    assert isinstance(wrong, StepError)
    assert "or doesn't accept those given" in str(wrong)
    assert "guessed" not in str(wrong)
    assert isinstance(leaky, StepError)
    assert "index:8080 serves files at addresses with credentials" in str(leaky)
    assert "hidden" not in str(leaky)


async def test_newer_versions_are_found_with_what_holds_them_back(below: BaseImage) -> None:
    container = index(below).with_new_file(resolve.CONSTRAINTS, "acme-core==1.0\n")
    reference, login = lockfile.base_name(below.reference), netrc("outdated")
    files = small(INDEX.format(path="simple"), pin="acme-private==1.0")
    text = (await lock(repository(files), below, container, netrc=login))["small"]
    sources = repository({**files, f"images/small/{lockfile.NAME}": text})
    on = await resolve.resolver(container, reference, login)
    (report,) = await resolve.outdated((await sources.catalog()).all(), sources, on)
    core, private = report.packages
    assert (core.locked, core.allowed, core.newest) == ("1.0", "1.0", "2.0")
    assert core.why == "the base: acme-core==1.0"
    assert (private.locked, private.newest, private.why) == ("1.0", "1.0", "")


SOURCE = '[tool.uv.sources]\n"cowsay" = {{ {} }}\n'


async def test_a_package_from_an_address_of_its_own_is_locked_and_installed(below: BaseImage) -> None:
    plain = (await lock(repository(small()), below))["small"]
    urls = re.findall(r'url = "([^"]+\.whl)"', plain)
    files = small(SOURCE.format(f'url = "{urls[0]}"'))
    text = (await lock(repository(files), below))["small"]
    assert f'archive = {{ url = "{urls[0]}", hashes = {{ sha256 = "' in text
    files |= {f"images/small/{lockfile.NAME}": text}
    sources = repository(files)
    assert await lock(sources, below) == {"small": text}
    dag_type = (await sources.catalog()).get("small")
    assert (
        platforms.missing(await sources.lock(dag_type, lockfile.base_name(below.reference)), "linux/arm64")
        == []
    )
    built = await build.build(dag_type, sources, below)
    assert (await explain.tree(built)).splitlines() == ["small", "└── cowsay 6.1"]


async def test_a_package_from_version_control_or_a_folder_is_refused() -> None:
    told = {
        name: (await repository(small(SOURCE.format(source))).catalog()).problems["small"]
        for name, source in (("git", 'git = "https://git.example/a"'), ("path", 'path = "../a"'))
    }
    assert {name: len(problems) for name, problems in told.items()} == {"git": 1, "path": 1}
    assert all(f"cowsay has '{name}', which gives no file" in problem for name, (problem,) in told.items())
