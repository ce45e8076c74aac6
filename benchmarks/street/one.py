"""One scenario, in a process of its own: prints its figures as JSON, a line each.

    python -m benchmarks.street.one SCENARIO httpx|aiohttp

What it imports as `batch_api` is what stands in the folder that it is started in.
"""

from __future__ import annotations

import asyncio
import importlib
import sys

from benchmarks.street.figure import Street
from benchmarks.street.hosts import certificate


async def main(scenario: str, transport: str) -> None:
    module = importlib.import_module(f"benchmarks.street.{scenario}")
    with certificate() as made:
        async for figure in module.measure(Street(transport), made):
            print(figure.dumps(), flush=True)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
