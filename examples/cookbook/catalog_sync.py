"""A shop's products to a catalog: send what is new or has changed, and remove what is gone.

The API cannot list the items of a catalog, so what was delivered is remembered in a file, as a checksum for each item.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from batch_api import BatchClient, Delivered, NotFound
from batch_api.types import CatalogFieldType

FIELDS: dict[str, CatalogFieldType] = {"title": "string", "price": "float", "in_stock": "bool"}

Products = Mapping[str, Mapping[str, Any]]


class Report(NamedTuple):
    """What a run has done."""

    sent: int
    failed: list[str]


async def sync(client: BatchClient, catalog: str, products: Products, memory: Path) -> Report:
    """Bring a catalog up to date with the products of the shop, by their ids."""
    await make(client, catalog)
    known: dict[str, str] = json.loads(memory.read_text()) if memory.exists() else {}
    sums = {id: checksum(product) for id, product in products.items()}
    sent, failed = 0, []
    try:
        async for fate in client.catalogs.ingest(catalog, changes(products, sums, known)):
            if not isinstance(fate, Delivered):
                failed.append(str(fate.ref))
            elif fate.ref in sums:
                known[fate.ref], sent = sums[fate.ref], sent + 1
            else:
                del known[fate.ref]
                sent += 1
    finally:
        memory.write_text(json.dumps(known))
    return Report(sent, failed)


def changes(
    products: Products, sums: Mapping[str, str], known: Mapping[str, str]
) -> Iterator[tuple[dict[str, Any], str]]:
    """Items to send, each with its id to recognise it by."""
    for id in [*products]:
        if known.get(id) != sums[id]:
            yield {"id": id, "action": "add", "attributes": dict(products[id])}, id
    for id in [*known]:
        if id not in products:
            yield {"id": id, "action": "remove"}, id


def checksum(product: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(product, sort_keys=True).encode()).hexdigest()


async def make(client: BatchClient, catalog: str) -> None:
    """Create the catalog, if it is not there yet."""
    try:
        await client.catalogs.view(catalog)
    except NotFound:
        await client.catalogs.create(catalog, FIELDS)
