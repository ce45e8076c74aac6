"""uvloop: nothing to set. `uvloop.run` takes the place of `asyncio.run`."""

from __future__ import annotations

import uvloop

from batch_api import BatchClient


async def main() -> None:
    async with BatchClient.from_env() as client:
        result = await client.profiles.update([{"identifiers": {"custom_id": "u1"}, "attributes": {"tier": "gold"}}])
    print(len(result.errors), "refused")


if __name__ == "__main__":
    uvloop.run(main())
