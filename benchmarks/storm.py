"""200 tasks meet a server that answers 429 to everything for its first 6 s, without Retry-After.

    python -m benchmarks.storm

All must succeed within 30 s, with at most 25 rejections in all.
"""

from __future__ import annotations

import asyncio
import sys
import time

from batch_api import Attempt, BatchClient
from benchmarks.server import served

TASKS, STORM, LONGEST, MOST = 200, 6, 30.0, 25


async def _run(url: str) -> tuple[float, int, int]:
    attempts: list[Attempt] = []
    async with BatchClient("key", "project_storm", base_url=url, observer=attempts.append) as client:
        began = time.perf_counter()
        results = await asyncio.gather(
            *(client.profiles.update([{"identifiers": {"custom_id": f"u{n}"}}]) for n in range(TASKS)),
            return_exceptions=True,
        )
        seconds = time.perf_counter() - began
    succeeded = sum(not isinstance(result, BaseException) for result in results)
    return seconds, succeeded, sum(attempt.status == 429 for attempt in attempts)


def main() -> int:
    with served("--storm-seconds", str(STORM)) as url:
        seconds, succeeded, rejections = asyncio.run(_run(url))
    print(f"{succeeded} of {TASKS} succeeded in {seconds:.1f} s (at most {LONGEST:g} s)")
    print(f"{rejections} x 429 (at most {MOST})")
    return 0 if succeeded == TASKS and seconds <= LONGEST and rejections <= MOST else 1


if __name__ == "__main__":
    sys.exit(main())
