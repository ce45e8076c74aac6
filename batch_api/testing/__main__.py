"""`python -m batch_api.testing`: the fake Batch API on loopback, until it is stopped.

The first line of the output is the base URL and nothing else. State lives in memory and ends with the process.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import signal
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batch_api.testing.fake import FakeBatch


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve a fake as the command line says. Returns the exit status."""
    from batch_api.testing import FakeBatch

    options = _parser().parse_args(arguments)
    fake = FakeBatch(
        rest_api_key=options.key,
        project_key=options.project,
        limits=options.limits,
        index_seconds=options.index_seconds,
        export_seconds=options.export_seconds,
        retry_after=options.retry_after,
        keep_edits=0,
        seed=options.seed,
    )
    if options.latency:
        fake.delay(None, *options.latency)
        fake.delay("storage", *options.latency)
    if options.storm_seconds:
        fake.storm(seconds=options.storm_seconds, retry_after=options.retry_after)
    if options.failure_chance:
        fake.fail(status=500, times=None, probability=options.failure_chance)
    try:
        asyncio.run(_serve(fake, options.host, options.port))
    except (ValueError, OSError) as error:
        sys.stderr.write(f"cannot serve on {options.host}:{options.port}: {error}\n")
        return 2
    return 0


async def _serve(fake: FakeBatch, host: str, port: int) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signal_number, stop.set)
    async with fake.serve(host, port) as url:
        # The stored profiles are many and form no cycles: collecting garbage would only delay answers.
        gc.disable()
        try:
            sys.stdout.write(f"{url}\n")
            sys.stdout.flush()
            await stop.wait()
        finally:
            gc.enable()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m batch_api.testing", description="A fake Batch API on loopback.")
    parser.add_argument("--host", default="127.0.0.1", help="a loopback address (default: %(default)s)")
    parser.add_argument("--port", type=int, default=0, help="0, the default, picks a free port")
    parser.add_argument("--key", help="the REST API key to accept (default: any)")
    parser.add_argument("--project", help="the project key to accept (default: any)")
    parser.add_argument("--limits", choices=("documented", "windows", "off"), default="documented")
    parser.add_argument("--index-seconds", type=float, default=1.0, help="until an indexing token is APPLIED")
    parser.add_argument("--export-seconds", type=float, default=3.0, help="until an export is done")
    parser.add_argument("--latency", type=float, nargs=2, metavar=("MIN", "MAX"), help="seconds added to each request")
    parser.add_argument("--storm-seconds", type=float, help="answer 429 for this long after the first request")
    parser.add_argument("--retry-after", help="the Retry-After of every 429 (default: none)")
    parser.add_argument("--failure-chance", type=float, help="the part of requests answered with 500, from 0 to 1")
    parser.add_argument("--seed", type=int, default=0, help="the seed of generated ids, jitter and probabilities")
    return parser


if __name__ == "__main__":
    sys.exit(main())
