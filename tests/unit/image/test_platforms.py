"""Platforms as a user names them, and the packages of a lock that have no wheel for one."""

import json

import pytest

from ci.config.lockfile import Lock
from ci.errors import ConfigurationError
from ci.image.platforms import MACHINES, fits, missing, parse, require_wheels

from ..repository import FILE, dag_type

HOST = "https://files.example/packages/ab"
BOTH = ("linux/amd64", "linux/arm64")
ANY = "demo-1.0-py3-none-any.whl"
AMD64 = "demo-1.0-cp313-cp313-manylinux_2_17_x86_64.manylinux2014_x86_64.whl"
ARM64 = "demo-1.0-cp313-cp313-manylinux_2_17_aarch64.manylinux2014_aarch64.whl"
SDIST = f'sdist = {{ url = "{HOST}/demo-1.0.tar.gz", hashes = {{ sha256 = "aa" }} }}\n'


def package(*files: str, name: str = "demo", sdist: bool = False) -> str:
    urls = [f"{HOST}/{file}" for file in files]
    return raw(*(f"url = {json.dumps(url)}" for url in urls), name=name) + (SDIST if sdist else "")


def raw(*wheels: str, name: str = "demo") -> str:
    listed = ", ".join(f'{{ {wheel}, hashes = {{ sha256 = "aa" }} }}' for wheel in wheels)
    return f'[[packages]]\nname = "{name}"\nversion = "1.0"\n' + (f"wheels = [{listed}]\n" if wheels else "")


def lock(*packages: str) -> Lock:
    return Lock(text='lock-version = "1.0"\n' + "\n".join(packages), packages={})


def lacking(*packages: str) -> list[str]:
    """Name the platforms on which a package is missing."""
    return [platform for platform in MACHINES if missing(lock(*packages), platform)]


@pytest.mark.parametrize(
    ("texts", "result"),
    [
        *((nothing, ()) for nothing in (None, [], [""], [" , "])),
        (["linux/arm64"], ("linux/arm64",)),
        (["linux/arm64,linux/amd64"], BOTH),
        (["linux/arm64", "linux/amd64"], BOTH),
        ([" linux/amd64 ,, linux/arm64 "], BOTH),
        (["linux/amd64,linux/amd64", "linux/amd64"], ("linux/amd64",)),
    ],
)
def test_platforms_are_read_sorted_and_each_once(texts: list[str] | None, result: tuple[str, ...]) -> None:
    assert parse(texts) == result


def test_every_unknown_platform_is_reported_with_the_nearest_known() -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse(["linux/arm,zzz", "arm64", "linux/amd64", "Linux/AMD64"])
    choices = "choose linux/amd64 or linux/arm64"
    near, far = caught.value.problems[2], caught.value.problems[3]
    assert len(caught.value.problems) == 4
    assert near == f"unknown platform 'linux/arm': did you mean 'linux/arm64'? {choices}"
    assert far == f"unknown platform 'zzz': {choices}"


@pytest.mark.parametrize(
    ("files", "platforms"),
    [
        *(([f"demo-{pure}-none-any.whl"], []) for pure in ("1-py3", "1-py2.py3", "1%2Ba.1-py3", "1+a.1-py3")),
        ([AMD64, ARM64], []),
        ([AMD64], ["linux/arm64"]),
        ([ARM64], ["linux/amd64"]),
        ([AMD64, ANY], []),
        (["demo-1.0-cp313-abi3-manylinux_2_28_x86_64.whl"], ["linux/arm64"]),
        (["demo-1.0-cp313-cp313-manylinux1_x86_64.whl"], ["linux/arm64"]),
        (["demo-1.0-1-cp313-cp313-manylinux_2_17_aarch64.whl"], ["linux/amd64"]),
        (["demo-1.0-cp313-cp313-musllinux_1_2_x86_64.whl"], [*BOTH]),
        (["demo-1.0-cp313-cp313-win_amd64.whl", "demo-1.0-cp313-cp313-macosx_11_0_arm64.whl"], [*BOTH]),
        (["demo-1.0-cp313-cp313-manylinux_2_17_i686.whl"], [*BOTH]),
        ([], [*BOTH]),
        (["demo-1%211.0-cp313-cp313-manylinux_2_17_x86_64.whl"], ["linux/arm64"]),
        ([f"{ANY}#sha256=aa"], []),
        ([f"{ANY}?token=a/b"], []),
    ],
)
def test_a_package_is_missing_where_no_wheel_of_it_fits(files: list[str], platforms: list[str]) -> None:
    assert lacking(package(*files)) == platforms


def test_every_missing_package_is_named_and_a_source_distribution_is_no_wheel() -> None:
    one, three = package(AMD64, name="one", sdist=True), package(sdist=True, name="three")
    text = lock(one, package(ANY, name="two"), three)
    assert missing(text, "linux/arm64") == ["one==1.0", "three==1.0"]
    assert missing(text, "linux/amd64") == ["three==1.0"]


@pytest.mark.parametrize(
    ("file", "platforms"), [(ANY, []), (AMD64, ["linux/arm64"]), ("demo-1.0.tar.gz", [*BOTH])]
)
def test_a_package_from_an_address_of_its_own_has_one_file(file: str, platforms: list[str]) -> None:
    archive = f'archive = {{ url = "{HOST}/{file}?a#b", hashes = {{ sha256 = "aa" }} }}\n'
    assert lacking(raw() + archive) == platforms


@pytest.mark.parametrize(
    "wheel",
    [
        f'name = "{ANY}", url = "{HOST}/redirect?id=5"',
        f'name = "{ANY}", path = "wheels/other"',
        f'path = "wheels/{ANY}"',
    ],
)
def test_a_wheel_may_be_named_in_all_the_ways_of_the_standard(wheel: str) -> None:
    assert lacking(raw(wheel)) == []


@pytest.mark.parametrize("place", ["name", "path", "url"])
def test_one_wheel_fits_the_platforms_of_its_tags(place: str) -> None:
    wheels = [{place: f"wheels/{file}"} for file in (ANY, AMD64, ARM64)]
    result = {platform: [fits(wheel, platform) for wheel in wheels] for platform in BOTH}
    assert result == {"linux/amd64": [True, True, False], "linux/arm64": [True, False, True]}


def test_what_is_missing_is_reported_for_every_platform_at_once() -> None:
    packages = lock(package(AMD64, name="one"), package(ARM64, name="two"))
    with pytest.raises(ConfigurationError) as caught:
        require_wheels(dag_type(), packages, BOTH)
    assert [problem.partition(" in its lock")[0] for problem in caught.value.problems] == [
        f"{FILE}: two==1.0 has no wheel for linux/amd64",
        f"{FILE}: one==1.0 has no wheel for linux/arm64",
    ]
    assert caught.value.problems[0].endswith("or publish without that platform")
    assert require_wheels(dag_type(), lock(package(AMD64, ARM64)), BOTH) is None
    assert require_wheels(dag_type(), lock(package()), ()) is None
