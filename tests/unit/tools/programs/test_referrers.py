"""What is attached to images, with regctl, whose place a function takes that keeps a registry in memory."""

import json
from pathlib import Path

import pytest

from ci.image.oci import INDEX, MANIFEST, canonical
from ci.tools.programs import referrers

from ...fake_referrers import BUNDLE, PREDICATE, Fake, digest, started


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fake:
    """Give an empty registry, for which nothing waits."""
    return started(tmp_path, monkeypatch)


def test_an_image_is_laid_out_with_its_configuration_as_cosign_saves_it(fake: Fake) -> None:
    image = fake.manifest("layer")
    text = fake.contents[image].decode()
    told = fake.do("signed", api={"digest": image})
    assert told == {"api": {"manifest": text, "config": '{"config":{}}', "attached": 0}}
    about = {"mediaType": MANIFEST, "digest": image, "size": len(text)}
    assert fake.entries("api") == [{**about, "annotations": {"kind": "dev.cosignproject.cosign/image"}}]
    assert fake.blobs("api") == {image: text, digest('{"config":{}}'): '{"config":{}}'}
    layout = json.loads((fake.state / "signed/api/oci-layout").read_text())
    assert layout == {"imageLayoutVersion": "1.0.0"}


def test_what_is_attached_lies_in_the_layout_beside_the_index(fake: Fake) -> None:
    image, gone = fake.manifest("layer"), digest("gone")  # gone since it was listed
    one, two = (fake.manifest(text, artifactType=BUNDLE) for text in ("bundle one", "bundle two"))
    fake.refer(image, one, gone, two)
    assert fake.signed(image)["attached"] == 3
    blobs = fake.blobs("api")
    assert {image, one, two, digest("bundle one"), digest("bundle two")} < set(blobs)
    assert digest("layer") not in blobs
    assert all(digest(text) == name for name, text in blobs.items())
    assert [entry["digest"] for entry in fake.entries("api")] == [image]


def test_what_is_no_bundle_is_left(fake: Fake) -> None:
    image = fake.manifest("layer")
    fake.refer(image, fake.manifest("a bill"), kind="application/vnd.cyclonedx+json")
    assert fake.signed(image)["attached"] == 0
    assert digest("a bill") not in fake.blobs("api")


def test_older_signatures_are_read_from_their_tags(fake: Fake) -> None:
    image, signature, statement = map(fake.manifest, ("layer", "signature", "statement"))
    fake.tag(f"{image.replace(':', '-')}.sig", signature)
    fake.tag(f"{image.replace(':', '-')}.att", statement)
    assert fake.signed(image)["attached"] == 2
    kinds = {each["digest"]: each["annotations"]["kind"] for each in fake.entries("api.old")}
    expected = {image: "image", signature: "sigs", statement: "atts"}
    assert {name: kind.rpartition("/")[2] for name, kind in kinds.items()} == expected
    assert {signature, statement, digest("signature"), digest("statement")} < set(fake.blobs("api.old"))
    assert [each["digest"] for each in fake.entries("api")] == [image]


def test_an_index_has_no_configuration(fake: Fake) -> None:
    told = fake.signed(fake.keep(canonical({"mediaType": INDEX, "manifests": []})))
    assert (told["config"], told["attached"], fake.entries("api")[0]["mediaType"]) == (None, 0, INDEX)


def test_another_image_than_was_asked_for_is_refused(fake: Fake) -> None:
    image, other = fake.manifest("layer"), fake.manifest("other")
    fake.contents[image] = fake.contents[other]
    assert fake.signed(image) == {"problem": f"r.example/api@{image}: the registry sent {other} for it"}


def test_an_image_that_is_not_there_does_not_stop_another(fake: Fake) -> None:
    absent, image = digest("absent"), fake.manifest("layer")
    told = fake.do("signed", gone={"digest": absent}, api={"digest": image})
    assert told["gone"] == {"problem": f"r.example/api@{absent}: not found"}
    assert told["api"]["attached"] == 0


def test_nothing_is_attached_to_an_image_that_is_being_pushed(fake: Fake) -> None:
    told = fake.do("signed", new={"digest": digest("absent"), "absent": True})
    assert told["new"] == {"manifest": None, "config": None, "attached": 0}
    assert (fake.state / "signed/new/index.json").is_file()


