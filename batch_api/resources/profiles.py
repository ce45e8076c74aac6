"""People: their attributes, their events, and exports of both."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from os import PathLike
from typing import TYPE_CHECKING, Literal

from batch_api._generated.cep.endpoints.profiles import profile_export, profile_mass_update, profile_update
from batch_api._generated.cep.keys import KEYS
from batch_api.engine import arguments
from batch_api.engine.keys import Known
from batch_api.ingest.items.item_types import ProfileEdits
from batch_api.ingest.job.patience import DRAIN, PATIENCE
from batch_api.resources.checking import checked
from batch_api.resources.resource import Resource
from batch_api.results import UpdateResult, promised

if TYPE_CHECKING:
    from batch_api import types
    from batch_api.ingest.buffer.buffer import Buffer
    from batch_api.ingest.buffer.settings import Holding, Sending
    from batch_api.ingest.chunks.reference import ChunkReference
    from batch_api.ingest.items.fates import Trouble
    from batch_api.ingest.items.summary import Summary
    from batch_api.ingest.job.checkpoint import Checkpoint
    from batch_api.ingest.job.forecast import Forecast
    from batch_api.ingest.job.job import Job
    from batch_api.ingest.job.progress import Progress
    from batch_api.ingest.sources.source import AnySource
    from batch_api.models import (
        EditProfile,
        ExportAttributesRequest,
        ExportEventsRequest,
        ExportReachabilityRequest,
    )

Endpoint = Literal["update", "mass-update"]


_EXPORT = Known(KEYS, ("ExportAttributesRequest", "ExportEventsRequest", "ExportReachabilityRequest"))


class Profiles(Resource):
    """`client.profiles`: write people's data and events, and ask for exports of them.

    An edit is an object (a `dict` or a `models.EditProfile`) with `identifiers` (either `custom_id`, your own id of the
    user, or `installation`), and with `attributes`, `events`, or both. Attributes that are left out stay as they are;
    `None` deletes one. A datetime goes under a name written `date(name)`, a link under `url(name)`.
    """

    __slots__ = ()

    async def update(self, edits: Sequence[EditProfile | types.EditProfile]) -> UpdateResult:
        """Edit profiles, and track events on them. A profile is created when its `custom_id` is not known.

        For live data: at most 200 edits a call, and 300 a second with a burst of 1000, counted in edits.

        Returns what the API refused, while it took the rest: `result.errors` is empty when all was taken. It applies
        the edits a little later. `error.index` is the position in `edits`.

        Raises:
            InvalidInput: An edit cannot be right; the text says which and where. Nothing was sent.
            APIError: The API refused the whole call, or failed; `outcome` says whether it may have been taken.
            TransportError: No answer came.
            DeadlineExceeded: The call ran out of time.

        Edits that carry events are not sent again after a failure that leaves open whether they were taken: an event
        would count twice. See `BatchClient.with_options(resend_unsafe=True)`.
        """
        answer = await profile_update(self._engine, await checked(ProfileEdits("update"), edits, one="edit"))
        return UpdateResult.of(answer)

    async def mass_update(self, edits: Sequence[EditProfile | types.EditProfile]) -> UpdateResult:
        """As `update`, for large loads once or twice a day: at most 10 000 edits a call and 10 000 a second.

        It takes longer to be applied.
        """
        answer = await profile_mass_update(self._engine, await checked(ProfileEdits("mass-update"), edits, one="edit"))
        return UpdateResult.of(answer)

    def buffer(
        self,
        outbox: str | PathLike[str] | None = None,
        *,
        resend_events: bool = False,
        sending: Sending | None = None,
        holding: Holding | None = None,
        on_trouble: Callable[[Trouble], object] | None = None,
    ) -> Buffer:
        """A buffer for web backends: many callers at once, a few full requests of `update`.

            async with client.profiles.buffer() as buffer:
                fate = await buffer.update({"identifiers": {"custom_id": "u1"}, "attributes": {"tier": "gold"}})

        Edits of one profile are applied in the order in which they are accepted. An event without `time` gets that of
        its acceptance; when one is older than 24 hours as its turn comes, the edit ends `Invalid`.

        Args:
            outbox: A file in which edits are kept until they are answered, so that they survive the process. One
                buffer at a time may have it open.
            resend_events: Send again after a failure that leaves open whether events were taken, though they may then
                count twice. Otherwise only the attributes are sent again, and the edit ends `Unknown`.
            sending: How many requests at once, how large, and how long to go on trying.
            holding: How much may wait, and what happens to those who come when it is full.
            on_trouble: Called with the fate of each edit that was not delivered whole, if nobody waits for it. By
                default such fates are logged, without anyone's data.

        Entering it raises `ConfigurationError` for an outbox that is in use, belongs to something else, is a link or no
        outbox, or is so damaged that edits may be missing.
        """
        from batch_api.ingest.buffer.buffer import Buffer

        return Buffer(
            self._engine,
            ProfileEdits("update"),
            "profiles",
            outbox=outbox,
            resend_events=resend_events,
            sending=sending,
            holding=holding,
            on_trouble=on_trouble,
        )

    def ingest(
        self,
        source: AnySource,
        *,
        endpoint: Endpoint = "mass-update",
        checkpoint: str | PathLike[str] | Checkpoint | None = None,
        run: str | None = None,
        resend_events: bool = False,
        coalesce: bool = False,
        chunk_size: int | None = None,
        patience: float = PATIENCE,
        deadline: float | None = None,
        on_progress: Callable[[Progress], object] | None = None,
    ) -> Job:
        """Send any number of edits at the pace of the limits, and tell the fate of each. Returns a `Job` at once.

            async with client.profiles.ingest(edits) as job:
                async for fate in job:
                    ...

        Each edit ends in one of `Delivered`, `PartlyApplied`, `Refused`, `Invalid`, `Unknown` and `Unsent`. None of
        them raises. Edits of one profile are accepted in the order of the source.

        Args:
            source: An iterable or async iterable of edits, or a path. An edit is a `dict`, a `models.EditProfile` or a
                JSON line (`bytes`), which is passed on as it is; or a pair of one of these and whatever you want to
                find again as the fate's `ref`. Paths end in `.jsonl` or `.csv`, compressed also in `.gz`; a `CsvFile`
                says more of how to read one. `Rows` is a table. A generator is closed when the job is left.
            endpoint: `mass-update` for large loads, `update` for live data: see `forecast`.
            checkpoint: A file that remembers what is done: the same call goes on from there.
            run: The name of this run, such as today's date: a finished checkpoint begins anew for another. An iterable
                needs one to use a checkpoint again.
            resend_events: Send edits with events again after a failure that leaves open whether they were taken, though
                the events may then count twice. Without it, their attributes are sent again and they end `Unknown`.
            coalesce: Merge edits of one profile that wait for their turn. Limits count profiles. `Rows` of events are
                merged in any case.
            chunk_size: Edits in a request; by default half of what the server's bucket holds, at most 200 for `update`.
            patience: Seconds to go on trying while nothing gets through, before the job ends.
            deadline: Seconds that the job may take in all. One that cannot be met is refused before anything is sent,
                where the length of the source is known; one that passes ends the job.
            on_progress: Called with the job's `Progress`, at most four times a second and at the end.

        Raises `InvalidInput` for a choice that cannot be, and `OSError` for a path.
        """
        from batch_api.ingest.job.job import job_of
        from batch_api.ingest.sending.coalesce import Coalescer
        from batch_api.ingest.sources.source import has_events

        return job_of(
            self._engine,
            ProfileEdits(endpoint),
            source,
            checkpoint=checkpoint,
            run=run,
            resend_events=resend_events,
            coalesce=Coalescer if coalesce or has_events(source) else None,
            chunk_size=chunk_size,
            patience=patience,
            deadline=deadline,
            on_progress=on_progress,
        )

    async def send_chunk(
        self,
        chunk: ChunkReference | bytes | Sequence[EditProfile | types.EditProfile],
        *,
        endpoint: Endpoint = "mass-update",
        may_have_been_sent: bool = False,
        resend_events: bool = False,
        deadline: float | None = None,
        drain: float = DRAIN,
    ) -> Summary:
        """Send one chunk, as a job of a worker engine does, and return the fates of its edits in a `Summary`.

            summary = await client.profiles.send_chunk(ChunkReference.from_dict(job["chunk"]), deadline=45)

        It returns once every edit has its fate: acknowledge the job then. Otherwise it raises, and the job is to be
        repeated as the error's `retry` says: `now`, `later` (after `retry_after` seconds) or `never`. The error's
        `outcome` is that of the whole chunk: after `unknown`, repeat it with `may_have_been_sent=True`.

        Outages are not waited out here but in the queue. At a limit it waits for its turn, up to the deadline; a turn
        that comes later is refused at once, with `retry_after`. `client.wait_time(…)` tells the same beforehand.

        Args:
            chunk: A reference made by `split`; JSON lines as `bytes`, an edit on each line; or a list of edits.
            endpoint: `mass-update` for large loads, `update` for live data.
            may_have_been_sent: The job was delivered before, and what became of it is not known: its worker died, or
                the answer was lost. Attributes are written again, which changes nothing. Edits with events go without
                them, and end `Unknown`.
            resend_events: Send events again in that case, and after a failure that leaves open whether they were taken,
                though they may then count twice.
            deadline: Seconds that it may take in all; by default the client's. Let the engine take a job for lost only
                after this time and `drain` together.
            drain: Seconds to wait for an answer when cancelled while a request is on the wire. If it comes, and with it
                all fates, they are returned after all, and the next `send_chunk` of the task raises `CancelledError`.
                Cancelled at any other moment, it raises at once.

        Raises:
            InvalidInput: The file changed, or is no file of chunks: `never`.
            OSError: The file cannot be read.
            BatchError: Nothing gets through, as far as `outcome` says.
        """
        from batch_api.ingest.chunks.send_chunk import send_chunk

        return await send_chunk(
            self._engine,
            ProfileEdits(endpoint),
            chunk,
            may_have_been_sent=may_have_been_sent,
            resend_events=resend_events,
            deadline=deadline,
            drain=drain,
        )

    def forecast(self, n: int, *, endpoint: Endpoint = "mass-update", chunk_size: int | None = None) -> Forecast:
        """How long `ingest` takes for `n` edits, which limit binds, and which endpoint is done first.

        For a job that begins now, alone on its limits, and where nothing goes wrong. Call it from a coroutine. Raises
        `InvalidInput`.
        """
        from batch_api.ingest.job.forecast import forecast

        return forecast(self._engine, n, endpoint, chunk_size)

    async def export(
        self,
        request: ExportAttributesRequest | ExportEventsRequest | ExportReachabilityRequest | types.ExportRequest,
    ) -> str:
        """Ask for an export, and return its id for `exports.wait` and `exports.view`.

        `request` is an object whose `export_type` is `ATTRIBUTES` (a snapshot), `EVENTS` or `REACHABILITY` (of a
        period that starts at most 90 days ago). With a segment filter the limit is 5 an hour with a burst of 10,
        otherwise 1 a second.

        Not sent again after a failure that leaves open whether it was taken: look for it with `exports.list()`. Raises
        as `update` does.
        """
        arguments.an_object(request, path="request")
        _EXPORT.check(request)
        arguments.text(arguments.field(request, "export_type"), "export_type")
        answer = await profile_export(self._engine, request)
        return promised(answer, "id")
