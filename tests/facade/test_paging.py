"""Lists: all items, page by page, from anywhere, and never for ever."""

from __future__ import annotations

import asyncio
import gzip
from typing import Any

import orjson
import pytest

from batch_api import BatchClient, Listing, NotFound, Page, UnreadableAnswer
from batch_api.testing import FakeBatch
from tests.facade.conftest import Connect
from tests.facade.wire import Answer, Wire


@pytest.fixture
def many(fake: FakeBatch) -> list[str]:
    """The codes of 250 segments."""
    segments = fake.project().segments
    for number in range(250 - len(segments.by_code)):
        segments.add(f"S{number}", f"Segment {number}", lambda profile: True)
    return list(segments.by_code)


async def test_a_list_gives_all_items_at_the_pace_of_the_limit(
    client: BatchClient, fake: FakeBatch, many: list[str]
) -> None:
    listing = client.segments.list()
    assert isinstance(listing, Listing)
    assert [segment.code async for segment in listing] == many
    assert fake.stats["segment_list"].requests == 3
    assert fake.rejections == 0
    assert asyncio.get_running_loop().time() == pytest.approx(2.04, abs=0.01)


async def test_pages_have_items_a_total_and_a_cursor(client: BatchClient, many: list[str]) -> None:
    pages: list[Page[Any]] = [page async for page in client.segments.list(page_size=90).pages()]
    assert [len(page.items) for page in pages] == [90, 90, 70]
    assert [page.total for page in pages] == [250, None, None]
    assert [page.cursor is None for page in pages] == [False, False, True]
    assert pages[0].response.status == 200
    assert many[0] not in repr(pages[0])


async def test_a_list_starts_anew_with_each_loop(client: BatchClient, many: list[str]) -> None:
    listing = client.segments.list()
    async for segment in listing:
        assert segment.code == many[0]
        break
    assert [segment.code async for segment in listing] == many
    assert [segment.code async for segment in listing] == many


async def test_a_list_goes_on_from_a_cursor(client: BatchClient, many: list[str]) -> None:
    async for page in client.segments.list(page_size=100).pages():
        cursor = page.cursor
        break
    assert [segment.code async for segment in client.segments.list(cursor=cursor)] == many[100:]


async def test_items_are_fetched_when_they_are_needed(client: BatchClient, fake: FakeBatch, many: list[str]) -> None:
    client.segments.list().pages()
    assert fake.stats["segment_list"].requests == 0
    async for segment in client.segments.list(page_size=1):
        if segment.code == many[1]:
            break
    assert fake.stats["segment_list"].requests == 2


async def collect(listing: Listing[Any], seen: list[Any]) -> None:
    async for item in listing:
        seen.append(item)  # noqa: PERF401 - what came before an error counts


async def test_the_error_of_a_page_ends_the_loop(client: BatchClient, fake: FakeBatch, many: list[str]) -> None:
    fake.fail("segment_list", 404, skip=1)
    seen: list[Any] = []
    with pytest.raises(NotFound):
        await collect(client.segments.list(), seen)
    assert [segment.code for segment in seen] == many[:100]


async def test_each_page_has_a_deadline_of_its_own(connect: Connect, many: list[str]) -> None:
    async with connect(deadline=1.5) as client:
        assert len([segment async for segment in client.segments.list(page_size=25)]) == 250
    assert asyncio.get_running_loop().time() > 9


def page(items: list[Any] | None = None, **more: Any) -> Answer:
    return Answer(200, {"audiences": [{"name": "a"}] if items is None else items, **more})


async def names(*answers: Answer) -> list[Any]:
    async with Wire(*answers).client(limits={"audience_list": []}) as client:
        return [audience.name async for audience in client.audiences.list()]


