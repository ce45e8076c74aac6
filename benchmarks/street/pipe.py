"""A pipe in a process of its own, to stand between client and server; it may end TLS.

python -m benchmarks.street.pipe PORT [CERTIFICATE KEY]
"""

from __future__ import annotations

import asyncio
import sys
from functools import partial
from pathlib import Path

from benchmarks.street.hosts import Certificate, hosting, relay


async def main(port: int, tls: Certificate | None) -> None:
    async with hosting(partial(relay, port=port), tls) as host:
        print(host.url, flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    given = sys.argv[2:]
    asyncio.run(main(int(sys.argv[1]), Certificate(Path(given[0]), Path(given[1])) if given else None))
