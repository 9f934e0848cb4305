"""Following of cursors from the first page to the last, and no further."""

from collections.abc import Callable, Iterator, Mapping

from scripts.api.records import Page, read_page

PAGE_SIZE = 100
MAX_PAGES = 10_000

Fetch = Callable[[Mapping[str, str | int]], object]


class EndlessPagesError(RuntimeError):
    """The API's cursors lead nowhere."""


def pages(fetch: Fetch, page_size: int = PAGE_SIZE, max_pages: int = MAX_PAGES) -> Iterator[tuple[int, Page]]:
    """Yield every page with its number from 1; `fetch` gets the parameters of each request."""
    cursor: str | None = None
    seen: dict[str, int] = {}
    for number in range(1, max_pages + 1):
        page = read_page(fetch({"limit": page_size} | ({"cursor": cursor} if cursor else {})), number)
        yield number, page
        cursor = page.next_cursor
        if not cursor:
            return
        if cursor in seen:
            raise EndlessPagesError(
                f"page {number} names the same next cursor {cursor!r} as page {seen[cursor]}: the pages go "
                "in a circle; nothing was loaded. Report this to the API's owner."
            )
        seen[cursor] = number
    raise EndlessPagesError(
        f"there are more than {max_pages} pages of {page_size} records, expected fewer; nothing was loaded. "
        "Raise MAX_PAGES in scripts/api/pages.py if the API truly holds that much."
    )