STRANGE = ["{}", '{"config": {}, "layers": []}', "[]", "null", "no JSON", '{"manifests":[]}']


@pytest.mark.parametrize("strange", STRANGE)
def test_what_anyone_attached_in_a_strange_shape_stops_no_other_image(fake: Fake, strange: str) -> None:
    image, other = fake.manifest("layer"), fake.manifest("other")
    fake.refer(image, fake.keep(strange))
    told = fake.do("signed", odd={"digest": image}, api={"digest": other})
    assert (list(told), told["api"]["attached"]) == (["odd", "api"], 0)


def test_of_too_many_only_the_first_are_read(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(referrers, "MOST", 2)
    image = fake.manifest("layer")
    fake.refer(image, *(fake.manifest(f"bundle {number}") for number in range(4)))
    assert fake.signed(image)["attached"] == 4
    read = [digest(f"bundle {number}") in fake.blobs("api") for number in range(4)]
    assert read == [True, True, False, False]


@pytest.mark.parametrize("verb", ["artifact list", "manifest get", "blob get"])
def test_what_the_registry_refuses_is_told(fake: Fake, verb: str) -> None:
    image = fake.manifest("layer")
    fake.fails((verb, "denied [http 403]"))
    assert fake.signed(image) == {"problem": f"{verb}: denied [http 403]"}


def test_a_registry_that_knows_no_referrers_has_none(fake: Fake) -> None:
    fake.fails(("artifact list", "not found [http 404]"))
    assert fake.signed(fake.manifest("layer"))["attached"] == 0


def test_bundles_are_attached_in_their_order_and_counted(fake: Fake) -> None:
    image = fake.manifest("layer")
    bundles = fake.bundles("one", "two", "three")
    told = fake.do("attach", api={"digest": image, "bundles": bundles})["api"]
    assert (told["attached"], told["seconds"] >= 0) == (3, True)
    puts = fake.asked("artifact", "put")
    assert [put[put.index("--file") + 1] for put in puts] == [each["file"] for each in bundles]
    assert {put[put.index("--subject") + 1] for put in puts} == {f"r.example/api@{image}"}
    notes = ["--annotation", "dev.sigstore.bundle.content=dsse-envelope", "--annotation"]
    assert all([*notes, f"dev.sigstore.bundle.predicateType={PREDICATE}"] == put[8:12] for put in puts)
    assert {put[put.index("--artifact-type") + 1] for put in puts} == {BUNDLE}


def test_what_was_attached_is_read_again(fake: Fake) -> None:
    image = fake.manifest("layer")
    for bundles in (("one", "two"), ("three",), ()):
        told = fake.do("attach", api={"digest": image, "bundles": fake.bundles(*bundles)})
        assert told["api"]["attached"] == len(bundles)
    assert len(fake.asked("artifact", "put")) == fake.signed(image)["attached"] == 3
    assert {digest(text) for text in ("one", "two", "three")} < set(fake.blobs("api"))


def test_what_the_registry_does_not_list_afterwards_was_not_attached(fake: Fake) -> None:
    image = fake.manifest("layer")
    fake.fails(("bundle-1.json", ""))
    told = fake.do("attach", api={"digest": image, "bundles": fake.bundles("one", "two")})
    assert told["api"]["problem"] == (
        f"2 bundles were attached to r.example/api@{image}, the registry lists 1: "
        "someone else attached at the same time: publish again"
    )


def test_a_bundle_that_is_refused_ends_its_image_and_no_other(fake: Fake) -> None:
    image, other = fake.manifest("layer"), fake.manifest("other")
    fake.fails((f"{image} ", "denied [http 403]"))
    bundles = {"bundles": fake.bundles("one", "two")}
    told = fake.do("attach", api={"digest": image, **bundles}, dbt={"digest": other, **bundles})
    assert told["api"] == {"problem": "artifact put: denied [http 403]"}
    assert told["dbt"]["attached"] == 2
    assert len([put for put in fake.asked("artifact", "put") if image in put[3]]) == 1
