"""Trigger events: what users did, which starts or cancels automations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from batch_api._generated.mep.endpoints import trigger_events as api
from batch_api._generated.mep.keys import KEYS
from batch_api.app import item_checks as app_checks
from batch_api.app.item_types import EventCoalescer
from batch_api.app.item_types import TriggerEvents as Tracked
from batch_api.app.resources import checks
from batch_api.engine.arguments import fields, items, text
from batch_api.engine.keys import Known
from batch_api.ingest.job.patience import PATIENCE
from batch_api.resources.checking import checked
from batch_api.resources.resource import Resource
from batch_api.results import Receipt, as_it_came, named

if TYPE_CHECKING:
    from os import PathLike

    from batch_api import app_types as types
    from batch_api.app_models import TriggerEvent, TriggerEventBatch, TriggerEventBulkItem
    from batch_api.ingest.job.checkpoint import Checkpoint
    from batch_api.ingest.job.job import Job
    from batch_api.ingest.job.progress import Progress
    from batch_api.ingest.sources.source import AnySource

_EVENT = Known(KEYS, ("TriggerEvent",))


class TriggerEvents(Resource):
    """`client.trigger_events`: track events on users, which start or cancel trigger automations.

    An event is an object with `name` (`ue.` and 1 to 30 of `a-z`, `0-9`, `_`) and, if you like, `time` (an aware
    `datetime` or text in UTC; within the last 24 hours, by default when it arrives), `label` (at most 200 characters),
    `attributes` (at most 15; a date goes under `date(name)`) and `tags` (at most 10 of 64 characters). Not sent again
    after a failure that leaves open whether they were taken: an event would count twice. All methods raise
    `InvalidInput`, `APIError`, `TransportError` and `DeadlineExceeded`.
    """

    __slots__ = ()

    async def send(
        self,
        user_id: str,
        events: Sequence[TriggerEvent | types.TriggerEvent] | TriggerEventBatch | types.TriggerEventBatch,
    ) -> Receipt:
        """Track at most 1000 events on one user. The answer's `token` is `None` where the API gives none.

        `events` is a list, or the API's own object, `{"events": […]}`.
        """
        body = checks.wrapped(events, "events")
        rows = body["events"] = items(body["events"], "events", one="event")
        for index, event in enumerate(rows):
            given = fields(event, index=index)
            _EVENT.check(event, index=index)
            app_checks.event(given, index=index)
        answer = await api.trigger_event_send(self._engine, body, custom_user_id=text(user_id, "user_id"))
        return Receipt(named(answer.response.json(), "token"), as_it_came(answer.response))

    async def bulk(self, users: Sequence[TriggerEventBulkItem | types.TriggerEventBulkItem]) -> Receipt:
        """Track events on several users, at most 1000 events over all of them.

        await client.trigger_events.bulk([{"id": "u1", "events": [{"name": "ue.signed_up"}]}])
        """
        rows = await checked(Tracked(), users, one="user")
        answer = await api.trigger_event_bulk(self._engine, rows)
        return Receipt(named(answer.response.json(), "token"), as_it_came(answer.response))

    def ingest(
        self,
        users: AnySource,
        *,
        resend: bool = False,
        checkpoint: str | PathLike[str] | Checkpoint | None = None,
        run: str | None = None,
        chunk_size: int | None = None,
        patience: float = PATIENCE,
        deadline: float | None = None,
        on_progress: Callable[[Progress], object] | None = None,
    ) -> Job:
        """Track any number of events, 1000 a call over all users, and tell the fate of each. Returns a `Job` at once.

            async with client.trigger_events.ingest({"id": "u1", "events": [{"name": "ue.signed_up"}]} for …) as job:
                async for fate in job:
                    ...

        Each ends in one of `Delivered`, `Refused`, `Invalid`, `Unknown` and `Unsent`; none of them raises. Items
        of one user that wait for their turn travel together, their events in the order of the source.

        Args:
            users: An iterable or async iterable of users with their events as `bulk` takes them (at most 1000 events in
                an item), or of JSON lines (`bytes`), each alone or in a pair with whatever you want to find again as
                the fate's `ref`; or a path that ends in `.jsonl`, compressed also in `.gz`.
            resend: Send a call again after a failure that leaves open whether it was taken, though its events may then
                count twice. Without it, its items end `Unknown`.
            checkpoint: A file that remembers what is done: the same call goes on from there.
            run: The name of this run, such as today's date: a finished checkpoint begins anew for another. An iterable
                needs one to use a checkpoint again.
            chunk_size: Events in a request, at most 1000.
            patience: Seconds to go on trying while nothing gets through, before the job ends.
            deadline: Seconds that the job may take in all. One that cannot be met is refused before anything is sent,
                where the length of the source is known; one that passes ends the job.
            on_progress: Called with the job's `Progress`, at most four times a second and at the end.

        Raises `InvalidInput` for a choice that cannot be, and `OSError` for a path.
        """
        from batch_api.ingest.job.job import job_of

        return job_of(
            self._engine,
            Tracked(),
            users,
            resend_events=resend,
            coalesce=EventCoalescer,
            checkpoint=checkpoint,
            run=run,
            chunk_size=chunk_size,
            patience=patience,
            deadline=deadline,
            on_progress=on_progress,
        )
