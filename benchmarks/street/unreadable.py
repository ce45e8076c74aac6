"""Answers of success whose body is none that the API gives.

What nobody can read does not count as taken: the outcome is unknown, in ingest the fate is `Unknown`, a list raises.
"""

from __future__ import annotations

import asyncio
import gzip
import zlib
from collections import Counter
from collections.abc import AsyncIterator

import orjson

from batch_api import BatchClient, BatchError
from benchmarks.street.figure import Figure, Street, edit
from benchmarks.street.hosts import Certificate, answering, hosting, read_request, reply

HTML = b"<html>We are down for maintenance</html>"
PARTIAL = orjson.dumps(
    {
        "code": "SUCCESS_WITH_PARTIAL_ERRORS",
        "errors": [{"bulk_index": 0, "attribute": "a", "category": "c", "reason": "x"}],
    }
)
FIRST = orjson.dumps(
    {
        "segments": [{"code": f"c{number}", "display_name": "x"} for number in range(100)],
        "count": 100,
        "has_more": True,
        "next_from": "n",
    }
)
TAKEN, PARTLY, UNKNOWN = ("3 Delivered", "ok"), ("2 Delivered, 1 PartlyApplied", "1 error"), ("3 Unknown", "unknown")

UPDATES = {
    "success": (reply(), TAKEN),
    "no body": (reply(b""), TAKEN),
    "partial errors": (reply(PARTIAL), PARTLY),
    "partial errors, gzip": (reply(gzip.compress(PARTIAL), "202 Accepted", "Content-Encoding: gzip"), PARTLY),
    "partial errors, deflate": (reply(zlib.compress(PARTIAL), "202 Accepted", "Content-Encoding: deflate"), PARTLY),
    "partial errors, byte order mark": (reply(b"\xef\xbb\xbf" + PARTIAL), PARTLY),
    "partial errors, cut": (reply(PARTIAL[:60]), UNKNOWN),
    "partial errors, gzip cut": (
        reply(gzip.compress(PARTIAL)[:40], "202 Accepted", "Content-Encoding: gzip"),
        UNKNOWN,
    ),
    "HTML": (reply(HTML, "200 OK"), UNKNOWN),
    "the body of an error": (reply(b'{"error_code":"INTERNAL","error_message":"no"}', "200 OK"), UNKNOWN),
    "an unknown encoding": (reply(b"\x01\x02", "202 Accepted", "Content-Encoding: zz"), UNKNOWN),
}
PAGES = {
    "HTML": reply(HTML, "200 OK"),
    "cut": reply(b'{"segments":[{"code":"c1","displ', "200 OK"),
    "no body": reply(b"", "200 OK"),
    "more promised, and no next page": reply(b'{"segments":[],"has_more":true}', "200 OK"),
}


async def measure(street: Street, tls: Certificate) -> AsyncIterator[Figure]:
    for certificate in (None, tls):
        scheme = "https" if certificate else "http"
        for name, (answer, bar) in UPDATES.items():
            async with hosting(answering(answer), certificate) as host, street.client(host.url, deadline=4) as client:
                found = await asyncio.gather(_ingest(client), _update(client))
            yield Figure(f"{scheme}, {name}", _told(*found), _told(*bar), tuple(found) == bar)
        for name, answer in PAGES.items():
            said = await _list(street, certificate, answer)
            yield Figure(f"{scheme}, second page: {name}", said, "raises", said.startswith("raises"))


def _told(ingest: str, update: str) -> str:
    return f"ingest {ingest}; update {update}"


async def _ingest(client: BatchClient) -> str:
    fates: Counter[str] = Counter()
    # An event may not be sent again: what is unknown stays so.
    edits = [edit(f"u{number}", events=[{"name": "visit"}]) for number in range(3)]
    async with client.profiles.ingest(edits, patience=2) as job:
        async for fate in job:
            fates[type(fate).__name__] += 1
    return ", ".join(f"{count} {name}" for name, count in sorted(fates.items()))


async def _update(client: BatchClient) -> str:
    try:
        result = await client.profiles.update([edit(f"u{number}", events=[{"name": "visit"}]) for number in range(3)])
    except BatchError as error:
        return error.outcome
    return f"{len(result.errors)} error" if result.errors else "ok"


async def _list(street: Street, tls: Certificate | None, second: bytes) -> str:
    answers = iter([reply(FIRST, "200 OK")])

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            await read_request(reader)
            writer.write(next(answers, second))

    async with hosting(handler, tls) as host, street.client(host.url, deadline=4) as client:
        try:
            return f"{len([segment async for segment in client.segments.list()])} items, no error"
        except BatchError as error:
            return f"raises {type(error).__name__}"
