"""From version 1.x: write to both APIs for a while, and carry the history over.

While both are written to, the old API stays the source of truth. Once the backfill is done and compared, drop the old
call. Trigger events are not written twice here: both could start a message to the customer.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from batch_api import BatchAppClient, BatchClient, BatchError, Summary
from batch_api.migrate import profile_edits


async def write_both(old: BatchAppClient, new: BatchClient, user_id: str, values: Mapping[str, Any]) -> list[str]:
    """Write custom data of a user to both. What the new API missed is returned, for the log: it fails no request."""
    await old.custom_data.set(user_id, values)
    migrated = profile_edits(user_id, {"values": dict(values)})
    missed = [f"{left.path}: {left.reason}" for left in migrated.not_carried]
    try:
        await new.profiles.update(migrated.edits)
    except BatchError as error:
        missed.append(str(error))
    return missed


async def backfill(new: BatchClient, history: Path, report: Path) -> Summary:
    """Carry over what the old API was sent: JSON lines of its bulk items, `{"id": …, "update": {"values": {…}}}`."""
    with report.open("w") as left:
        return await new.profiles.ingest(edits(history, left.write), endpoint="mass-update").collect()


def edits(history: Path, report: Any) -> Iterator[dict[str, Any]]:
    """The edits of all bodies, one at a time. What cannot be carried over is reported."""
    with history.open() as lines:
        for number, line in enumerate(lines, 1):
            item = json.loads(line)
            migrated = profile_edits(item["id"], item["update"])
            for missed in migrated.not_carried:
                report(f"line {number}, {missed.path}: {missed.reason}\n")
            yield from migrated.edits
