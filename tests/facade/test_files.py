"""Files of exports: streamed and saved whole, over links that expire and connections that break."""

from __future__ import annotations

import asyncio
import errno
import ssl
from pathlib import Path
from typing import Any

import httpx
import pytest

from batch_api import BatchClient, NotFound, TransportError
from batch_api.resources import files
from batch_api.testing import FakeBatch
from tests.facade.conftest import Connect
from tests.facade.wire import Answer, Wire

EXPORT: Any = {"export_type": "ATTRIBUTES", "attributes": ["blob"]}


@pytest.fixture
async def file_id(client: BatchClient, fake: FakeBatch) -> str:
    """A file of about 300 kB, in an export that is done."""
    edits: Any = [
        {"identifiers": {"custom_id": f"u{number}"}, "attributes": {"blob": str(number % 10) * 300}}
        for number in range(900)
    ]
    await client.profiles.mass_update(edits)
    record = await client.exports.wait(await client.profiles.export(EXPORT))
    assert record.files
    assert record.files[0].id
    return record.files[0].id


def content_of(fake: FakeBatch) -> bytes:
    """The file as the storage has it."""
    (export,) = fake.project().exports.by_id.values()
    assert export.files
    return export.files[0].content


async def read(client: BatchClient, file_id: str) -> bytes:
    async with client.exports.download(file_id) as stream:
        return b"".join([chunk async for chunk in stream])


async def test_a_file_is_streamed(client: BatchClient, fake: FakeBatch, file_id: str) -> None:
    content = content_of(fake)
    chunks = []
    async with client.exports.download(file_id) as stream:
        assert (stream.status, stream.size, stream.received) == (200, len(content), 0)
        async for chunk in stream:
            chunks.append(chunk)
            assert stream.received == sum(map(len, chunks))
    assert b"".join(chunks) == content
    assert len(chunks) > 2
    assert fake.stats["export_download"].requests == 1


async def test_the_storage_host_sees_neither_key_nor_project(
    client: BatchClient, fake: FakeBatch, file_id: str
) -> None:
    await read(client, file_id)
    (request,) = fake.storage_requests
    assert not {"authorization", "x-batch-project", "user-agent"} & set(request.headers)
    assert request.headers["accept-encoding"] == "identity"
    assert "range" not in request.headers
    assert fake.rest_api_key not in str(request)


async def test_a_file_is_saved_under_its_name_once_it_is_whole(
    client: BatchClient, fake: FakeBatch, file_id: str, tmp_path: Path
) -> None:
    target = tmp_path / "tiers.json"
    target.write_text("what was there before")
    progress: list[tuple[int, int | None]] = []

    def on_progress(received: int, size: int | None) -> None:
        assert target.read_text() == "what was there before"
        progress.append((received, size))

    assert await client.exports.download_to(file_id, str(target), on_progress=on_progress) == target
    assert target.read_bytes() == content_of(fake)
    assert [path.name for path in tmp_path.iterdir()] == ["tiers.json"]
    assert progress[-1] == (len(content_of(fake)), len(content_of(fake)))
    assert progress == sorted(progress)
    assert len(progress) > 2


