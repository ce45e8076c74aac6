"""The items of one call, checked as those of a stream are: what one way in takes, all of them take."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from batch_api.engine import arguments
from batch_api.engine.errors import InvalidInput
from batch_api.engine.loop import running_loop
from batch_api.ingest.items.item_types import ItemType

SLICE: Final = 500
"""Items checked between two turns of the loop: well under a millisecond, or a few where each must be looked at."""


async def checked(item_type: ItemType, items: object, path: str = "", *, one: str) -> list[Any]:
    """A copy of the list, each of whose items can be right. `one` is what the caller calls an item.

    Raises `InvalidInput` with the index of the first that cannot.
    """
    running_loop()  # before the first turn of it is waited for
    rows = arguments.items(items, path, one=one)
    for start in range(0, len(rows), SLICE):
        if start:
            await asyncio.sleep(0)
        rows[start : start + SLICE] = _checked(item_type, rows[start : start + SLICE], start)
    return rows


def _checked(item_type: ItemType, items: list[Any], start: int) -> list[Any]:
    if set(map(type, items)) == {dict} and item_type.check_many(items) is not None:
        return items
    return [_one(item_type, item, index) for index, item in enumerate(items, start)]


def _one(item_type: ItemType, item: object, index: int) -> Any:
    try:
        fields = item_type.plain(item)
        item_type.check_one(fields)
    except InvalidInput as error:
        raise InvalidInput(error.reason, index=index, path=error.path) from None
    return fields
