"""A scan for what must never show: the REST key, a presigned link, and people's data that the server echoes.

Over real connections, since it is the HTTP libraries that would tell; at DEBUG, on all loggers.
"""

from __future__ import annotations

import asyncio
import io
import logging
import pickle
import traceback
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from batch_api import Attempt, BatchClient, BatchError, ConfigurationError, PartialError
from batch_api.testing import FakeBatch
from batch_api.types import EditProfile
from tests.facade.test_operations import everything

KEY = "rest_q7w8e9r0t1y2u3i4o5p6"
EMAIL = "mila.verstraete@example.org"
EDIT: EditProfile = {"identifiers": {"custom_id": EMAIL}, "attributes": {"$email_address": EMAIL}}


class Scan:
    """Everything that was logged, and all that the caller was handed to look at."""

    def __init__(self) -> None:
        self.text = io.StringIO()
        self.locals = io.StringIO()
        self.loggers: list[str] = []

    def show(self, *things: object) -> None:
        for thing in things:
            self.text.write(f"{thing!r} {thing!s} {thing}\n")

    def error(self, error: BaseException, *, deep: bool = True) -> None:
        self.show(error, vars(error).get("response"), getattr(error, "attempts", ()))
        self.text.write("".join(traceback.format_exception(error)))
        self.text.write(repr(pickle.dumps(error)))
        if deep:
            full = traceback.TracebackException.from_exception(error, capture_locals=True)
            self.locals.write("".join(full.format()))

    def finds(self, *secrets: str) -> list[str]:
        """Which of the secrets show, in part: ten characters are enough to find the rest."""
        return [secret for secret in secrets if secret[-10:] in self.text.getvalue()]

    def logged_by(self, logger: str) -> list[str]:
        return [name for name in self.loggers if name.partition(".")[0] == logger]

    def finds_in_locals(self, *secrets: str) -> list[str]:
        return [secret for secret in secrets if secret[-10:] in self.locals.getvalue()]


class Handler(logging.Handler):
    def __init__(self, scan: Scan) -> None:
        super().__init__(logging.DEBUG)
        self.scan = scan

    def emit(self, record: logging.LogRecord) -> None:
        self.scan.loggers.append(record.name)
        self.scan.show(self.format(record), record.args, vars(record))


@pytest.fixture
def scan() -> Iterator[Scan]:
    found = Scan()
    handler = Handler(found)
    loggers = [logging.getLogger(), *(logging.getLogger(name) for name in logging.root.manager.loggerDict)]
    levels = [logger.level for logger in loggers]
    logging.getLogger().addHandler(handler)
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
    yield found
    logging.getLogger().removeHandler(handler)
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)


Main = Callable[[BatchClient, FakeBatch], Awaitable[None]]


def run(scan: Scan, main: Main, *, key: str | Callable[[], str] = KEY) -> FakeBatch:
    """Run `main` over loopback, on real time, with the limits lifted, in asyncio's debug mode."""
    from batch_api._generated.cep.registry import OPERATIONS

    fake = FakeBatch(rest_api_key=KEY, limits=False, index_seconds=0, export_seconds=0)

    async def serve() -> None:
        asyncio.get_running_loop().slow_callback_duration = 0.001
        async with (
            fake.serve() as url,
            BatchClient(
                key,
                fake.project_key,
                base_url=url,
                limits=dict.fromkeys(OPERATIONS, ()),
                observer=lambda attempt: scan.show(attempt),
            ) as client,
        ):
            scan.show(client, client.profiles)
            await main(client, fake)

    asyncio.run(serve(), debug=True)
    return fake


async def fails(scan: Scan, call: Awaitable[Any]) -> None:
    with pytest.raises(BatchError) as caught:
        await call
    scan.error(caught.value)


def links(fake: FakeBatch) -> list[str]:
    return [request.target for request in fake.storage_requests]


def test_a_day_of_work_shows_nothing(scan: Scan, tmp_path: Path) -> None:
    async def main(client: BatchClient, fake: FakeBatch) -> None:
        await everything(client, tmp_path)
        scan.show(await client.profiles.update([EDIT]))

    fake = run(scan, main)
    assert len(scan.logged_by("batch_api")) >= 20, "or the calls were not logged, and nothing was scanned"
    assert len(links(fake)) == 1
    assert scan.finds(KEY, EMAIL, *links(fake)) == []
    assert scan.finds("profile_update")


