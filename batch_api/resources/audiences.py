"""Audiences: lists of ids, for targeting."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal

from batch_api._codec import UNSET, ListOf
from batch_api._generated.cep.endpoints import audiences as api
from batch_api.engine import arguments
from batch_api.engine.engine import Engine
from batch_api.engine.errors import InvalidInput, NotFound
from batch_api.ingest.items.item_types import AudienceChanges, AudienceContent, AudienceMembers
from batch_api.ingest.job.patience import DRAIN, PATIENCE
from batch_api.resources.checking import checked
from batch_api.resources.paging import CursorListing, Listing
from batch_api.resources.resource import Resource
from batch_api.resources.waiting import INDEXING, until_over
from batch_api.results import IndexingResult, RemovalToken, shown

if TYPE_CHECKING:
    from os import PathLike

    from batch_api import types
    from batch_api.ingest.chunks.reference import ChunkReference
    from batch_api.ingest.items.summary import Summary
    from batch_api.ingest.job.checkpoint import Checkpoint
    from batch_api.ingest.job.job import Job
    from batch_api.ingest.job.progress import Progress
    from batch_api.ingest.sources.source import AnySource
    from batch_api.models import Audience, AudienceAddId, AudienceRemoveId, AudienceReplaceId

OVER = ("APPLIED", "REPLACED")
"""States that a change ends in."""

_NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")


class Audiences(Resource):
    """`client.audiences`: lists of ids of one kind, for targeting.

    Each write is indexed in the background; `wait` follows it by its token. The limit is 1 request a second for each
    operation. Writes are sent again after a failure that leaves open whether they were taken. All methods raise
    `InvalidInput`, `APIError`, `TransportError` and `DeadlineExceeded`.
    """

    __slots__ = ()

    async def create(
        self, name: str, type: types.AudienceKind = "custom_ids", display_name: str | None = None
    ) -> IndexingResult:
        """Create an empty audience.

        Args:
            name: 1 to 255 letters (case counts), digits, `_` and `-`; unique in the project.
            type: What its ids are: `custom_ids`, `emails` or `install_ids`.
            display_name: Its label in the dashboard.
        """
        if not _NAME.fullmatch(arguments.text(name, "name")):
            raise InvalidInput("expected 1 to 255 letters, digits, underscores and hyphens", path="name")
        label = {} if display_name is None else {"display_name": display_name}
        body = {"name": name, "type": arguments.text(type, "type"), **label}
        answer = await api.audience_create(self._engine, body)
        return IndexingResult.of(answer)

    async def update(
        self,
        name: str,
        ids: ListOf[str | AudienceAddId | AudienceRemoveId | types.AudienceChange],
    ) -> IndexingResult:
        """Add ids to an audience, or take ids out of it; the others stay.

        Args:
            name: An audience that exists.
            ids: At most 10 000: a plain string is added; an object says more:
                `{"action": "add", "id": "u1", "attributes": {"tier": "gold"}}` (at most 15 attributes) or
                `{"action": "remove", "id": "u1"}`. Where an id comes twice, the last one counts.
        """
        changes = await checked(AudienceChanges(name), ids, "ids", one="id")
        answer = await api.audience_update(self._engine, {"name": name, "ids": changes})
        return IndexingResult.of(answer)

    async def replace(
        self, name: str, ids: ListOf[str | AudienceReplaceId | types.AudienceReplaceId]
    ) -> IndexingResult:
        """Empty an audience and fill it with other ids.

        Args:
            name: An audience that exists.
            ids: At most 10 000: plain strings, or objects `{"id": "u1", "attributes": {"tier": "gold"}}`. To load
                more, replace with the first of them and add the rest with `update`.
        """
        members = await checked(AudienceContent(name), ids, "ids", one="id")
        answer = await api.audience_replace(self._engine, {"name": name, "ids": members})
        return IndexingResult.of(answer)

    def ingest(
        self,
        name: str,
        ids: AnySource,
        *,
        mode: Literal["update", "replace"] = "update",
        checkpoint: str | PathLike[str] | Checkpoint | None = None,
        run: str | None = None,
        chunk_size: int | None = None,
        patience: float = PATIENCE,
        deadline: float | None = None,
        on_progress: Callable[[Progress], object] | None = None,
    ) -> Job:
        """Send any number of ids at the pace of the limits, and tell the fate of each. Returns a `Job` at once.

        Each ends in one of `Delivered`, `Refused`, `Invalid`, `Unknown` and `Unsent`; none of them raises. Changes of
        one id are accepted in the order of the source. They are indexed a while after.

        With `mode="replace"` the first 10 000 ids replace what is in the audience; once that is applied, the others are
        added. If the job ends before all are in, `job.is_incomplete` is true, and the error of each fate `Unsent` is an
        `AudienceIncomplete`: run the whole job again. A source without ids changes nothing.

        Args:
            name: An audience that exists.
            ids: An iterable or async iterable of ids as `update` takes them (`replace` takes no removals), or of JSON
                lines (`bytes`), each alone or in a pair with whatever you want to find again as the fate's `ref`; or a
                path that ends in `.jsonl` or `.csv`, compressed also in `.gz`, or a `CsvFile`.
            mode: `update` or `replace`.
            checkpoint: A file that remembers what is done: the same call goes on from there.
            run: The name of this run, such as today's date: a finished checkpoint begins anew for another. An iterable
                needs one to use a checkpoint again.
            chunk_size: Ids in a request, at most 10 000.
            patience: Seconds to go on trying while nothing gets through, before the job ends.
            deadline: Seconds that the job may take in all. One that cannot be met is refused before anything is sent,
                where the length of the source is known; one that passes ends the job.
            on_progress: Called with the job's `Progress`, at most four times a second and at the end.

        Raises `InvalidInput` for a choice that cannot be, and `OSError` for a path.
        """
        from batch_api.ingest.job.job import job_of
        from batch_api.ingest.job.replace import Replacement

        arguments.choice(mode, "mode", "update", "replace")
        replaces = mode == "replace"

        async def applied(token: str | None) -> object:
            return await self.wait(name, token, timeout=patience)

        return job_of(
            self._engine,
            AudienceMembers(name) if replaces else AudienceChanges(name),
            ids,
            checkpoint=checkpoint,
            run=run,
            chunk_size=chunk_size,
            patience=patience,
            deadline=deadline,
            on_progress=on_progress,
            replaces=Replacement(AudienceContent(name), applied) if replaces else None,
        )

    async def send_chunk(
        self,
        name: str,
        chunk: ChunkReference | bytes | Sequence[Any],
        *,
        deadline: float | None = None,
        drain: float = DRAIN,
    ) -> Summary:
        """Send one chunk of ids, as a job of a worker engine does, and return their fates in a `Summary`.

        See `profiles.send_chunk`, which says what becomes of a job that fails. Changes of ids may be sent twice without
        harm, so that a job may always be repeated. Raises as that does.

        Args:
            name: An audience that exists.
            chunk: A reference made by `split(…, of="audience")`; JSON lines as `bytes`; or a list of ids.
            deadline: Seconds that it may take in all; by default the client's.
            drain: Seconds to wait for an answer when cancelled while a request is on the wire.
        """
        from batch_api.ingest.chunks.send_chunk import send_chunk

        return await send_chunk(
            self._engine,
            AudienceChanges(name),
            chunk,
            may_have_been_sent=False,
            resend_events=False,
            deadline=deadline,
            drain=drain,
        )

    async def remove(self, name: str) -> IndexingResult:
        """Delete a whole audience; to take ids out of one, use `update`. Campaigns that target it see it as empty.

        The token is a `RemovalToken`: with it, `wait` takes an audience that is not found for the end.
        """
        answer = await api.audience_remove(self._engine, {"name": arguments.text(name, "name")})
        return IndexingResult.of(answer, RemovalToken)

    def list(self, page_size: int = 100, cursor: str | None = None) -> Listing[Audience]:
        """All audiences: an async iterator, with `.pages()`. `page_size` is 1 to 100; `cursor` starts elsewhere."""
        return CursorListing(
            "audience_list",
            "audiences",
            lambda start, size: api.audience_list(self._engine, from_=start, limit=size),
            page_size=page_size,
            cursor=cursor,
        )

    async def view(self, name: str, indexing_token: str | None = None) -> Audience:
        """One audience. Its `indexing_state` is that of the change with this token, otherwise of the latest change.

        Raises `NotFound` for an audience that does not exist.
        """
        return await _view(self._engine, arguments.text(name, "name"), indexing_token)

    async def wait(
        self,
        name: str,
        token: str | None,
        *,
        removed: bool = False,
        timeout: float | None = 600.0,
        on_progress: Callable[[Audience | None], object] | None = None,
    ) -> Audience | None:
        """Wait until a change is indexed: until its state is `APPLIED`, or `REPLACED` by a later one.

        Looks at once, then every second, then less and less often, down to every 10 s; other states go on.

        Args:
            name: The audience.
            token: The `indexing_token` of the change; `None` for the latest one.
            removed: The change is a removal, whose end is that the audience is not found. A token just got from
                `remove` says so itself; one that was stored as text does not.
            timeout: Seconds to wait at most; `None` for as long as it takes.
            on_progress: Called with what each check found.

        Returns the audience as it was last seen; `None` when it is gone, as it should be.

        Raises `WaitTimeout`, and whatever `view` raises: `NotFound` too, unless a removal is waited for.
        """
        arguments.text(name, "name")
        may_be_gone = removed or isinstance(token, RemovalToken)
        gone = False

        async def check(engine: Engine) -> Audience | None:
            nonlocal gone
            try:
                return await _view(engine, name, token)
            except NotFound:
                if not may_be_gone:
                    raise
            gone = True
            return None

        return await until_over(
            self._engine,
            check,
            is_over=lambda seen: gone or _state(seen) in OVER,
            state=_state,
            what="audiences.wait",
            pace=INDEXING,
            timeout=timeout,
            on_progress=on_progress,
        )


async def _view(engine: Engine, name: str, token: str | None) -> Audience:
    answer = await api.audience_view(engine, name=name, indexing_token=UNSET if token is None else token)
    return shown(answer)


def _state(seen: Audience | None) -> object:
    return getattr(seen, "indexing_state", None)
