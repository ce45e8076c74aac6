"""A producer: cuts a source into chunks and has the workers send them.

    python -m examples.cluster.producer NAME PROFILES FOLDER

The source is made up: each profile is edited twice, once in the first half and once in the second.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from typing import Any

from batch_api import split
from examples.cluster.taskiq_worker import broker, send

VERSIONS = 2


def edits(name: str, profiles: int) -> Iterator[dict[str, Any]]:
    """Only in order does the last version stay."""
    for version in range(1, VERSIONS + 1):
        for number in range(profiles):
            attributes = {"version": version, "tier": "gold", "city": "Lyon", "visits": number % 97}
            yield {"identifiers": {"custom_id": f"{name}-{number}"}, "attributes": attributes}


async def main(name: str, profiles: int, folder: str) -> None:
    """Enqueue each chunk as soon as it is full."""
    await broker.startup()
    async for reference in split(edits(name, profiles), folder):
        await send.kiq(reference.to_dict())
    await broker.shutdown()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), sys.argv[3]))
