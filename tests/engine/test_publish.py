"""Publishing to real registries: what goes up, what is in the registry after it, what is refused and why."""

import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ci.checks.report import Report
from ci.config import names
from ci.errors import CheckError
from ci.image import oci
from ci.image.built import BuiltImage
from ci.tools import containers, registry
from ci.tools.cosign import Signer
from ci.tools.registry import Access, Question
from tests.engine import registries
from tests.engine.conftest import uncached
from tests.engine.histories import DAG, History, only, secret
from tests.engine.registries import PASSWORD, PORT, USER

pytestmark = [pytest.mark.anyio, pytest.mark.xdist_group("publish")]  # one registry for all

OCI = "org.opencontainers.image."
SEARCH = """
import gzip, pathlib, sys
files = [path.read_bytes() for path in pathlib.Path('/blobs').iterdir()]
texts = files + [gzip.decompress(content) for content in files if content[:2] == b'\\x1f\\x8b']
print(len(texts), sum(sys.argv[1].encode() in text for text in texts))
"""


@pytest.fixture(scope="module")
async def proxied(anyio_backend: str) -> AsyncIterator[str]:
    """HOST:PORT of a proxy that counts, before a registry with a password."""
    assert anyio_backend
    locked, counting = registries.host("locked"), registries.host("counting")
    proxy = registries.counting(counting, f"{locked}:{PORT}")
    async with registries.running(registries.with_password(locked), proxy):
        yield f"{counting}:{PORT}"


@dataclass(frozen=True)
class Place:
    """What a test has of the registry: the repositories of an owner, and all that is counted."""

    address: str
    owner: str

    def repository(self, dag_type: str) -> str:
        """Return the repository of a DAG type."""
        return f"{self.address}/{self.owner}/de-airflow-pipeline-{dag_type}"

    async def image(
        self, access: Access, dag_type: str, tag: str
    ) -> tuple[str, dict[str, Any], dict[str, Any]]:
        """Return the manifest that a tag points to, as text and as a value, and the configuration."""
        place = await registry.connect(self.address, access, "")
        where = names.Reference(repository=self.repository(dag_type), tag=tag, digest="")
        answer = await place.image(where)
        return answer["manifest"], json.loads(answer["manifest"]), json.loads(answer["config"])

    async def digests(self, access: Access, dag_type: str, *tags: str) -> dict[str, str]:
        """Return the digest of each tag that is there."""
        place = await registry.connect(self.address, access, "")
        question = Question(self.repository(dag_type), list(tags))
        return (await place.look({"image": question}))["image"].digests


@pytest.fixture
async def place(proxied: str, owner: str) -> Place:
    """Return the registry, with counts that begin at zero."""
    await registries.counts(proxied)
    return Place(proxied, owner)


@pytest.fixture
def flows(tmp_path: Path, owner: str) -> History:
    """Return a git repository with two DAG types, whose images pass the gate: what is tested comes after."""
    return History(tmp_path, owner, registries.passed)


def login(user: str = USER, password: str = PASSWORD) -> Access:
    """Return the way to the registry with these credentials."""
    return Access(username=secret(user), token=secret(password), plain_http=True)


async def test_what_is_new_goes_up_and_nothing_else(place: Place, flows: History) -> None:
    access, one = login(), f"{place.owner}/de-airflow-pipeline-one"
    first = await flows.publish(place.address, access, "one")
    row, commit = only(first), first.commit
    text, manifest, config = await place.image(access, "one", "main")
    assert row.digest == oci.Blob(text=text).digest
    assert row.written == ("main", "latest", f"sha-{commit[:7]}")
    labels = config["config"]["Labels"]
    assert labels[f"{OCI}revision"] == commit
    assert labels[f"{OCI}source"] == "https://github.com/Example/flows"
    assert manifest["annotations"].items() <= labels.items()
    assert config["created"] == "2023-11-14T22:13:20Z"

    base = sum(layer["size"] for layer in manifest["layers"][:-1])
    sent = (await registries.counts(place.address))["uploaded"][one]
    assert sent >= base > 1e6

    again = await flows.publish(place.address, access, "one")
    assert (only(again).written, only(again).same) == ((), row.written)
    told = await registries.counts(place.address)
    assert sum(told["uploaded"].values()) <= 2  # the empty blob that asks whether writing is allowed
    assert not told["manifests"]

    flows.write("dags/one/one_dag.py", DAG.format(name="edited"))
    flows.commit()
    edited = await flows.publish(place.address, access, "one")
    assert only(edited).written[:2] == ("main", "latest")
    told = await registries.counts(place.address)
    _, manifest, _ = await place.image(access, "one", "main")
    assert 0 < sum(told["uploaded"].values()) <= 1.1 * manifest["layers"][-1]["size"] + 6_000

    await flows.publish(place.address, access)
    told = await registries.counts(place.address)
    assert sum(told["uploaded"].values()) <= 20_000
    assert told["mounted"][f"{place.owner}/de-airflow-pipeline-two"] >= len(manifest["layers"]) - 1

    connected = await registry.connect(place.address, access, "")
    own = [manifest["config"]["digest"], manifest["layers"][-1]["digest"]]
    blobs = connected.blobs(place.repository("one"), row.digest, own)
    search = uncached(containers.tool_container()).with_directory("/blobs", blobs)
    assert await search.with_exec(["python", "-c", SEARCH, PASSWORD]).stdout() == "3 0\n"
    assert PASSWORD not in f"{text}{first.as_json()}{first.table()}{edited.as_json()}"


