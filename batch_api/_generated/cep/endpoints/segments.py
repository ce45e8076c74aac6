"""List the segments of the project."""

from __future__ import annotations

from ...._codec import UNSET, Unset, as_query
from ...._operation import Answer, Sender
from ..models.segment_page import SegmentPage
from ..registry import (
    SEGMENT_LIST,
)


async def segment_list(
    sender: Sender,
    *,
    from_: str | Unset = UNSET,
    limit: int | Unset = UNSET,
) -> Answer[SegmentPage]:
    """Lists the segments of the project, page by page. Segments are read-only here; their codes serve to filter
    `/profiles/export`.

    **Rate limit:** 1 request per second, the default.

    - `from_`: Opaque cursor: the `next_from` of the previous page. Leave out for the first page.
    - `limit`: Number of segments per page. From 1 to 100.
    """
    query = as_query(
        {
            "from": from_,
            "limit": limit,
        }
    )
    reply = await sender.send(SEGMENT_LIST, query=query)
    return Answer(SegmentPage.from_dict(reply.json()), reply)