async def test_blocks_are_written_as_they_come(
    client: BatchClient, fake: FakeBatch, file_id: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "_BLOCK", 100_000)
    await client.exports.download_to(file_id, tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == content_of(fake)


# -- trouble -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reset", [False, True])
async def test_a_stream_that_breaks_goes_on_where_it_stopped(
    client: BatchClient, fake: FakeBatch, file_id: str, tmp_path: Path, reset: bool
) -> None:
    content = content_of(fake)
    fake.truncate("storage", keep=0.5, reset=reset, times=2)
    await client.exports.download_to(file_id, tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == content
    ranges = [request.headers.get("range") for request in fake.storage_requests]
    half = len(content) // 2
    assert ranges == [None, f"bytes={half}-", f"bytes={half + (len(content) - half) // 2}-"]
    assert fake.stats["export_download"].requests == 1, "the link is still good"


async def test_what_breaks_again_and_again_comes_to_its_end_as_long_as_bytes_come(
    client: BatchClient, fake: FakeBatch, file_id: str
) -> None:
    fake.truncate("storage", keep=0.3, times=12)
    assert await read(client, file_id) == content_of(fake)
    assert len(fake.storage_requests) == 13


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
async def test_an_expired_link_is_asked_for_anew(
    client: BatchClient, fake: FakeBatch, file_id: str, status: int
) -> None:
    fake.fail("storage", status)
    assert await read(client, file_id) == content_of(fake)
    assert fake.stats["export_download"].requests == 2


async def test_a_link_that_expires_on_the_way_is_asked_for_anew(connect: Connect, tmp_path: Path) -> None:
    fake = FakeBatch(link_seconds=60)
    async with connect(transport=fake.transport()) as client:
        await client.profiles.update([{"identifiers": {"custom_id": "u1"}, "attributes": {"blob": "x" * 300}}])
        record = await client.exports.wait(await client.profiles.export(EXPORT))
        assert record.files
        assert record.files[0].id
        fake.truncate("storage", keep=0.5)
        async with client.exports.download(record.files[0].id) as stream:
            chunks = []
            async for chunk in stream:
                chunks.append(chunk)
                await asyncio.sleep(100)
    assert b"".join(chunks) == content_of(fake)
    assert [request.status for request in fake.storage_requests] == [200, 403, 206]
    assert len({request.target for request in fake.storage_requests}) == 2


@pytest.mark.parametrize("status", [408, 429, 500, 503])
async def test_a_storage_that_fails_is_asked_again(
    client: BatchClient, fake: FakeBatch, file_id: str, status: int
) -> None:
    fake.fail("storage", status, times=4)
    assert await read(client, file_id) == content_of(fake)
    assert fake.stats["export_download"].requests == 1
    assert len(fake.storage_requests) == 5


@pytest.mark.parametrize(
    ("status", "links", "outcome"), [(403, 5, "refused"), (500, 1, "unknown"), (302, 1, "refused"), (416, 1, "refused")]
)
async def test_after_four_failures_in_a_row_it_gives_up(
    client: BatchClient, fake: FakeBatch, file_id: str, tmp_path: Path, status: int, links: int, outcome: str
) -> None:
    fake.fail("storage", status, times=None)
    with pytest.raises(TransportError, match=f"the storage answered HTTP {status}") as caught:
        await client.exports.download_to(file_id, tmp_path / "a")
    assert (caught.value.stage, caught.value.outcome) == ("download", outcome)
    assert fake.stats["export_download"].requests == links
    assert list(tmp_path.iterdir()) == []


async def test_a_connection_that_never_holds_is_given_up(client: BatchClient, fake: FakeBatch, file_id: str) -> None:
    fake.reset("storage", times=None)
    with pytest.raises(TransportError) as caught:
        await read(client, file_id)
    assert caught.value.stage == "download"


async def test_a_stall_is_bounded_by_the_time_out_and_nothing_else(
    client: BatchClient, fake: FakeBatch, file_id: str
) -> None:
    fake.slow_body("storage", 2000)
    began = asyncio.get_running_loop().time()
    sibling = client.with_options(timeout=250, deadline=400)
    assert await read(sibling, file_id) == content_of(fake)
    assert asyncio.get_running_loop().time() - began >= 2000, "longer than the deadline of a call"
    assert len(fake.storage_requests) == 1
    fake.slow_body("storage", 2000)
    assert await read(client, file_id) == content_of(fake)
    assert len(fake.storage_requests) == 3, "a stall of 200 s is a break, with a timeout of 30 s"


async def test_a_file_that_is_not_there(client: BatchClient, tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        await client.exports.download_to("file_none", tmp_path / "a")
    with pytest.raises(NotFound):
        await read(client, "file_none")
    assert list(tmp_path.iterdir()) == []


async def test_leaving_early_and_cancelling_leave_nothing_behind(
    client: BatchClient, fake: FakeBatch, file_id: str, tmp_path: Path
) -> None:
    async with client.exports.download(file_id) as stream:
        async for _ in stream:
            break
    fake.slow_body("storage", 100)
    save = asyncio.create_task(client.exports.download_to(file_id, tmp_path / "a"))
    await asyncio.sleep(50)
    assert len(list(tmp_path.iterdir())) == 1
    save.cancel()
    with pytest.raises(asyncio.CancelledError):
        await save
    assert list(tmp_path.iterdir()) == []
    assert await read(client, file_id) == content_of(fake), "the connections are still good"


async def test_a_disk_that_is_full_leaves_nothing_behind(
    client: BatchClient, file_id: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(fd: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        await client.exports.download_to(file_id, tmp_path / "a")
    assert list(tmp_path.iterdir()) == []


async def test_a_folder_that_is_not_there_is_told_before_anything_is_asked(
    client: BatchClient, fake: FakeBatch, tmp_path: Path
) -> None:
    with pytest.raises(FileNotFoundError):
        await client.exports.download_to("file_1", tmp_path / "no" / "a")
    assert fake.stats["export_download"].requests == 0


# -- storages of all kinds ---------------------------------------------------------------------------------------------

LINK = Answer(307, b"", {"location": "https://files.example/part?signature=secret"})


async def fetched(*answers: Answer | Exception, link: Answer = LINK) -> tuple[bytes, list[Any]]:
    wire = Wire(link, *answers)
    async with wire.client() as client, client.exports.download("file_1") as stream:
        content = b"".join([chunk async for chunk in stream])
    return content, wire.requests


def part(start: int, content: bytes, size: int | str, **headers: str) -> Answer:
    span = f"bytes {start}-{start + len(content) - 1}/{size}"
    return Answer(206, content, {"content-range": span, **headers})


BROKEN = httpx.ReadError("as it was asked to")


@pytest.mark.parametrize(
    "rest",
    [
        pytest.param(part(4, b"efgh", 8), id="goes on"),
        pytest.param(part(4, b"efgh", "*"), id="goes on, and does not say how far"),
        pytest.param(part(2, b"cdefgh", 8), id="goes back a little"),
        pytest.param(Answer(200, b"abcdefgh", {"content-length": "8"}), id="starts over"),
        pytest.param(Answer(200, (b"ab", b"cdef", b"gh")), id="starts over in pieces of unknown length"),
    ],
)
async def test_a_storage_may_go_on_or_start_over(rest: Answer) -> None:
    content, requests = await fetched(Answer(200, (b"abcd", BROKEN), {"content-length": "8", "etag": "1"}), rest)
    assert content == b"abcdefgh"
    assert dict(requests[2].headers)["Range"] == "bytes=4-"


async def test_a_storage_may_end_early_without_an_error() -> None:
    content, _ = await fetched(Answer(200, b"abcd", {"content-length": "8"}), part(4, b"efgh", 8))
    assert content == b"abcdefgh"
    content, _ = await fetched(Answer(200, (b"abcd", BROKEN)), Answer(200, b"ab"), Answer(200, b"abcdefgh"))
    assert content == b"abcdefgh"


async def test_an_empty_file() -> None:
    assert (await fetched(Answer(200, b"", {"content-length": "0"})))[0] == b""


@pytest.mark.parametrize(
    ("rest", "says"),
    [
        (part(6, b"gh", 8), "left bytes out"),
        (part(4, b"efghi", 9), "changed while it was read"),
        (part(4, b"efgh", 8, etag="2"), "changed while it was read"),
        (Answer(206, b"efgh"), "did not say which bytes"),
    ],
)
async def test_what_would_not_be_the_same_file_is_refused(rest: Answer, says: str) -> None:
    first = Answer(200, (b"abcd", BROKEN), {"content-length": "8", "etag": "1"})
    with pytest.raises(TransportError, match=says) as caught:
        await fetched(first, rest)
    assert caught.value.outcome == "refused"


@pytest.mark.parametrize("location", [None, "", "https://files.example/a b", "https://files.example/\x00"])
async def test_a_link_that_is_none_is_told(location: str | None) -> None:
    headers = {} if location is None else {"location": location}
    with pytest.raises(TransportError, match="the API named no address for the file"):
        await fetched(Answer(200, b""), link=Answer(307, b"", headers))


@pytest.mark.parametrize("location", ["http://files.example/a", "ftp://files.example/a"])
async def test_a_link_that_is_not_safe_is_not_followed(location: str) -> None:
    wire = Wire(Answer(307, b"", {"location": location}), Answer(200, b""))
    async with wire.client() as client:
        with pytest.raises(TransportError, match="Expected an https link") as caught:
            await client.exports.download("file_1").__aenter__()
    assert caught.value.outcome == "not_sent"
    assert len(wire.requests) == 1


async def test_a_relative_link_is_resolved_and_still_sees_no_key() -> None:
    content, requests = await fetched(Answer(200, b"abcd"), link=Answer(307, b"", {"Location": "/files/a?signature=s"}))
    assert content == b"abcd"
    assert requests[1].url == "https://api.batch.com/files/a?signature=s"
    assert not {"authorization", "x-batch-project"} & {name.lower() for name, _ in requests[1].headers}


async def test_a_host_whose_certificate_fails_is_asked_once() -> None:
    wire = Wire(LINK, ssl.SSLCertVerificationError("self-signed"))
    with pytest.raises(TransportError) as caught:
        async with wire.client().exports.download("file_1"):
            pass
    assert (caught.value.stage, caught.value.outcome, caught.value.may_pass) == ("tls", "not_sent", False)
    assert len(wire.requests) == 2
