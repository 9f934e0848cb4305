"""The part of an SBOM that a DAG type's layers brought, and the names that make equal graphs equal."""

import json
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ci.attest.sbom.document import delta, normalise, packages
from ci.attest.sbom.graph import stable_names, subgraph
from ci.attest.sbom.purl import PurlPackage
from ci.errors import StepError
from ci.image.oci import Json

from ...sboms import ADDED, BASE, CYCLONEDX, SUBJECT, mistakes

LATE = f"sha256:{'1' * 64}"
LIBC6 = "pkg:deb/debian/libc6@2.41-12?arch=amd64&distro=debian-13.7"
LXML = PurlPackage("pypi", "lxml", "6.0.2")
JQ = PurlPackage("deb", "debian/jq", "1.7.1-6")
DEBIAN = (("libc6", "2.41-12"), ("login", "1:4.16.0-2"))
WHOLE = normalise(CYCLONEDX, SUBJECT)


def part(*layers: str) -> Json:
    return json.loads(delta(WHOLE, layers))


def test_the_added_layers_packages_alone_stay() -> None:
    golang = {PurlPackage("golang", "example.com/demo", ""), PurlPackage("golang", "stdlib", "v1.26.8")}
    assert packages(delta(WHOLE, [ADDED])) == {JQ, PurlPackage("pypi", "jinja2", "3.1.6"), LXML, *golang}
    libc6, login = (PurlPackage("deb", f"debian/{name}", version) for name, version in DEBIAN)
    assert packages(delta(WHOLE, [BASE])) == {libc6, login, LXML}
    assert packages(delta(WHOLE, [BASE, ADDED])) == packages(CYCLONEDX)


@settings(max_examples=8)  # there are four cases
@given(st.sets(st.sampled_from([BASE, ADDED])))
def test_a_part_is_valid_and_within_the_whole(layers: set[str]) -> None:
    found = delta(WHOLE, layers)
    assert packages(found) <= packages(CYCLONEDX)
    assert not mistakes(found)
    assert delta(WHOLE, sorted(layers)) == found


def test_a_part_is_a_document_of_its_own_that_says_so() -> None:
    found = [json.loads(WHOLE), part(ADDED), part(BASE), part(ADDED, BASE)]
    assert len({document["serialNumber"] for document in found}) == 4
    assert found[1]["metadata"]["properties"] == [{"name": "airflow-images:layers", "value": ADDED}]
    with pytest.raises(StepError, match=f"the SBOM's image has no layer {LATE}; its layers are .*{BASE}"):
        delta(WHOLE, [LATE])


def test_the_graph_of_cyclonedx_is_cut_to_what_is_left() -> None:
    document = part(ADDED)
    below = {each["ref"]: each["dependsOn"] for each in document["dependencies"]}
    left = {
        document["metadata"]["component"]["bom-ref"],
        *(each["bom-ref"] for each in document["components"]),
    }
    assert below.keys() == left
    assert {ref for refs in below.values() for ref in refs} <= left
    assert below["pkg:deb/debian/jq@1.7.1-6?arch=amd64&distro=debian-13.7"] == []
    shown = [each["name"] for each in document["components"]]
    assert sorted(shown) == [
        *("Jinja2", "debian", "example.com/demo", "example.com/demo", "jq", "lxml"),
        *("opt/tools/one", "opt/tools/two", "stdlib", "stdlib"),
    ]
    assert document["compositions"][0]["aggregate"] == "incomplete"


def test_vulnerabilities_of_packages_that_went_go_too() -> None:
    jq = LIBC6.replace("libc6@2.41-12", "jq@1.7.1-6")
    document = json.loads(WHOLE)
    both = [{"ref": LIBC6}, {"ref": jq}]
    document["vulnerabilities"] = [{"id": "CVE-1", "affects": both}, {"id": "CVE-2", "affects": both[:1]}]
    found = delta(json.dumps(document), [ADDED])
    assert json.loads(found)["vulnerabilities"] == [{"id": "CVE-1", "affects": [{"ref": jq}]}]
    assert not mistakes(found)


def test_what_only_a_package_that_went_needed_hangs_on_the_image() -> None:
    layers = {"root": "", "os": "", "a": "base", "b": "added"}
    edges = [("root", "os"), ("os", "a"), ("a", "b")]
    assert subgraph(layers, edges, "root", {"added"}) == ({"root", "b"}, ["b"])
    assert subgraph(layers, edges, "root", {"base"}) == ({"root", "os", "a"}, [])
    assert subgraph(layers, edges, "root", set()) == ({"root"}, [])


def moved(value: Any) -> Any:  # noqa: ANN401 - JSON of any kind
    """Put libc6 of a part of a document into a layer of its own, which the image has in the base's place."""
    text = json.dumps(value)
    ours = "debian/libc6@" in text or SUBJECT.reference in text
    return json.loads(text.replace(BASE, LATE) if ours else text)


def test_a_package_whose_parents_went_hangs_on_the_image() -> None:
    document = json.loads(WHOLE)
    components = [moved(each) for each in document["components"]]
    late = {**document, "components": components, "metadata": moved(document["metadata"])}
    found = delta(json.dumps(late), [LATE])
    document = json.loads(found)
    assert packages(found) == {PurlPackage("deb", "debian/libc6", "2.41-12")}
    assert not mistakes(found)
    assert [each["dependsOn"] for each in document["dependencies"]] == [[], [LIBC6]]


GRAPHS = st.lists(st.sampled_from("ab"), min_size=1, max_size=6).flatmap(  # many nodes of equal content
    lambda contents: st.tuples(
        st.just(contents), st.sets(st.tuples(*[st.integers(0, len(contents) - 1)] * 2), max_size=8)
    )
)


def named(graph: tuple[list[str], set[tuple[int, int]]], order: list[int]) -> tuple[list[str], set[Any]]:
    """Return a graph by its stable names alone, with its nodes given in some order under meaningless keys."""
    contents, edges = graph
    keys = {node: f"n{number}" for number, node in enumerate(order)}
    names = stable_names(
        {keys[node]: contents[node] for node in order},
        {(keys[upper], keys[lower]) for upper, lower in edges},
    )
    return sorted(names.values()), {(names[keys[upper]], names[keys[lower]]) for upper, lower in edges}


@given(GRAPHS, st.randoms(use_true_random=False))
def test_names_follow_from_the_graph_alone(
    graph: tuple[list[str], set[tuple[int, int]]], chance: Random
) -> None:
    order = list(range(len(graph[0])))
    one = named(graph, order)
    assert len(set(one[0])) == len(order)
    assert named(graph, chance.sample(order, len(order))) == one
