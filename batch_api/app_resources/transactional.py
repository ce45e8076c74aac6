"""Transactional messages: to given users, at once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from batch_api._generated.mep.endpoints import transactional as api
from batch_api._generated.runtime import UNSET
from batch_api.app_resources import checks
from batch_api.app_results import Receipt
from batch_api.engine.errors import InvalidInput
from batch_api.ingest.checks import fields
from batch_api.resources.days import a_day
from batch_api.resources.resource import Resource

if TYPE_CHECKING:
    from batch_api.app_models import TransactionalSend, TransactionalStats


class Transactional(Resource):
    """`client.transactional`: send messages to given users at once, and read their figures.

    All methods raise `InvalidInput`, `APIError`, `TransportError` and `DeadlineExceeded`.

    Source: fact sheet: mep-legacy, 2.
    """

    __slots__ = ()

    async def send(self, message: TransactionalSend | Mapping[str, Any]) -> Receipt:
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
        return Receipt.of(answer.response)

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
            raise InvalidInput("the last day comes after the first", path="until")
        answer = await api.transactional_stats(
            self._engine,
            group_id=checks.plain_name(group_id, "group_id"),
            since=first,
            until=UNSET if last is None else last,
        )
        return answer.parsed