@pytest.mark.parametrize(
    "access",
    [lambda: Access(plain_http=True), lambda: login(USER, "wrong")],
    ids=["no token", "a wrong one"],
)
async def test_without_the_right_token_nothing_is_built(
    access: Callable[[], Access], place: Place, tmp_path: Path
) -> None:
    built: list[BuiltImage] = []

    async def test(images: Sequence[BuiltImage], *_: object) -> Mapping[str, Report]:
        built.extend(images)  # what is built comes here at once
        return {image.dag_type.name: Report(subject="a test") for image in images}

    flows = History(tmp_path, place.owner, test)
    with pytest.raises(CheckError) as told:
        await flows.publish(place.address, access())
    counted = await registries.counts(place.address)
    text = str(told.value)
    for name in ("one", "two"):
        assert f"{name}: FAILED: {place.repository(name)}: the credentials are missing or wrong" in text
    assert "--token env://" in text
    assert not built
    assert not counted["uploaded"]
    assert not counted["manifests"]


async def test_a_registry_with_a_ca_of_its_own(flows: History) -> None:
    name = registries.host("tls")
    service, authority = registries.with_tls(name)
    address = f"{name}:{PORT}"
    async with registries.running(service):
        with pytest.raises(CheckError, match="give that of its CA with --registry-ca"):
            await flows.publish(address, Access(), "one")
        done = await flows.publish(address, Access(authority=authority), "one")
    assert "main" in only(done).written


async def test_an_empty_key_publishes_nothing_unsigned(flows: History) -> None:
    empty = Signer(key=secret("\n"))
    with pytest.raises(CheckError, match="--signing-key is empty; nothing is published without"):
        await flows.publish("127.0.0.1:9", Access(), "one", signer=empty)  # nobody is asked


async def test_a_dry_run_needs_no_answer_of_the_registry(place: Place, flows: History) -> None:
    silent = f"{place.address.partition(':')[0]}:5999"
    done = await flows.publish(silent, login(), "one", dry_run=True)
    assert (
        f"size of latest unknown: {place.repository('one').replace(place.address, silent)}: "
        in only(done).note
    )


@pytest.mark.parametrize("ref", ["refs/pull/7/merge", ""], ids=["nothing is pushed", "pushed"])
async def test_a_mistake_in_what_all_types_share_is_told_in_the_row_of_each(
    ref: str, place: Place, flows: History
) -> None:
    flows.write("images/policy.toml", "[scna]\n")
    flows.commit()
    wrong = r"one, two: FAILED: images/policy\.toml: unknown table \[scna\]: did you mean 'scan'\?"
    with pytest.raises(CheckError, match=wrong):
        await flows.publish(place.address, login(), ref=ref)
    assert not (await registries.counts(place.address))["manifests"]


async def test_a_type_that_a_tag_does_not_release_is_not_made(place: Place, flows: History) -> None:
    flows.tag("one/v1.2.3")
    done = await flows.publish(place.address, login(), ref="refs/tags/one/v1.2.3")
    one, two = done.rows
    assert one.written[0] == "v1.2.3"
    assert (two.made, two.problem) == (False, "")
    assert "two: skipped: one/v1.2.3 releases only one" in done.table().splitlines()


async def test_a_release_never_changes_and_lines_never_go_back(place: Place, flows: History) -> None:
    access = login()
    flows.tag("v1.2.3")
    first = only(await flows.publish(place.address, access, "one"))
    assert first.written == ("v1.2.3", "v1.2", "v1", "latest")

    flows.write("dags/one/one_dag.py", DAG.format(name="later"))
    flows.commit()
    flows.tag("v1.2.3")
    with pytest.raises(CheckError, match=f"one: FAILED: .*is released as {first.digest} and never changes"):
        await flows.publish(place.address, access, "one")
    there = await place.digests(access, "one", "v1.2.3", "v1.2", "v1", "latest")
    assert there == dict.fromkeys(first.written, first.digest)

    flows.untag("v1.2.3")
    flows.tag("v1.3.0")
    newer = only(await flows.publish(place.address, access, "one"))
    assert newer.written == ("v1.3.0", "v1.3", "v1", "latest")

    flows.write("dags/one/one_dag.py", DAG.format(name="mended"))
    flows.commit()
    flows.tag("v1.2.4")
    mended = only(await flows.publish(place.address, access, "one"))
    assert mended.written == ("v1.2.4", "v1.2")
    assert mended.left == {"v1": "v1.3.0 is newer", "latest": "v1.3.0 is newer"}
    there = await place.digests(access, "one", "v1.2.3", "v1.2", "v1", "latest")
    assert there == {
        "v1.2.3": first.digest,
        "v1.2": mended.digest,
        "v1": newer.digest,
        "latest": newer.digest,
    }


async def test_a_type_that_fails_its_gate_stops_no_other_and_can_be_forced(
    place: Place, tmp_path: Path
) -> None:
    access, flows = login(), History(tmp_path, place.owner)  # with the real tests
    flows.write("dags/one/one_dag.py", "import a_package_that_is_not_there\n")
    flows.commit()
    with pytest.raises(CheckError, match="one: FAILED: checks failed, nothing was pushed") as told:
        await flows.publish(place.address, access)
    assert "pin the package that provides 'a_package_that_is_not_there'" in str(told.value)
    assert "two: FAILED" not in str(told.value)
    assert await place.digests(access, "one", "main") == {}
    assert (await place.digests(access, "two", "main"))["main"] in str(told.value)

    forced = await flows.publish(place.address, access, "one", force="the day of the audit")
    assert "published by force: the day of the audit" in only(forced).note
    _, manifest, config = await place.image(access, "one", "main")
    for labels in (manifest["annotations"], config["config"]["Labels"]):
        assert labels["airflow-images.forced"] == "the day of the audit"
    assert PASSWORD not in f"{told.value}{forced.as_json()}{forced.table()}"
