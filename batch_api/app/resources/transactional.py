"""Transactional messages: to given users, at once."""

from __future__ import annotations

from collections.abc import AsyncIterable, Callable, Iterable, Mapping
from datetime import date
from os import PathLike
from typing import TYPE_CHECKING, Any, Literal

from batch_api._codec import UNSET
from batch_api._generated.mep.endpoints import transactional as api
from batch_api.app.resources import checks
from batch_api.engine.arguments import choice, fields, wrong
from batch_api.engine.errors import InvalidInput
from batch_api.ingest.job.patience import PATIENCE
from batch_api.resources.days import a_day
from batch_api.resources.resource import Resource
from batch_api.results import Receipt, shown

if TYPE_CHECKING:
    from batch_api import app_types as types
    from batch_api.app_models import TransactionalSend, TransactionalStats
    from batch_api.ingest.job.checkpoint import Checkpoint
    from batch_api.ingest.job.job import Job
    from batch_api.ingest.job.progress import Progress

RecipientType = Literal["custom_ids", "install_ids", "tokens"]


class Transactional(Resource):
    """`client.transactional`: send messages to given users at once, and read their figures.

    All methods raise `InvalidInput`, `APIError`, `TransportError` and `DeadlineExceeded`.
    """

    __slots__ = ()

    async def send(self, message: TransactionalSend | types.TransactionalSend) -> Receipt:
        """Send one message to the users listed in it. Its `token` says that it was accepted, not that it arrived.

            await client.transactional.send(
                {
                    "group_id": "order_shipped",
                    "recipients": {"custom_ids": ["u1", "u2"]},
                    "message": {"title": "On its way", "body": "Your order left this morning."},
                }
            )

        Not sent again after a failure that leaves open whether it was taken, since people would be written to twice:
        such an error has the `outcome` `unknown`. There is no idempotency key.

        Args:
            message: An object with `group_id` (letters, digits, `_` and `-`; figures are collected under it),
                `recipients` (lists of `custom_ids`, `install_ids` or `tokens`, 10 000 ids at most over all lists) and
                `message`. `custom_payload` may be a mapping, and is written as the JSON text that the API wants.
                Fields that are not known here are passed on.
        """
        body = dict(fields(message, path="message"))
        checks.needed(body, "group_id", "recipients")
        checks.plain_name(body["group_id"], "group_id")
        recipients = fields(body["recipients"], path="recipients")
        for kind, listed in recipients.items():
            if listed is not None and listed is not UNSET:
                checks.ids(listed, f"recipients.{kind}")
        checks.custom_payload(body)
        answer = await api.transactional_send(self._engine, body)
        return Receipt.of(answer)

    def ingest(
        self,
        message: Mapping[str, Any],
        recipients: Iterable[Any] | AsyncIterable[Any],
        type: RecipientType = "custom_ids",
        *,
        resend: bool = False,
        checkpoint: str | PathLike[str] | Checkpoint | None = None,
        run: str | None = None,
        chunk_size: int | None = None,
        patience: float = PATIENCE,
        deadline: float | None = None,
        on_progress: Callable[[Progress], object] | None = None,
    ) -> Job:
        """Send one message to any number of users, 10 000 a call, and tell the fate of each. Returns a `Job` at once.

            message = {"group_id": "order_shipped", "message": {"body": "Your order left this morning."}}
            async with client.transactional.ingest(message, user_ids) as job:
                async for fate in job:
                    ...

        Each recipient ends in one of `Delivered` (the API accepted the call, which does not say that the message
        arrived), `Refused`, `Invalid`, `Unknown` and `Unsent`; none of them raises. What cannot be a recipient (no
        text, or an empty one) is `Invalid` and holds up nobody else. So is an id that came before in this job: it would
        get the message twice. For that the job remembers all ids.

        Args:
            message: As `send` takes it, without `recipients`.
            recipients: An iterable or async iterable of ids, each alone or in a pair with whatever you want to find
                again as the fate's `ref`.
            type: What the ids are: `custom_ids`, `install_ids` or `tokens`.
            resend: Send a call again after a failure that leaves open whether it was taken, though its 10 000 users may
                then be written to twice. Without it, each of them ends `Unknown`.
            checkpoint: A file that remembers what is done: the same call goes on from there.
            run: The name of this run, such as today's date: a finished checkpoint begins anew for another. An iterable
                needs one to use a checkpoint again.
            chunk_size: Ids in a request, at most 10 000.
            patience: Seconds to go on trying while nothing gets through, before the job ends.
            deadline: Seconds that the job may take in all. One that cannot be met is refused before anything is sent,
                where the length of the source is known; one that passes ends the job.
            on_progress: Called with the job's `Progress`, at most four times a second and at the end.

        Raises `InvalidInput` for a choice that cannot be.
        """
        from batch_api.app.item_types import Recipients
        from batch_api.ingest.job.job import job_of

        choice(type, "type", "custom_ids", "install_ids", "tokens")
        if isinstance(recipients, str | bytes | Mapping | PathLike):
            raise wrong("a list, or another iterable of ids", recipients, "recipients")
        body = dict(fields(message, path="message"))
        if "recipients" in body:
            raise InvalidInput("expected none here: recipients are an argument of their own", path="message.recipients")
        checks.needed(body, "group_id")
        checks.plain_name(body["group_id"], "group_id")
        checks.custom_payload(body)
        return job_of(
            self._engine,
            Recipients(body, type),
            recipients,
            resend_events=resend,
            checkpoint=checkpoint,
            run=run,
            chunk_size=chunk_size,
            patience=patience,
            deadline=deadline,
            on_progress=on_progress,
        )

    async def stats(self, group_id: str, since: date | str, until: date | str | None = None) -> TransactionalStats:
        """Figures of each day of the sends that carry one `group_id`.

        Args:
            group_id: As in the sends.
            since: First day, a `date` or `"2026-02-01"`.
            until: Last day, later than `since` and at most 6 months after it; by default today, in GMT.

        Answers to a Live app key only.
        """
        first = a_day(since, "since")
        last = None if until is None else a_day(until, "until")
        if last is not None and last <= first:
            raise InvalidInput("expected a day after the first one", path="until")
        answer = await api.transactional_stats(
            self._engine,
            group_id=checks.plain_name(group_id, "group_id"),
            since=first,
            until=UNSET if last is None else last,
        )
        return shown(answer)
