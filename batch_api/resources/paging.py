"""Lists that the API gives page by page."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from attrs import field, frozen

from batch_api._codec import UNSET, Unset
from batch_api._operation import Answer
from batch_api.engine.arguments import text, whole
from batch_api.engine.errors import UnreadableAnswer
from batch_api.engine.response import Response
from batch_api.results import as_it_came

if TYPE_CHECKING:
    from batch_api.engine.attempt import Attempt

LARGEST_PAGE = 100
"""The most items on a page."""

T = TypeVar("T")
PageOf = Callable[[str | Unset, int], Awaitable[Answer[Any]]]


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

        Raises `UnreadableAnswer` for a page with which the list cannot go on: what came before is incomplete.
        """
        async for page in self._pages():
            yield page

    def _pages(self) -> AsyncIterator[Page[T]]:
        raise NotImplementedError

    async def _ask(self, page: Awaitable[Answer[Any]]) -> Answer[Any]:
        """A page of the list. Raises `UnreadableAnswer` for one that cannot be read, and what every call raises."""
        try:
            return await page
        except UnreadableAnswer as error:
            response = cast("Response", error.response)
            raise self._incomplete(response, str(response.defect), error.attempts) from None

    def _listed(self, value: object, response: Response) -> list[Any]:
        """The items of a page. No list ends early unseen."""
        if isinstance(value, list):
            return value
        raise self._incomplete(response, f"it holds no list of {self._what}")

    def _incomplete(self, response: Response, why: str, attempts: Sequence[Attempt] = ()) -> UnreadableAnswer:
        said = f"{self._operation}: the list is incomplete: a page was answered HTTP {response.status}, but {why}."
        return UnreadableAnswer(said, response=response, outcome="unknown", attempts=attempts or response.attempts)

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
            answer = await self._ask(self._page_of(cursor, self._page_size))
            page = self._read(answer)
            yield page
            if page.cursor is None:
                return
            cursor = page.cursor
            if cursor in seen:
                raise self._incomplete(page.response, "it leads back to an earlier one", page.response.attempts)
            seen.add(cursor)

    def _read(self, answer: Answer[Any]) -> Page[T]:
        response = as_it_came(answer.response)
        total = getattr(answer.parsed, "count", None)
        return Page(
            items=self._listed(getattr(answer.parsed, self._key, None), response),
            total=total if isinstance(total, int) else None,
            cursor=self._next(answer.parsed, response),
            response=response,
        )

    def _next(self, page: Any, response: Response) -> str | None:
        """Where the next page starts; `None` after the last. Raises `UnreadableAnswer` for one that has no start."""
        more, cursor = page.has_more, page.next_from
        if more is False or (more is None and not cursor):
            return None
        if isinstance(cursor, str) and cursor:
            return cursor
        raise self._incomplete(response, "it says that more follow and not where")


def checked_size(page_size: object) -> int:
    """A page size that the API takes."""
    return whole(page_size, "page_size", most=LARGEST_PAGE)
