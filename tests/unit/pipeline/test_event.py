"""Events of GitHub Actions, as their files tell them."""

import pytest

from ci.errors import ConfigurationError
from ci.pipeline.event import Event, EventKind, parse

from ..events import ZERO, manual, payload, pull_request, push

FORK = {"full_name": "somebody/data"}

# What it shows, the file, and what is read of it.
ROWS: list[tuple[str, str, dict[str, object]]] = [
    ("a branch is compared with the default one", push("refs/heads/feature"), {"since": "origin/main"}),
    (
        "a new branch, too",
        push("refs/heads/feature", ZERO),
        {"since": "origin/main", "ref": "refs/heads/feature"},
    ),
    ("the default branch with what it was", push("refs/heads/main"), {"since": "b" * 40}),
    ("a new default branch with nothing", push("refs/heads/main", ZERO), {"since": ""}),
    ("a tag with nothing", push("refs/tags/v1.2.3"), {"since": "", "ref": "refs/tags/v1.2.3"}),
    ("a request with its base", pull_request(), {"since": "origin/main", "fork": False, "number": 7}),
    ("a request of its merge", pull_request(), {"ref": "refs/pull/7/merge", "commented": True}),
    ("a fork", pull_request(FORK), {"fork": True, "commented": False}),
    ("a fork that is gone", pull_request(deleted=True), {"fork": True, "commented": False}),
    ("a manual run of all", manual(), {"kind": EventKind.DISPATCH, "dag": "", "since": ""}),
    ("a manual run with an empty input", manual(" "), {"kind": EventKind.DISPATCH, "dag": ""}),
    ("a manual run of one", manual("api"), {"dag": "api", "ref": "refs/heads/main"}),
    ("a schedule", payload(schedule="17 4 * * *"), {"kind": EventKind.SCHEDULE, "since": "", "ref": ""}),
    (
        "a merge group with its base",
        payload(merge_group={"head_ref": "refs/heads/gh-readonly-queue/main/pr-7", "base_sha": "b" * 40}),
        {"kind": EventKind.MERGE_GROUP, "since": "b" * 40},
    ),
]


@pytest.mark.parametrize(("text", "expected"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_an_event_says_what_to_compare_with(text: str, expected: dict[str, object]) -> None:
    found = parse(text)
    assert {name: getattr(found, name) for name in expected} == expected
    assert found.repository == "acme/data"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "Invalid JSON"),
        ("[]", "Input should be an object"),
        ("{}", "repository: Field required"),
        (payload(), "expected pull_request"),
        (payload(pull_request={"number": 7}), "pull_request.comments_url: Field required"),
    ],
)
def test_what_is_no_event_is_told(text: str, told: str) -> None:
    with pytest.raises(ConfigurationError, match=r"^--event: ") as caught:
        parse(text)
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("event", "told"),
    [
        (Event(kind=EventKind.PULL_REQUEST, number=7), "pull request #7"),
        (Event(kind=EventKind.PULL_REQUEST, number=7, fork=True), "pull request #7 from a fork"),
        (Event(kind=EventKind.PUSH, ref="refs/heads/a\x1b[31m"), "push of refs/heads/a\\x1b[31m"),
        (
            Event(kind=EventKind.DISPATCH, ref="refs/heads/main", dag="api"),
            "manual run of refs/heads/main, DAG type api",
        ),
        (Event(kind=EventKind.SCHEDULE), "schedule"),
    ],
)
def test_an_event_in_words(event: Event, told: str) -> None:
    assert event.describe() == told
