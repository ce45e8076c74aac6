"""The fake API with its documented limits, in a process of its own, which remembers when each update came.

    python -m benchmarks.street.limited SECONDS

Answers take so many seconds. `GET /_came?SECONDS` tells the most updates that came within any so many seconds.
"""

from __future__ import annotations

import asyncio
import gc
import sys
from bisect import bisect_left
from typing import Any

from batch_api.testing import FakeBatch
from batch_api.testing.wire import Reply, Request, answer


class Counting(FakeBatch):
    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._came: list[float] = []

    async def __call__(self, request: Request) -> Reply:
        if request.path == "/_came":
            return answer(200, {"most": self._most_within(float(request.query)), "rejected": self.rejections})
        if request.path.endswith("/profiles/update"):
            self._came.append(self.time())
        return await super().__call__(request)

    def _most_within(self, seconds: float) -> int:
        return max(number + 1 - bisect_left(self._came, at - seconds) for number, at in enumerate(self._came))


async def main(latency: float) -> None:
    fake = Counting(rest_api_key=None, project_key=None, keep_edits=0)
    fake.delay(None, latency, latency, times=None)
    async with fake.serve() as url:
        print(url, flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    gc.disable()  # what is remembered grows, and is never garbage
    asyncio.run(main(float(sys.argv[1])))
