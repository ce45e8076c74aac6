"""What checking and slicing cost: `prepare` beside `orjson.dumps` alone, on 10 000 profiles of 12 attributes.

`python benchmarks/encode.py` prints ratios of CPU time, medians of interleaved pairs. Clean data is the case that
counts; data with nulls or datetimes is walked in Python.
"""

from __future__ import annotations

import asyncio
import json
import random
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import orjson

from batch_api._operation import Condition, Operation
from batch_api.engine.encode import prepare

MASS_UPDATE = Operation(
    "profile_mass_update",
    "POST",
    "/profiles/mass-update",
    success=(202,),
    items=(),
    max_items=10_000,
    replay=True,
    replay_unless=Condition(("*", "events")),
)


def profile(number: int, **more: Any) -> dict[str, Any]:
    attributes = {
        "$email_address": f"user{number}@example.org",
        "$language": "nl",
        "$region": "BE",
        "tier": random.choice(["gold", "silver", "bronze"]),
        "visits": random.randrange(1000),
        "score": random.random(),
        "is_member": bool(number % 2),
        "date(member_since)": "2024-11-05T08:30:00Z",
        "url(avatar)": f"https://cdn.example.org/members/{number}/avatar.png",
        "sports": ["rowing", "chess"],
        "city": random.choice(["Gent", "Liège", "Brussel"]),
        "spent": round(random.random() * 1000, 2),
    }
    return {"identifiers": {"custom_id": f"acme-{number:07}"}, "attributes": {**attributes, **more}}


def profiles(**more: Any) -> list[dict[str, Any]]:
    # Through JSON, so that every profile has strings of its own, as it has when it comes from a file or a database.
    fresh: list[dict[str, Any]] = json.loads(json.dumps([profile(number) for number in range(10_000)]))
    for each in fresh:
        each["attributes"].update(more)
    return fresh


def cpu(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


def main() -> None:
    cases = {
        "clean": profiles(),
        "clean, with events": [{**each, "events": [{"name": "seen"}]} for each in profiles()],
        "one null in each": profiles(old=None),
        "one datetime in each": profiles(**{"date(seen)": datetime.now(UTC)}),
    }
    with asyncio.Runner() as runner:
        for name, edits in cases.items():
            pairs = [
                (
                    cpu(lambda edits=edits: orjson.dumps(edits)),  # type: ignore[misc]
                    cpu(lambda edits=edits: runner.run(prepare(MASS_UPDATE, edits))),  # type: ignore[misc]
                )
                for _ in range(25)
            ]
            alone, ours = (1e3 * statistics.median(side) for side in zip(*pairs, strict=True))
            ratio = statistics.median(prepared / dumped for dumped, prepared in pairs)
            print(f"{name:22} orjson {alone:5.1f} ms   prepare {ours:5.1f} ms   ratio {ratio:.2f}")


if __name__ == "__main__":
    main()
