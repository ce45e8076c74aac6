"""Manage item catalogs used to personalise messages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...._codec import UNSET, Unset, as_query
from ...._operation import Answer, Encoded, Sender
from ..models.catalog import Catalog
from ..models.catalog_page import CatalogPage
from ..models.indexing_token import IndexingToken
from ..registry import (
    CATALOG_CREATE,
    CATALOG_ITEMS_EDIT,
    CATALOG_LIST,
    CATALOG_REMOVE,
    CATALOG_UPDATE,
    CATALOG_VIEW,
)

if TYPE_CHECKING:
    from ..models.catalog_create import CatalogCreate
    from ..models.catalog_items_edit import CatalogItemsEdit
    from ..models.catalog_remove import CatalogRemove
    from ..models.catalog_update import CatalogUpdate
    from ..models.empty_response import EmptyResponse


async def catalog_create(
    sender: Sender,
    body: CatalogCreate | Mapping[str, Any] | Encoded,
) -> Answer[EmptyResponse]:
    """Creates an empty catalog with its typed fields. A project holds at most **5** catalogs of up to **25** fields
    and **2 000 000** items each.

    **Rate limit:** 5 requests per second.
    """
    reply = await sender.send(CATALOG_CREATE, body=body)
    return Answer(reply.json(), reply)


async def catalog_items_edit(
    sender: Sender,
    body: CatalogItemsEdit | Mapping[str, Any] | Encoded,
) -> Answer[IndexingToken]:
    """Adds, updates or removes items of a catalog, by id; at most **200** items per call. The edit is indexed in the
    background: follow it with `/catalogs/view` and the returned token.

    **Rate limit:** 5 requests per second and 1 000 items per second. One item in the body is one update, whatever
    its number of attributes.
    """
    reply = await sender.send(CATALOG_ITEMS_EDIT, body=body)
    return Answer(IndexingToken.from_dict(reply.json()), reply)


async def catalog_list(
    sender: Sender,
    *,
    from_: str | Unset = UNSET,
    limit: int | Unset = UNSET,
) -> Answer[CatalogPage]:
    """Lists the catalogs of the project, page by page.

    **Rate limit:** 5 requests per second.

    - `from_`: Opaque cursor: the `next_from` of the previous page. Leave out for the first page.
    - `limit`: Number of catalogs per page. From 1 to 100.
    """
    query = as_query(
        {
            "from": from_,
            "limit": limit,
        }
    )
    reply = await sender.send(CATALOG_LIST, query=query)
    return Answer(CatalogPage.from_dict(reply.json()), reply)


async def catalog_remove(
    sender: Sender,
    body: CatalogRemove | Mapping[str, Any] | Encoded,
) -> Answer[EmptyResponse]:
    """Deletes a catalog and all its items, in the background; no token is given to follow it.

    **Rate limit:** 5 requests per second.
    """
    reply = await sender.send(CATALOG_REMOVE, body=body)
    return Answer(reply.json(), reply)


async def catalog_update(
    sender: Sender,
    body: CatalogUpdate | Mapping[str, Any] | Encoded,
) -> Answer[EmptyResponse]:
    """Adds fields to an existing catalog or removes fields from it. The change is applied in the background; no token
    is given to follow it.

    **Rate limit:** 5 requests per second.
    """
    reply = await sender.send(CATALOG_UPDATE, body=body)
    return Answer(reply.json(), reply)


async def catalog_view(
    sender: Sender,
    *,
    name: str,
    indexing_token: str | Unset = UNSET,
) -> Answer[Catalog]:
    """Shows one catalog. Give the token of an item edit to learn whether that edit is applied; without a token,
    `indexing_state` is not returned.

    **Rate limit:** 5 requests per second.

    - `indexing_token`: Token returned by `/catalogs/items/edit`.
    - `name`: Name of the catalog.
    """
    query = as_query(
        {
            "name": name,
            "indexing_token": indexing_token,
        }
    )
    reply = await sender.send(CATALOG_VIEW, query=query)
    return Answer(Catalog.from_dict(reply.json()), reply)
