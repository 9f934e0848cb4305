"""The settings in images/publish.toml, and the message for each mistake."""

import pytest

from ci.config.publish import DEFAULT, FILE, PublishSettings, parse

from ..refusals import refusal

SHAPE = f"expected one like {DEFAULT!r}"
NO_REFERENCE = f"is not a reference with a registry, a name and a tag; {SHAPE}"
NO_VERSION = f"lacks {{version}} in its tag, for branch, release and commit; {SHAPE}"
UNPAIRED = f"has an unpaired brace; {SHAPE}"
KNOWN = "; the placeholders are {dag}, {owner}, {repo}, {version}"


def problems_of(text: str) -> tuple[str, ...]:
    return refusal(parse, text)


def with_reference(reference: str) -> str:
    return f'[publish]\nreference = "{reference}"\n'


@pytest.mark.parametrize("text", [None, "", "[publish]\n", "[labels]\n", "# nothing\n"])
def test_without_a_word_of_it_everything_has_a_default(text: str | None) -> None:
    result = parse(text)
    assert result == PublishSettings()
    assert result.publish.reference == DEFAULT
    assert set(result.labels.model_dump().values()) == {""}


def test_every_setting_is_read() -> None:
    labels = {key: f"our {key}" for key in ("authors", "vendor", "licenses", "documentation", "url")}
    lines = "".join(f'{key} = "{value}"\n' for key, value in labels.items())
    result = parse(f"{with_reference('r.example/{dag}:{version}')}[labels]\n{lines}")
    assert result.publish.reference == "r.example/{dag}:{version}"
    assert result.labels.model_dump() == labels


@pytest.mark.parametrize(
    "reference",
    [
        DEFAULT,
        "ghcr.io/{owner}/de-airflow-pipeline:{dag}-{version}",
        "localhost/{dag}:{version}",
        "127.0.0.1:5000/{repo}/{dag}:x-{version}",
        "[::1]:5000/{dag}:{version}",
    ],
)
def test_a_pattern_is_taken_as_it_is(reference: str) -> None:
    assert parse(with_reference(reference)).publish.reference == reference


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("ghcr.io/{dags}:{version}", f"has an unknown placeholder {{dags}}: did you mean 'dag'?{KNOWN}"),
        ("ghcr.io/{dag}:{zzz}", f"has an unknown placeholder {{zzz}}{KNOWN}"),
        ("ghcr.io/{}/{dag}:{version}", f"has an unknown placeholder {{}}{KNOWN}"),
        (
            "ghcr.io/{dag}:{version}-{version}",
            f"has {{version}} more than once, so that no tag can be read back; {SHAPE}",
        ),
        *((f"ghcr.io/{dag}:{{version}}", UNPAIRED) for dag in ("{dag", "dag}", "{{dag}}")),
        *((text, NO_REFERENCE) for text in ("{dag}:{version}", "acme/{dag}:{version}", "ghcr.io/{dag}", "")),
        *((text, NO_REFERENCE) for text in ("ghcr.io/:{dag}-{version}", "localhost:5000/{dag}/{version}")),
        (
            "{owner}.example/{dag}:{version}",
            f"has a placeholder in its registry; {SHAPE}, or give --registry",
        ),
        *((text, NO_VERSION) for text in ("ghcr.io/{dag}:latest", "ghcr.io/{dag}-{version}:{version}")),
        ("ghcr.io/x:{version}", f"lacks {{dag}}, so that DAG types would overwrite each other; {SHAPE}"),
    ],
)
def test_a_pattern_that_names_no_image_is_reported(reference: str, message: str) -> None:
    assert problems_of(with_reference(reference)) == (
        f"{FILE}: [publish] reference: {reference!r} {message}",
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[publish]\nreferense = 'x'", "[publish] has an unknown key 'referense': did you mean 'reference'?"),
        ("[publish]\nzzz = 1", "[publish] has an unknown key 'zzz': expected one of reference"),
        ("[labels]\nlicense = 'MIT'", "[labels] has an unknown key 'license': did you mean 'licenses'?"),
        (
            "[labels]\nzz = ''",
            "[labels] has an unknown key 'zz': expected one of authors, vendor, licenses, documentation, url",
        ),
        ("[label]\n", "unknown table [label]: did you mean 'labels'?"),
        ("[zzz]\n", "unknown table [zzz]: expected publish, labels"),
        ("[publish]\nreference = 5", "[publish] reference: 5 is wrong: Input should be a valid string"),
        ("[labels]\nauthors = ['a']", "[labels] authors: ['a'] is wrong: Input should be a valid string"),
        ("publish = 5", "publish: 5 is wrong: expected the table [publish]"),
        ("labels = []", "labels: [] is wrong: expected the table [labels]"),
    ],
)
def test_what_it_may_not_say_is_reported(text: str, message: str) -> None:
    assert problems_of(text) == (f"{FILE}: {message}",)


def test_broken_toml_is_reported_with_its_place() -> None:
    (problem,) = problems_of("[publish\n")
    assert problem.startswith(f"{FILE}: invalid TOML: ")
    assert "line 1" in problem


def test_all_mistakes_are_reported_at_once() -> None:
    text = "[zzz]\n[publish]\nreference = 'x'\nother = 1\n[labels]\nvendor = 1\nlicense = 'MIT'\n"
    message = problems_of(text)
    assert len(message) == 5
    for expected in ("[zzz]", "reference: 'x'", "'other'", "vendor: 1", "'license'"):
        assert sum(expected in problem for problem in message) == 1
