"""A nightly job: the customers that changed on a day, from a database to Batch. For cron, Airflow and the like.

    python -m examples.cookbook.nightly_database customers.db 2026-11-27

The scheduler may start it again after whatever ended it: rows that are in are not sent twice. Exit codes are 0 when all
is in, 1 when some rows need someone to look at them (`2026-11-27.troubles.jsonl`), and 3 when it should start again.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import sys
from contextlib import closing
from datetime import date
from pathlib import Path

from batch_api import BatchClient, Delivered, Rows, Unsent

CHANGED = """
    SELECT id AS custom_id, email AS "$email_address", plan, visits, registered AS "date(registered)"
    FROM customers WHERE date(changed) = ? ORDER BY id
"""


async def nightly(client: BatchClient, database: Path, day: date) -> int:
    """Send the customers that changed on a day, and return an exit code."""
    troubles = Path(f"{day}.troubles.jsonl")
    with closing(sqlite3.connect(database)) as connection, troubles.open("w") as report:
        cursor = connection.execute(CHANGED, [day.isoformat()])
        columns = [column for column, *_ in cursor.description]
        rows = Rows((dict(zip(columns, row, strict=True)) for row in cursor), zone="Europe/Paris")
        job = client.profiles.ingest(rows, checkpoint="nightly.checkpoint", run=day.isoformat())
        async for fate in job:
            if not isinstance(fate, Delivered | Unsent):
                report.write(json.dumps({"id": fate.id, "fate": type(fate).__name__, "why": str(fate.error)}) + "\n")
    if job.ended_by is not None:
        print(f"ended early: {job.ended_by}", file=sys.stderr)
        return 3
    if troubles.stat().st_size:
        return 1
    troubles.unlink()
    return 0


async def main(database: str, day: str) -> int:
    async with BatchClient.from_env() as client:
        return await nightly(client, Path(database), date.fromisoformat(day))


if __name__ == "__main__":
    sys.exit(asyncio.run(main(*sys.argv[1:])))
