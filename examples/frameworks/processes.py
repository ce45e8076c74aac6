"""Processes of your own, forked or spawned: each makes its client, and takes its part of the limits.

Run it with `python -m examples.frameworks.processes fork`.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import sys
from concurrent.futures import ProcessPoolExecutor

from batch_api import BatchClient
from batch_api.types import EditProfile

PROCESSES = 2


def set_tier(customer_ids: list[str]) -> int:
    """Runs in a process of its own."""
    return asyncio.run(send(customer_ids))


async def send(customer_ids: list[str]) -> int:
    edits: list[EditProfile] = [
        {"identifiers": {"custom_id": id}, "attributes": {"tier": "gold"}} for id in customer_ids
    ]
    async with BatchClient.from_env(share=1 / PROCESSES) as client:
        result = await client.profiles.update(edits)
    return len(edits) - len(result.errors)


def main(method: str) -> None:
    parts = [["u1", "u2"], ["u3", "u4"], ["u5"]]
    with ProcessPoolExecutor(PROCESSES, multiprocessing.get_context(method)) as pool:
        print(sum(pool.map(set_tier, parts)), "taken")


if __name__ == "__main__":
    main(sys.argv[1])
