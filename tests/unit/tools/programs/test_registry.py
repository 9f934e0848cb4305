"""Looking and pushing with regctl, whose place a function takes that keeps a registry in memory."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci.image.oci import MANIFEST, canonical
from ci.tools.programs import regctl, registry

from ...fake_regctl import BASE, COMMIT, Fake, digest, job, moves, sharing, started, texts
from ...programs import script


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fake:
    """Give an empty registry, for which nothing waits."""
    return started(tmp_path, monkeypatch)


@pytest.mark.parametrize(
    "said",
    [
        *("request failed [http 429]", "http status 503", "connection reset by peer", "unexpected EOF"),
        *("502 Bad Gateway", "TLS handshake timeout", "retry limit exceeded", "digest mismatch"),
    ],
)
def test_what_may_pass_is_tried_again_until_it_succeeds(fake: Fake, said: str) -> None:
    fake.fails(("tag ls", 2, said))
    assert regctl.run(["tag", "ls", "r.example/api"]).status == 0
    assert (len(fake.asked()), len(fake.waits)) == (3, 2)


@pytest.mark.parametrize(
    ("said", "attempts"),
    [
        ("unauthorized [http 401]", 1),
        ("denied [http 403]", 1),
        ("not found [http 404]", 1),
        ("r.example/api500: no", 1),
        ("connection refused", 2),
        ("http 500", regctl.ATTEMPTS),
    ],
)
def test_what_never_passes_ends_with_an_attempt_and_no_wait(fake: Fake, said: str, attempts: int) -> None:
    fake.fails(("tag ls", 99, said))
    completed = regctl.run(["tag", "ls", "r.example/api"])
    assert (completed.status, completed.error) == (1, said)
    assert (len(fake.asked()), len(fake.waits)) == (attempts, attempts - 1)


def test_a_command_is_a_process_that_is_ended_where_it_hangs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = script(tmp_path / "regctl", 'echo "$@"; cat; printf "no\\377\\n" >&2; exit 3')
    monkeypatch.setattr(regctl, "REGCTL", program)
    completed = regctl.run_once(["blob", "put", "r.example/api"], b"a\0b")
    assert completed == regctl.Completed(3, b"--logopt text blob put r.example/api\na\0b", "no\ufffd")
    script(tmp_path / "regctl", "exec sleep 60")
    monkeypatch.setattr(regctl, "SECONDS", 0.05)
    completed = regctl.run_once(["tag", "ls", "r.example/api"])
    assert (completed.status, completed.error) == (124, "took longer than 0.05 s")
    assert regctl.PASSING.search(completed.error)


@given(attempt=st.integers(0, 50), chance=st.floats(0, 1, exclude_max=True))
def test_a_pause_doubles_up_to_ten_seconds_half_of_it_by_chance(attempt: int, chance: float) -> None:
    whole = min(10.0, 0.2 * 2**attempt)
    assert whole / 2 <= regctl.pause(attempt, lambda: chance) <= whole


@pytest.mark.parametrize("said", ["", "name unknown [http 404]", "r.example/api: not found"])
def test_a_repository_without_tags_has_nothing_and_may_be_written_to(fake: Fake, said: str) -> None:
    fake.fails(*[("tag ls", 9, said)] if said else [])
    assert fake.look("api", write=True) == {
        "api": {"names": [], "manifests": {}, "labels": {}, "made": ["a"]}
    }
    assert fake.asked("blob put") == ["r.example/api"]


def test_a_look_tells_names_manifests_and_labels(fake: Fake) -> None:
    fake.push("api", main=None, nightly=None)
    told = {"main": {registry.REVISION: COMMIT, "name": "api"}}
    there = {"manifests": {"main": texts("api")[1]}, "labels": told}
    assert fake.look("api") == {"api": {"names": ["main", "nightly"], **there, "made": ["a"]}}
    assert fake.asked("blob put") == []


@pytest.mark.parametrize("broken", ["tag ls", "blob put"])
def test_a_repository_that_cannot_be_used_does_not_stop_others(fake: Fake, broken: str) -> None:
    said = f"sha256:0404{'0' * 60}: unauthorized [http 401]"
    fake.fails((f"{broken} r.example/b", 9, said))
    told = fake.look("a", "b", "c", write=True)
    assert told["b"]["problem"].startswith(broken)
    assert told["b"]["problem"].endswith(said)
    assert told["a"] == told["c"] == {"names": [], "manifests": {}, "labels": {}, "made": ["a"]}


def test_a_layout_is_made_of_links_to_what_is_mounted_and_of_the_texts(fake: Fake, tmp_path: Path) -> None:
    registry.compose(job(tmp_path, "api", "dbt"))
    blobs = {file.name: file for file in (fake.state / "layout/blobs/sha256").iterdir()}
    made = [*texts("api"), *texts("dbt")]
    expected = [*BASE, *map(digest, ["api", "dbt", *made])]
    assert set(blobs) == {each[7:] for each in expected}
    assert {name for name, file in blobs.items() if not file.is_symlink()} == {digest(x)[7:] for x in made}
    assert all(digest(file.read_bytes()) == f"sha256:{name}" for name, file in blobs.items())


def test_the_base_is_sent_once_and_mounted_into_the_other_repositories(fake: Fake) -> None:
    told = fake.push("api", "dbt", "zoo", main=None, latest=None)
    for name in ("api", "dbt", "zoo"):
        assert told[name]["written"] == ["main", "latest"]
        assert fake.tags(name) == dict.fromkeys(["main", "latest"], digest(texts(name)[1]))
    sent = fake.uploads()
    assert [line for line in sent if line.split()[1] in BASE] == [f"r.example/api {each}" for each in BASE]
    copies = [f"r.example/api r.example/{name} {each}" for name in ("dbt", "zoo") for each in BASE]
    assert sorted(fake.asked("blob copy")) == sorted(copies)


def test_a_repository_that_has_the_base_already_gives_it_to_the_others(fake: Fake) -> None:
    fake.push("old")
    fake.push("api", siblings=["r.example/old", "r.example/api"])
    assert fake.asked("blob copy r.example/old r.example/api") == BASE
    assert not set(fake.uploads("r.example/api")) & set(BASE)


def test_a_large_layer_is_mounted_from_a_type_that_is_not_pushed_now(
    fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "LARGE", 6)
    delta = digest("delta")
    fake.do("push", sharing(fake.state, "delta", "one"))
    two = sharing(fake.state, "delta", "two") | {"siblings": ["r.example/one", "r.example/two"]}
    assert fake.do("push", two)["two"]["written"] == ["main"]
    assert fake.asked("blob copy r.example/one r.example/two")[-1].endswith(delta)
    assert [line for line in fake.uploads() if line.endswith(delta)] == [f"r.example/one {delta}"]


def test_a_delta_of_many_images_is_sent_once_and_mounted_into_the_others(fake: Fake) -> None:
    names = [f"type{number}" for number in range(20)]
    told = fake.do("push", sharing(fake.state, "delta", *names))
    assert all(each["written"] == ["main"] for each in told.values())
    delta = digest("delta")
    assert [line for line in fake.uploads() if line.endswith(delta)] == [f"r.example/type0 {delta}"]
    mounted = [line for line in fake.asked("blob copy") if line.endswith(delta)]
    assert sorted(mounted) == sorted(f"r.example/type0 r.example/{name} {delta}" for name in names[1:])


def test_deltas_of_two_kinds_are_sent_each_once_where_the_base_is_there(fake: Fake) -> None:
    fake.push("old")
    pushed = sharing(fake.state, "one", "a", "b")
    pushed["images"] |= sharing(fake.state, "two", "c", "d")["images"]
    # It shares a layer with each of the two.
    both = texts("e", "one", "two")
    pushed["images"]["e"] = {
        **sharing(fake.state, "one", "e")["images"]["e"],
        "digest": digest(both[1]),
        "texts": both,
        "tags": moves(both, {"main": None}),
    }
    told = fake.do("push", {**pushed, "siblings": ["r.example/old"]})
    assert all(each["written"] for each in told.values())
    sent = [line for line in fake.uploads() if line.split()[1] in map(digest, ["one", "two"])]
    assert sorted(sent) == [f"r.example/a {digest('one')}", f"r.example/c {digest('two')}"]


def test_a_delta_whose_first_image_fails_is_sent_by_the_others(fake: Fake) -> None:
    fake.push("old")
    fake.fails((f"{digest(texts('api', 'delta')[1])} r.example/api@", 99, "denied [http 403]"))
    told = fake.do("push", {**sharing(fake.state, "delta", "api", "dbt"), "siblings": ["r.example/old"]})
    assert "problem" in told["api"]
    assert told["dbt"]["written"] == ["main"]
    assert f"r.example/dbt {digest('delta')}" in fake.uploads()


def test_what_cannot_be_mounted_is_sent(fake: Fake) -> None:
    fake.fails(("blob copy", 99, "denied [http 403]"))
    assert all(each["written"] for each in fake.push("api", "dbt").values())
    assert set(BASE) < set(fake.uploads("r.example/dbt"))


def test_tags_are_written_in_the_order_given_whatever_json_does_to_objects(fake: Fake) -> None:
    order = ["v1.3.0", "v1.3", "v1", "latest"]
    given = job(fake.state, "api")
    given["images"]["api"]["tags"] = moves(texts("api"), dict.fromkeys(order))
    pushed = json.loads(json.dumps(given, sort_keys=True))
    assert fake.do("push", pushed)["api"]["written"] == order
    assert fake.asked("manifest put --content-type " + MANIFEST) == [f"r.example/api:{tag}" for tag in order]


def test_a_tag_may_be_moved_to_another_image_that_is_there(fake: Fake) -> None:
    fake.push("api", main=None)
    there = fake.tags("api")["main"]
    made = texts("api", "newer")
    pushed = job(fake.state, "api", "newer")
    tags = [["main", there, digest(made[1])], ["v1", None, there]]
    del pushed["images"]["newer"]
    pushed["images"]["api"] |= {"digest": digest(made[1]), "texts": made, "tags": tags}
    assert fake.do("push", pushed)["api"]["written"] == ["main", "v1"]
    assert fake.tags("api") == {"main": digest(made[1]), "v1": there}
    pushed["images"]["api"]["tags"] = [["v2", None, digest("nothing")]]
    problem = f"r.example/api@{digest('nothing')}: not found"
    assert fake.do("push", pushed) == {"api": {"problem": problem}}


def test_what_is_there_already_is_not_written_again(fake: Fake) -> None:
    fake.push("api")
    before = len(fake.asked("image copy") + fake.asked("manifest put") + fake.uploads())
    assert fake.push("api")["api"]["written"] == []
    assert len(fake.asked("image copy") + fake.asked("manifest put") + fake.uploads()) == before


@pytest.mark.parametrize("before", [None, digest("another")], ids=["not-there", "elsewhere"])
def test_a_tag_that_was_moved_meanwhile_is_left(fake: Fake, tmp_path: Path, before: str | None) -> None:
    fake.do("push", job(tmp_path, "api"))
    theirs = fake.tags("api")["main"]
    pushed = job(tmp_path, "api", main=before)
    text = canonical({**json.loads(texts("api")[1]), "annotations": {"other": "image"}})
    pushed["images"]["api"] |= {"digest": digest(text), "texts": [texts("api")[0], text]}
    pushed["images"]["api"]["tags"] = [["main", before, digest(text)]]
    problem = f"r.example/api:main was moved to {theirs} by someone else in the meantime: publish again"
    assert fake.do("push", pushed) == {"api": {"problem": problem}}
    assert fake.tags("api") == {"main": theirs}
    pushed["images"]["api"]["tags"] = [["main", theirs, digest(text)]]
    assert fake.do("push", pushed)["api"]["written"] == ["main"]


@pytest.mark.parametrize("step", [f"{digest(texts('api')[1])} r.example/api@", "json r.example/api:"])
def test_an_image_that_fails_stops_no_other_and_moves_no_tag(fake: Fake, step: str) -> None:
    fake.fails((step, 99, "denied [http 403]"))
    told = fake.push("api", "dbt")
    assert told["api"]["problem"] in {f"{each}: denied [http 403]" for each in ("image copy", "manifest put")}
    assert told["dbt"]["written"] == ["main"]
    assert (fake.tags("api"), list(fake.tags("dbt"))) == ({}, ["main"])


def test_a_blob_that_is_kept_is_fetched_once_and_again_where_it_is_broken(fake: Fake, tmp_path: Path) -> None:
    content, folder = b"a configuration", tmp_path / "kept"
    folder.mkdir()
    fake.repositories["r.example/api"].blobs[digest(content)] = content
    for _ in range(2):
        assert registry.cached("r.example/api", digest(content), folder) == content
    assert len(fake.asked("blob get")) == 1
    (folder / digest(content)[7:]).write_bytes(b"half of it")
    assert registry.cached("r.example/api", digest(content), folder) == content
    assert len(fake.asked("blob get")) == 2
