"""Paging, and its guards against pages that never end."""

from collections.abc import Mapping

import pytest

from scripts.api.pages import EndlessPagesError, pages
from scripts.api.records import BadRecordError


class Source:
    """Maps each cursor to the next; the first page has the cursor None."""

    def __init__(self, following: Mapping[str | None, object]) -> None:
        """Begin with nothing asked."""
        self.following = following
        self.asked: list[Mapping[str, str | int]] = []

    def fetch(self, parameters: Mapping[str, str | int]) -> object:
        """Return the page that the parameters ask for."""
        self.asked.append(parameters)
        cursor = parameters.get("cursor")
        return {"items": [cursor], "next_cursor": self.following[str(cursor) if cursor else None]}


def test_pages_follow_the_cursors_and_end() -> None:
    source = Source({None: "a", "a": "b", "b": None})
    assert [(number, page.items) for number, page in pages(source.fetch, 10)] == [
        (1, [None]),
        (2, ["a"]),
        (3, ["b"]),
    ]
    assert source.asked == [{"limit": 10}, {"limit": 10, "cursor": "a"}, {"limit": 10, "cursor": "b"}]


@pytest.mark.parametrize("end", [None, ""])
def test_one_page(end: str | None) -> None:
    assert len(list(pages(Source({None: end}).fetch))) == 1


@pytest.mark.parametrize(
    ("following", "message"),
    [
        ({None: "a", "a": "a"}, "page 2 names the same next cursor 'a' as page 1"),
        ({None: "a", "a": "b", "b": "c", "c": "a"}, "page 4 names the same next cursor 'a' as page 1"),
    ],
)
def test_a_circle_of_cursors_is_left(following: Mapping[str | None, object], message: str) -> None:
    with pytest.raises(EndlessPagesError, match=message):
        list(pages(Source(following).fetch))


def test_ever_new_cursors_are_left_too() -> None:
    source = Source({None: "1"} | {str(n): str(n + 1) for n in range(1, 50)})
    with pytest.raises(EndlessPagesError, match="more than 5 pages"):
        list(pages(source.fetch, max_pages=5))
    assert len(source.asked) == 5


def test_as_many_pages_as_allowed_are_fine() -> None:
    assert len(list(pages(Source({None: "a", "a": None}).fetch, max_pages=2))) == 2


@pytest.mark.parametrize(
    "body", [[], {"items": []}, {"items": {}, "next_cursor": None}, {"next_cursor": "a"}]
)
def test_what_is_no_page_is_named(body: object) -> None:
    with pytest.raises(BadRecordError, match="page 1 is not a page"):
        list(pages(lambda _: body))
