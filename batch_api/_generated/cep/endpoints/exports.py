"""Follow export requests and fetch their files."""

from __future__ import annotations

from ...._codec import UNSET, Unset, as_query
from ...._operation import Answer, Sender
from ..models.export_page import ExportPage
from ..models.export_record import ExportRecord
from ..registry import (
    EXPORT_DOWNLOAD,
    EXPORT_LIST,
    EXPORT_VIEW,
)


async def export_download(
    sender: Sender,
    *,
    id: str,
) -> Answer[None]:
    """Redirects to one file of a finished export. Takes the id of a **file**, as listed by
    [View](/operations/export_view), not the id of the export. The link is valid for 20 minutes; call again for a
    new one. Do not send the API credentials to the host that serves the file.

    **Rate limit:** 1 request per second, the default.

    - `id`: Id of the file.
    """
    query = as_query(
        {
            "id": id,
        }
    )
    reply = await sender.send(EXPORT_DOWNLOAD, query=query)
    return Answer(None, reply)


async def export_list(
    sender: Sender,
    *,
    from_: str | Unset = UNSET,
    limit: int | Unset = UNSET,
) -> Answer[ExportPage]:
    """Lists the export requests of the last 3 months, page by page.

    **Rate limit:** 1 request per second, the default.

    - `from_`: Opaque cursor: the `next_from` of the previous page. Leave out for the first page.
    - `limit`: Number of export requests per page. From 1 to 100.
    """
    query = as_query(
        {
            "from": from_,
            "limit": limit,
        }
    )
    reply = await sender.send(EXPORT_LIST, query=query)
    return Answer(ExportPage.from_dict(reply.json()), reply)


async def export_view(
    sender: Sender,
    *,
    id: str,
) -> Answer[ExportRecord]:
    """Shows one export request: poll it until its status is `SUCCESS` or `ERROR`. The files are listed once it is
    `SUCCESS`.

    **Rate limit:** 1 request per second, the default.

    - `id`: Id of the export request, as returned by `/profiles/export`.
    """
    query = as_query(
        {
            "id": id,
        }
    )
    reply = await sender.send(EXPORT_VIEW, query=query)
    return Answer(ExportRecord.from_dict(reply.json()), reply)