@pytest.mark.parametrize(
    ("answers", "found"),
    [
        pytest.param([page(has_more=False, next_from="x")], ["a"], id="no more, whatever the cursor"),
        pytest.param([page()], ["a"], id="neither"),
        pytest.param([page(next_from="")], ["a"], id="an empty cursor"),
        pytest.param([page(has_more=None, next_from=None)], ["a"], id="nulls"),
        pytest.param([page(next_from="x"), page(has_more=False)], ["a", "a"], id="a cursor alone"),
        pytest.param([page([], has_more=True, next_from="x"), page()], ["a"], id="an empty page on the way"),
        pytest.param([page(has_more=True, next_from="x", later=[1]), page()], ["a", "a"], id="a field added later"),
        pytest.param([page(count="many")], ["a"], id="a count that is none"),
    ],
)
async def test_where_a_list_ends(answers: list[Answer], found: list[str]) -> None:
    assert await names(*answers) == found


ITEMS = orjson.dumps({"audiences": [{"name": "b"}], "has_more": False})

UNREADABLE = [
    pytest.param(Answer(200, b"<html>busy</html>"), "its body is not JSON", id="a page of HTML"),
    pytest.param(Answer(200, ITEMS[:-1]), "its body is not JSON", id="cut"),
    pytest.param(Answer(200), "it holds no list of audiences", id="empty"),
    pytest.param(Answer(200, {"has_more": False}), "it holds no list of audiences", id="no list"),
    pytest.param(Answer(200, {"audiences": {}}), "it holds no list of audiences", id="a list that is none"),
    pytest.param(Answer(200, []), "it holds no list of audiences", id="an array"),
    pytest.param(Answer(206, ITEMS), "only a part of the content", id="a part"),
    pytest.param(Answer(200, ITEMS, {"Content-Encoding": "br"}), "its body cannot be decoded", id="coded"),
    pytest.param(page(has_more=True), "more follow and not where", id="more, but no cursor"),
    pytest.param(page(has_more=True, next_from=""), "more follow and not where", id="more, and an empty cursor"),
    pytest.param(page(has_more=True, next_from=7), "more follow and not where", id="more, and a cursor that is none"),
    pytest.param(page(has_more="yes"), "more follow and not where", id="more, in other words"),
    pytest.param(page(next_from=7), "more follow and not where", id="a cursor that is none"),
]


@pytest.mark.parametrize(("second", "why"), UNREADABLE)
async def test_a_list_that_cannot_go_on_raises(second: Answer, why: str) -> None:
    seen: list[Any] = []
    wire = Wire(page(has_more=True, next_from="x"), second)
    async with wire.client(limits={"audience_list": []}) as client:
        with pytest.raises(UnreadableAnswer, match=why) as caught:
            await collect(client.audiences.list(), seen)
    assert [audience.name for audience in seen] == ["a"], "what came before is not lost"
    error = caught.value
    assert "audience_list: the list is incomplete" in str(error)
    assert "It was a read: nothing was changed." in str(error)
    assert (error.operation, error.status, error.outcome) == ("audience_list", second.status, "unknown")
    assert error.attempts


async def test_a_page_that_cannot_be_read_is_asked_for_again() -> None:
    assert await names(page(has_more=True, next_from="x"), Answer(200, b"<html>"), page(has_more=False)) == ["a", "a"]


@pytest.mark.parametrize("coded", [gzip.compress(ITEMS), b"\xef\xbb\xbf" + ITEMS])
async def test_a_page_may_be_packed_or_marked(coded: bytes) -> None:
    headers = {"Content-Encoding": "gzip"} if coded[:1] == b"\x1f" else {}
    assert await names(page(has_more=True, next_from="x"), Answer(200, coded, headers)) == ["a", "b"]


async def test_a_list_that_goes_in_circles_is_left() -> None:
    seen: list[Any] = []
    wire = Wire(*(page(has_more=True, next_from=cursor) for cursor in "xyx"), page())
    async with wire.client(limits={"audience_list": []}) as client:
        with pytest.raises(UnreadableAnswer, match="but it leads back to an earlier one"):
            await collect(client.audiences.list(), seen)
    assert len(seen) == 3, "what came before is not lost"
    assert len(wire.requests) == 3


async def test_what_a_page_is_asked_with() -> None:
    wire = Wire(page(has_more=True, next_from="a b+c=="), page())
    async with wire.client(limits={"audience_list": []}) as client:
        async for _ in client.audiences.list(page_size=7):
            pass
    assert [request.url.partition("?")[2] for request in wire.requests] == ["limit=7", "from=a+b%2Bc%3D%3D&limit=7"]
