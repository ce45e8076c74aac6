"""Send messages to given users at once, and read their figures."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...._codec import UNSET, Unset, as_query
from ...._operation import Answer, Encoded, Sender
from ..models.transactional_send_result import TransactionalSendResult
from ..models.transactional_stats import TransactionalStats
from ..registry import (
    TRANSACTIONAL_SEND,
    TRANSACTIONAL_STATS,
)

if TYPE_CHECKING:
    from ..models.transactional_send import TransactionalSend


async def transactional_send(
    sender: Sender,
    body: TransactionalSend | Mapping[str, Any] | Encoded,
) -> Answer[TransactionalSendResult]:
    """Sends one message at once to the users listed in `recipients`, **10 000** ids at most in a call, all kinds of id
    together.

    An app key stands for one platform: reaching iOS and Android takes one call per app. A 201 says that the send
    was accepted, not that it was delivered. There is no idempotency key, so a call repeated after an unknown
    outcome may notify twice.
    """
    reply = await sender.send(TRANSACTIONAL_SEND, body=body)
    return Answer(TransactionalSendResult.from_dict(reply.json()), reply)


async def transactional_stats(
    sender: Sender,
    *,
    group_id: str,
    since: datetime.date,
    until: datetime.date | Unset = UNSET,
) -> Answer[TransactionalStats]:
    """Daily figures of the sends that carry one `group_id`, over a window of six months at most. Live app keys only.

    The open rate is `(direct_open + influenced_open) / sent`.

    - `group_id`: Group given to the sends. At least 1 character. Matches `^[A-Za-z0-9_-]+$`.
    - `since`: First day, earlier than `until`.
    - `until`: Last day. Documented as required and also as today (GMT) when left out.
    """
    query = as_query(
        {
            "since": since,
            "until": until,
        }
    )
    reply = await sender.send(
        TRANSACTIONAL_STATS,
        query=query,
        path={
            "group_id": group_id,
        },
    )
    return Answer(TransactionalStats.from_dict(reply.json()), reply)
