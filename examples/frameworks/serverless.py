"""AWS Lambda and its like: one client for the environment, one event loop for each invocation."""

from __future__ import annotations

import asyncio
from typing import Any

from batch_api import BatchClient
from batch_api.types import EditProfile

client = BatchClient.from_env()  # stays for as long as the environment does, and remembers what was spent


def handler(event: dict[str, Any], context: Any) -> dict[str, int]:
    seconds = context.get_remaining_time_in_millis() / 1000 - 1  # a second to answer in
    return asyncio.run(set_tier(event["customer_id"], event["tier"], deadline=seconds))


async def set_tier(customer_id: str, tier: str, *, deadline: float) -> dict[str, int]:
    edit: EditProfile = {"identifiers": {"custom_id": customer_id}, "attributes": {"tier": tier}}
    async with client:  # its connections end with the invocation: none goes stale while the environment is frozen
        result = await client.with_options(deadline=deadline).profiles.update([edit])
    return {"refused": len(result.errors)}
