"""Lists of the legacy API: asked for by the number of the first row, or given as a whole."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, TypeVar

from batch_api._operation import Answer
from batch_api.engine.arguments import wrong
from batch_api.resources.paging import Listing, Page, checked_size
from batch_api.results import as_it_came

T = TypeVar("T")


class RowListing(Listing[T]):
    """A list whose cursor is a number of rows, and whose last page is the first that is not full.

    `key` is the field that holds the rows; without one, the answer is an array itself.
    """

    def __init__(
        self,
        operation: str,
        page_of: Callable[[int, int], Awaitable[Answer[Any]]],
        *,
        key: str | None = None,
        page_size: int,
        cursor: str | None,
    ) -> None:
        super().__init__(operation, key or "rows")
        if cursor is not None and not (isinstance(cursor, str) and cursor.isascii() and cursor.isdigit()):
            raise wrong("a number of rows, as text", cursor, "cursor")
        self._key = key
        self._page_of = page_of
        self._page_size = checked_size(page_size)
        self._start = int(cursor or 0)

    async def _pages(self) -> AsyncIterator[Page[T]]:
        start, before = self._start, b""
        while True:
            answer = await self._ask(self._page_of(start, self._page_size))
            response = as_it_came(answer.response)
            found = answer.parsed if self._key is None else getattr(answer.parsed, self._key, None)
            rows = self._listed(found, response)
            is_last = len(rows) < self._page_size
            if not is_last and response.content == before:
                raise self._incomplete(response, "it is the same as the one before")
            start, before = start + len(rows), response.content
            yield Page(items=rows, total=None, cursor=None if is_last else str(start), response=response)
            if is_last:
                return


class WholeListing(Listing[T]):
    """A list that comes in one piece, as an array."""

    def __init__(self, operation: str, whole: Callable[[], Awaitable[Answer[Any]]]) -> None:
        super().__init__(operation, "rows")
        self._whole = whole

    async def _pages(self) -> AsyncIterator[Page[T]]:
        answer = await self._ask(self._whole())
        response = as_it_came(answer.response)
        rows = self._listed(answer.parsed, response)
        yield Page(items=rows, total=len(rows), cursor=None, response=response)
