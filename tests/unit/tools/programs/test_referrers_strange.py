"""What anyone may put into a registry beside an image: it stops neither that image nor another one."""

import json
from pathlib import Path

import pytest

from ci.image.oci import CONFIG, INDEX, LAYER, MANIFEST, canonical

from ...fake_referrers import BUNDLE, Fake, digest, started

DEEP = "[" * 100_000
NO_DIGEST = {"mediaType": LAYER}


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fake:
    """Give an empty registry, for which nothing waits."""
    return started(tmp_path, monkeypatch)


def older(fake: Fake, *layers: object, **more: object) -> str:
    """Keep a manifest of an older cosign's, of any layers."""
    config = {"mediaType": CONFIG, "digest": fake.keep("{}")}
    return fake.keep(canonical({"mediaType": MANIFEST, "config": config, "layers": layers, **more}))


def signed(fake: Fake, odd: str) -> str:
    """Make an image with one good bundle, and something odd under its older signatures' tag."""
    image = fake.manifest("layer")
    fake.refer(image, fake.manifest("bundle", artifactType=BUNDLE))
    fake.tag(f"{image.replace(':', '-')}.sig", odd)
    return image


@pytest.mark.parametrize(
    "named",
    [
        *(7, None, "", "--help"),
        "sha512:" + "a" * 128,
        "sha256:" + "a" * 64,
    ],  # the last of no blob that is there
)
def test_an_older_signature_that_cannot_be_read_is_left(fake: Fake, named: object) -> None:
    image, other = signed(fake, older(fake, {**NO_DIGEST, "digest": named})), fake.manifest("other")
    told = fake.do("signed", api={"digest": image}, dbt={"digest": other})
    assert (told["api"]["attached"], told["dbt"]["attached"]) == (1, 0)
    assert digest("bundle") in fake.blobs("api")
    assert not any("--help" in command for command in fake.asked("blob"))


def test_an_older_statement_stays_where_the_signature_cannot_be_read(fake: Fake) -> None:
    image, statement = signed(fake, older(fake, NO_DIGEST)), fake.manifest("statement")
    fake.tag(f"{image.replace(':', '-')}.att", statement)
    assert fake.signed(image)["attached"] == 2
    assert [each["digest"] for each in fake.entries("api.old")] == [image, statement]


TEXTS = ["[]", "null", "{}", "no JSON", '{"config":7,"layers":7}', DEEP]


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: text[:9])
def test_a_tag_of_anything_is_left(fake: Fake, text: str) -> None:
    assert fake.signed(signed(fake, fake.keep(text)))["attached"] == 1
    assert not (fake.state / "signed" / "api.old").exists()


def test_a_tag_that_may_not_be_read_or_holds_no_text_is_left(fake: Fake) -> None:
    image = signed(fake, older(fake))
    fake.fails((".sig", "denied [http 403]"))
    assert fake.signed(image)["attached"] == 1
    fake.fails()
    fake.contents["binary"] = b"\xff\xfe"
    fake.tag(f"{image.replace(':', '-')}.sig", "binary")
    assert fake.do("signed", again={"digest": image})["again"]["attached"] == 1


WITHOUT_CONFIGURATION = [f'{{"config":{config}}}' for config in ("null", "{}", "[]", '{"digest":7}')]


@pytest.mark.parametrize("text", ["[]", "null", "7", '"text"', *WITHOUT_CONFIGURATION])
def test_what_is_no_image_is_a_problem_of_its_own(fake: Fake, text: str) -> None:
    odd, other = fake.keep(text), fake.manifest("other")
    told = fake.do("signed", odd={"digest": odd}, api={"digest": other})
    assert (list(told["odd"]), told["api"]["attached"]) == (["problem"], 0)


def test_a_configuration_that_is_no_text_is_a_problem_of_its_own(fake: Fake) -> None:
    image, other = fake.manifest("layer"), fake.manifest("other")
    held = json.loads(fake.contents[image])["config"]["digest"]
    top = fake.keep(canonical({"mediaType": INDEX, "manifests": []}))
    fake.contents[held] = b"\xff"
    told = fake.do("signed", odd={"digest": image}, dbt={"digest": other}, top={"digest": top})
    assert (list(told["odd"]), list(told["dbt"]), told["top"]["config"]) == (["problem"], ["problem"], None)
