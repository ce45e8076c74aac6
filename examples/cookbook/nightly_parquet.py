"""A nightly job: a Parquet file from the warehouse to Batch. For cron, Airflow and the like.

    python -m examples.cookbook.nightly_parquet customers-2026-11-27.parquet 2026-11-27

Needs the extra `tables`. The file never has to fit into memory. Column names are those of attributes; days and moments
without a time zone are of Paris.
"""

from __future__ import annotations

import asyncio
import sys

from batch_api import BatchClient, IngestFailed, Rows


async def nightly(client: BatchClient, file: str, day: str) -> int:
    """Send the rows of a file, and return an exit code: 1 when some were not delivered whole."""
    rows = Rows(file, id="customer_id", zone="Europe/Paris")
    job = client.profiles.ingest(rows, checkpoint="nightly.checkpoint", run=day)
    try:
        summary = await job.collect()
    except IngestFailed as failed:
        for trouble in failed.summary.troubles[:20]:
            print(trouble.index, trouble.error, file=sys.stderr)
        return 1
    print(summary.delivered, "delivered")
    return 0


async def main(file: str, day: str) -> int:
    async with BatchClient.from_env() as client:
        return await nightly(client, file, day)


if __name__ == "__main__":
    sys.exit(asyncio.run(main(*sys.argv[1:])))
