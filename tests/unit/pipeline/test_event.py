"""Events of GitHub Actions, read from their payloads."""

import pytest

from ci.errors import ConfigurationError
from ci.pipeline.event import Event, EventKind, parse

from ..events import ZERO, manual, payload, pull_request, push

FORK = {"full_name": "somebody/data"}
MAIN, FEATURE, TAG = "refs/heads/main", "refs/heads/feature", "refs/tags/v1.2.3"
QUEUE = {"head_ref": "refs/heads/gh-readonly-queue/main/pr-7", "base_sha": "b" * 40}

# The payload, the kind of its event, what is compared with, and other fields.
EVENTS: dict[str, tuple[str, EventKind, str, dict[str, object]]] = {
    "branch": (push(FEATURE), EventKind.PUSH, "origin/main", {}),
    "new branch": (push(FEATURE, ZERO), EventKind.PUSH, "origin/main", {"ref": FEATURE}),
    "default branch": (push(MAIN), EventKind.PUSH, "b" * 40, {}),
    "new default branch": (push(MAIN, ZERO), EventKind.PUSH, "", {}),
    "tag": (push(TAG), EventKind.PUSH, "", {"ref": TAG}),
    "pull request": (
        pull_request(),
        EventKind.PULL_REQUEST,
        "origin/main",
        {"ref": "refs/pull/7/merge", "number": 7, "fork": False, "commented": True},
    ),
    "fork": (pull_request(FORK), EventKind.PULL_REQUEST, "origin/main", {"fork": True, "commented": False}),
    "deleted fork": (pull_request(deleted=True), EventKind.PULL_REQUEST, "origin/main", {"fork": True}),
    "manual run": (manual(), EventKind.DISPATCH, "", {"dag": ""}),
    "manual run with empty input": (manual(" "), EventKind.DISPATCH, "", {"dag": ""}),
    "manual run of one": (manual("api"), EventKind.DISPATCH, "", {"dag": "api", "ref": MAIN}),
    "schedule": (payload(schedule="17 4 * * *"), EventKind.SCHEDULE, "", {"ref": ""}),
    "merge group": (payload(merge_group=QUEUE), EventKind.MERGE_GROUP, "b" * 40, {"ref": QUEUE["head_ref"]}),
}


@pytest.mark.parametrize("name", EVENTS)
def test_an_event_is_read_from_its_payload(name: str) -> None:
    text, kind, since, fields = EVENTS[name]
    event = parse(text)
    assert (event.kind, event.since, event.repository) == (kind, since, "acme/data")
    assert {field: getattr(event, field) for field in fields} == fields


def test_an_invalid_payload_is_refused() -> None:
    for text, reason in (
        ("", "Invalid JSON"),
        ("[]", "Input should be an object"),
        ("{}", "repository: Field required"),
        (payload(), "expected pull_request"),
        (payload(pull_request={"number": 7}), "pull_request.comments_url: Field required"),
    ):
        with pytest.raises(ConfigurationError, match=rf"^--event: .*{reason}"):
            parse(text)


def test_an_event_is_described_in_words() -> None:
    for event, words in (
        (Event(kind=EventKind.PULL_REQUEST, number=7), "pull request #7"),
        (Event(kind=EventKind.PULL_REQUEST, number=7, fork=True), "pull request #7 from a fork"),
        (Event(kind=EventKind.PUSH, ref="refs/heads/a\x1b[31m"), "push of refs/heads/a\\x1b[31m"),
        (Event(kind=EventKind.DISPATCH, ref=MAIN, dag="api"), f"manual run of {MAIN}, DAG type api"),
        (Event(kind=EventKind.SCHEDULE), "schedule"),
    ):
        assert event.describe() == words