def test_partial_errors_show_no_reason(scan: Scan) -> None:
    async def main(client: BatchClient, fake: FakeBatch) -> None:
        edit: Any = {**EDIT, "attributes": {EMAIL: 1, "tier": "x" * 301}}
        result = await client.profiles.update([edit])
        assert [error.attribute for error in result.errors] == [EMAIL, "tier"]
        scan.show(result, result.errors, *result.errors)

    run(scan, main)
    assert scan.finds(EMAIL) == []
    assert scan.finds("index=0, attribute='tier'")


def test_a_partial_error_shows_what_is_a_name_and_nothing_else() -> None:
    assert repr(PartialError(3, "date(since)", "attribute", EMAIL)) == (
        "PartialError(index=3, attribute='date(since)', category='attribute')"
    )
    assert repr(PartialError(None, EMAIL, EMAIL, EMAIL)) == "PartialError(index=None, attribute=None, category=None)"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 500, 503])
def test_errors_show_no_words_of_the_server(scan: Scan, status: int) -> None:
    async def main(client: BatchClient, fake: FakeBatch) -> None:
        fake.fail("profile_update", status, echo=True, times=None)
        sibling = client.with_options(deadline=1)
        with pytest.raises(BatchError) as caught:
            await sibling.profiles.update([{**EDIT, "events": [{"name": "bought"}]}])
        assert EMAIL in str(getattr(caught.value, "error_message", EMAIL)), "the caller may read it"
        scan.error(caught.value)

    run(scan, main)
    assert scan.finds(KEY, EMAIL) == []
    assert scan.finds_in_locals(KEY) == []


def test_lost_connections_show_nothing(scan: Scan) -> None:
    async def main(client: BatchClient, fake: FakeBatch) -> None:
        fake.reset("campaign_create")
        campaign: Any = {"name": EMAIL, "state": "DRAFT", "when": {"start_time": "now"}, "messages": [{"body": EMAIL}]}
        await fails(scan, client.campaigns.create(campaign))
        fake.delay("audience_view", 5)
        await fails(scan, client.with_options(deadline=0.2).audiences.view("vip"))
        await fails(scan, client.profiles.update([{"identifiers": {"custom_id": EMAIL}, "events": [{}]}]))  # type: ignore[list-item]
        await fails(scan, client.profiles.update([{**EDIT, "attributes": {"score": float("nan")}}]))

    run(scan, main)
    assert scan.finds(KEY, EMAIL) == []
    assert scan.finds_in_locals(KEY) == []


@pytest.mark.parametrize("failure", ["expired", "broken", "elsewhere"])
def test_links_of_files_show_nowhere(scan: Scan, tmp_path: Path, failure: str) -> None:
    async def main(client: BatchClient, fake: FakeBatch) -> None:
        id = await client.profiles.export({"export_type": "ATTRIBUTES", "attributes": ["tier"]})
        record = await client.exports.wait(id)
        assert record.files
        assert record.files[0].id
        if failure == "expired":
            fake.fail("storage", 403, times=None)
        elif failure == "broken":
            fake.reset("storage", times=None)
        else:
            fake.storage.origin = "http://files.example"
        scan.show(client.exports.download(record.files[0].id))
        await fails(scan, client.exports.download_to(record.files[0].id, tmp_path / "a"))

    fake = run(scan, main)
    secrets = [*fake.storage._links, *links(fake)]
    assert secrets
    assert scan.finds(KEY, *secrets) == []
    assert scan.finds_in_locals(KEY, *secrets) == []


@pytest.mark.parametrize("key", [f"{KEY}\n", f"{KEY}é", f"\u200b{KEY}", f"{KEY} {KEY}"])
def test_keys_that_cannot_be_sent_are_not_quoted(scan: Scan, key: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        BatchClient(key, "project_a")
    scan.error(caught.value, deep=False)
    with pytest.raises(ConfigurationError) as project:
        BatchClient("rest_a", key)
    scan.error(project.value, deep=False)
    assert scan.finds(KEY) == []

    async def main(client: BatchClient, fake: FakeBatch) -> None:
        await fails(scan, client.profiles.update([EDIT]))

    run(scan, main, key=lambda: key)
    assert scan.finds(KEY, EMAIL) == []


async def test_what_is_handed_back_shows_no_people(client: BatchClient, scan: Scan) -> None:
    seen: list[Attempt] = []
    result = await client.profiles.update([EDIT])
    created = await client.audiences.create("vip")
    scan.show(result, result.response, created, created.response, client.audiences.list(), seen)
    scan.show(result.response.headers)
    assert scan.finds(EMAIL, str(created.indexing_token)) == []
