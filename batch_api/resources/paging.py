"""Lists that the API gives page by page."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Generic, TypeVar

from attrs import field, frozen

from batch_api._generated.runtime import UNSET, Answer, Unset
from batch_api.engine.errors import BatchError, InvalidInput
from batch_api.engine.response import Response
from batch_api.ingest.checks import text
from batch_api.results import as_it_came

LARGEST_PAGE = 100
"""The most items on a page (fact sheet: catalogs and campaigns, 1.6)."""

T = TypeVar("T")
PageOf = Callable[[str | Unset, int], Awaitable[Answer[Any]]]

logger = logging.getLogger("batch_api")


@frozen
class Page(Generic[T]):
    """One page of a list."""

    items: list[T] = field(repr=lambda items: f"<{len(items)}>")
    total: int | None
    """How many items the whole list has; `None` where unknown: the API tells it on the first page only."""
    cursor: str | None
    """Where the next page starts, for `list(cursor=…)`; `None` on the last."""
    response: Response = field(repr=False)


class Listing(Generic[T]):
    """A list that is fetched as it is walked, and again from its start with each new loop.

        async for audience in client.audiences.list(): …
        async for page in client.audiences.list().pages(): …

    Each page is a call of its own, which waits for its turn and has its own deadline.
    """

    def __init__(self, operation: str, what: str) -> None:
        self._operation = operation
        self._what = what

    async def __aiter__(self) -> AsyncIterator[T]:
        async for page in self.pages():
            for item in page.items:
                yield item

    async def pages(self) -> AsyncIterator[Page[T]]:
        """The pages, one after another.

        Raises `BatchError` when the API sends back to a page that was already given: the list would never end.
        """
        async for page in self._pages():
            yield page

    def _pages(self) -> AsyncIterator[Page[T]]:
        raise NotImplementedError

    def _listed(self, value: object) -> list[Any]:
        """The items of a page. A call that succeeded must not fail over its answer; no list may end early unseen."""
        if isinstance(value, list):
            return value
        logger.warning("%s: an answer holds no list of %s", self._operation, self._what)
        return []

    def _endless(self) -> BatchError:
        return BatchError(f"{self._operation}: the API leads back to an earlier page.", outcome="refused")

    def __repr__(self) -> str:
        return f"<Listing of {self._operation}>"


class CursorListing(Listing[T]):
    """A list whose pages say where the next one starts. `key` is the field that holds the items."""

    def __init__(self, operation: str, key: str, page_of: PageOf, *, page_size: int, cursor: str | None) -> None:
        super().__init__(operation, key)
        self._key = key
        self._page_of = page_of
        self._page_size = checked_size(page_size)
        self._start: str | Unset = UNSET if cursor is None else text(cursor, "cursor")

    async def _pages(self) -> AsyncIterator[Page[T]]:
        cursor = self._start
        seen = {cursor}
        while True:
            answer = await self._page_of(cursor, self._page_size)
            page = self._read(answer)
            yield page
            if page.cursor is None:
                return
            cursor = page.cursor
            if cursor in seen:
                raise self._endless()
            seen.add(cursor)

    def _read(self, answer: Answer[Any]) -> Page[T]:
        total = getattr(answer.parsed, "count", None)
        cursor = getattr(answer.parsed, "next_from", None)
        more = getattr(answer.parsed, "has_more", None) is not False
        return Page(
            items=self._listed(getattr(answer.parsed, self._key, None)),
            total=total if isinstance(total, int) else None,
            cursor=cursor if more and isinstance(cursor, str) and cursor else None,
            response=as_it_came(answer.response),
        )


def checked_size(page_size: object) -> int:
    """A page size that the API takes."""
    if isinstance(page_size, bool) or not isinstance(page_size, int) or not 1 <= page_size <= LARGEST_PAGE:
        raise InvalidInput(f"a whole number from 1 to {LARGEST_PAGE} is due", path="page_size")
    return page_size
