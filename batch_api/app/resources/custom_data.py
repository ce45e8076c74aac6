"""Custom data: attributes and tags of users."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from batch_api._generated.mep.endpoints import custom_data as api
from batch_api.app import item_checks as app_checks
from batch_api.app.item_types import CustomData as Updates
from batch_api.app.item_types import CustomDataDeletions
from batch_api.app.resources import checks
from batch_api.engine.arguments import text
from batch_api.ingest.job.patience import PATIENCE
from batch_api.resources.checking import checked
from batch_api.resources.resource import Resource
from batch_api.results import Receipt

if TYPE_CHECKING:
    from os import PathLike

    from batch_api import app_types as types
    from batch_api._codec import ListOf
    from batch_api.app_models import CustomDataBulkItem, CustomDataUpdate
    from batch_api.ingest.job.checkpoint import Checkpoint
    from batch_api.ingest.job.job import Job
    from batch_api.ingest.job.progress import Progress
    from batch_api.ingest.sources.source import AnySource


class CustomData(Resource):
    """`client.custom_data`: write attributes and tags of users, by your own ids of them.

    The names of values say what they are: `u.city` an attribute, `date(u.since)` a date (an aware `datetime`, text in
    UTC, or seconds since 1970), `ut.sports` a collection of tags (a list replaces it, `{"$add": […], "$remove": […]}`
    changes it). `None` deletes. Writes are queued, and sent again after a failure that leaves open whether they were
    taken. All methods raise `InvalidInput`, `APIError`, `TransportError` and `DeadlineExceeded`.
    """

    __slots__ = ()

    async def set(
        self,
        user_id: str,
        values: types.CustomDataValues | CustomDataUpdate | types.CustomDataUpdate,
        *,
        overwrite: bool = False,
    ) -> Receipt:
        """Write values of one user.

        Args:
            user_id: Your own id of the user.
            values: One or more, by names as above; what is not there stays as it is. The API's own object does as well:
                `{"values": {…}, "overwrite": True}`.
            overwrite: Drop all stored values that are not among these.
        """
        body = checks.wrapped(values, "values") | ({"overwrite": True} if overwrite else {})
        body["values"] = app_checks.values(body["values"], "values")
        answer = await api.custom_data_set(self._engine, body, custom_user_id=text(user_id, "user_id"))
        return Receipt.of(answer)

    async def bulk(self, updates: Sequence[CustomDataBulkItem | types.CustomDataBulkItem]) -> Receipt:
        """Write values of at most 10 000 users.

        await client.custom_data.bulk([{"id": "u1", "update": {"values": {"u.tier": "gold"}}}])
        """
        rows = await checked(Updates(), updates, one="update")
        answer = await api.custom_data_bulk(self._engine, rows)
        return Receipt.of(answer)

    async def delete(self, user_id: str) -> Receipt:
        """Delete all custom data of one user."""
        answer = await api.custom_data_delete(self._engine, custom_user_id=text(user_id, "user_id"))
        return Receipt.of(answer)

    async def bulk_delete(self, user_ids: ListOf[str]) -> Receipt:
        """Delete all custom data of at most 10 000 users."""
        ids = await checked(CustomDataDeletions(), user_ids, "user_ids", one="id")
        answer = await api.custom_data_bulk_delete(self._engine, ids)
        return Receipt.of(answer)

    def ingest(
        self,
        updates: AnySource,
        *,
        checkpoint: str | PathLike[str] | Checkpoint | None = None,
        run: str | None = None,
        chunk_size: int | None = None,
        patience: float = PATIENCE,
        deadline: float | None = None,
        on_progress: Callable[[Progress], object] | None = None,
    ) -> Job:
        """Write values of any number of users, 10 000 a call, and tell the fate of each. Returns a `Job` at once.

            async with client.custom_data.ingest({"id": "u1", "update": {"values": {"u.tier": "gold"}}} for …) as job:
                async for fate in job:
                    ...

        Each ends in one of `Delivered`, `Refused`, `Invalid`, `Unknown` and `Unsent`; none of them raises. Updates
        of one user are accepted in the order of the source.

        Args:
            updates: An iterable or async iterable of updates as `bulk` takes them, or of JSON lines (`bytes`), each
                alone or in a pair with whatever you want to find again as the fate's `ref`; or a path that ends in
                `.jsonl`, compressed also in `.gz`.
            checkpoint: A file that remembers what is done: the same call goes on from there.
            run: The name of this run, such as today's date: a finished checkpoint begins anew for another. An iterable
                needs one to use a checkpoint again.
            chunk_size: Updates in a request, at most 10 000.
            patience: Seconds to go on trying while nothing gets through, before the job ends.
            deadline: Seconds that the job may take in all. One that cannot be met is refused before anything is sent,
                where the length of the source is known; one that passes ends the job.
            on_progress: Called with the job's `Progress`, at most four times a second and at the end.

        Raises `InvalidInput` for a choice that cannot be, and `OSError` for a path.
        """
        from batch_api.ingest.job.job import job_of

        return job_of(
            self._engine,
            Updates(),
            updates,
            checkpoint=checkpoint,
            run=run,
            chunk_size=chunk_size,
            patience=patience,
            deadline=deadline,
            on_progress=on_progress,
        )

    def ingest_deletions(
        self,
        user_ids: AnySource,
        *,
        checkpoint: str | PathLike[str] | Checkpoint | None = None,
        run: str | None = None,
        chunk_size: int | None = None,
        patience: float = PATIENCE,
        deadline: float | None = None,
        on_progress: Callable[[Progress], object] | None = None,
    ) -> Job:
        """Delete all custom data of any number of users, 10 000 a call. As `ingest`, with ids in place of updates."""
        from batch_api.ingest.job.job import job_of

        return job_of(
            self._engine,
            CustomDataDeletions(),
            user_ids,
            checkpoint=checkpoint,
            run=run,
            chunk_size=chunk_size,
            patience=patience,
            deadline=deadline,
            on_progress=on_progress,
        )
