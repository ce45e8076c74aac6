"""Synchronous code that calls now and then: one client, and `asyncio.run` for each call."""

from __future__ import annotations

import asyncio

from batch_api import BatchClient
from batch_api.types import EditProfile

client = BatchClient.from_env()


async def set_tier(customer_id: str, tier: str) -> int:
    edit: EditProfile = {"identifiers": {"custom_id": customer_id}, "attributes": {"tier": tier}}
    async with client:
        result = await client.profiles.update([edit])
    return len(result.errors)


if __name__ == "__main__":
    for customer_id in ("u1", "u2", "u3"):
        print(asyncio.run(set_tier(customer_id, "gold")), "refused")
