"""One profile in 10 000 that refuses the whole request it is in: what it costs to find it, and how the others fare.

    python -m benchmarks.poison [--count 10000]

The profile stands at the beginning, at the end, and at random places; the requests go over loopback, of 5000 edits, as
`ingest` makes them, and of 10 000, the most that the API takes. Then all are bad, as when they belong to something that
does not exist: there is an end to the search. Exit code 1 if any run needs more than 2·log2(n) + 2 further requests, or
does not deliver all the others.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import random
import sys
from collections import Counter
from typing import Any, NamedTuple

from batch_api import BatchClient, Refused
from batch_api.testing import FakeBatch

MASS = "profile_mass_update"
SIZES = (5_000, 10_000)
SEED = 1
PLACES = 8
"""At random, besides the first and the last."""


class Run(NamedTuple):
    """What came of one job."""

    requests: int
    fates: Counter[str]
    refused: set[int]
    stored: int


def edit(number: int, *, is_bad: bool) -> dict[str, Any]:
    attributes: Any = "these are no attributes" if is_bad else {"number": number}
    return {"identifiers": {"custom_id": f"u{number}"}, "attributes": attributes}


async def ingest(count: int, bad: set[int], chunk_size: int) -> Run:
    fake = FakeBatch(limits=False, keep_edits=0)
    async with (
        fake.serve() as url,
        BatchClient(fake.rest_api_key, fake.project_key, base_url=url, limits={MASS: []}) as client,
    ):
        items = (edit(number, is_bad=number in bad) for number in range(count))
        job = client.profiles.ingest(items, chunk_size=chunk_size)
        fates: Counter[str] = Counter()
        refused = set()
        async for fate in job:
            fates[type(fate).__name__] += 1
            if isinstance(fate, Refused):
                refused.add(fate.index)
        return Run(fake.stats[MASS].requests, fates, refused, len(fake.project().profiles.by_id))


async def one_bad(count: int, chunk_size: int, places: list[int]) -> bool:
    """Whether it is found within the bound, wherever it stands."""
    usual = (await ingest(count, set(), chunk_size)).requests
    bound = math.floor(2 * math.log2(count) + 2)
    extra = []
    is_good = True
    for place in places:
        run = await ingest(count, {place}, chunk_size)
        extra.append(run.requests - usual)
        others = run.fates == {"Delivered": count - 1, "Refused": 1} and run.stored == count - 1
        is_good &= others and run.refused == {place} and extra[-1] <= bound
    print(f"1 bad in {count:,}, in requests of {chunk_size:,}, of which it would take {usual}")
    print(f"  bad at {', '.join(f'{place:,}' for place in places)}")
    print(f"  further requests: {min(extra)} to {max(extra)}; bound: {bound}")
    print(f"  delivered: {count - 1:,} each time, and the API has them; refused: the bad one" if is_good else "  WRONG")
    return is_good


async def all_bad(count: int) -> bool:
    """Whether the search comes to an end where it is not the items."""
    run = await ingest(count, set(range(count)), SIZES[0])
    print(f"all of {count:,} bad: {run.requests} requests; {dict(run.fates)}")
    return run.requests <= 30 * math.ceil(count / SIZES[0]) and run.fates.total() == count


async def main(count: int) -> int:
    dice = random.Random(SEED)
    places = sorted({0, count - 1, *dice.sample(range(count), PLACES)})
    found = [await one_bad(count, size, places) for size in SIZES]
    return 0 if all([*found, await all_bad(count)]) else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=10_000, help="how many profiles there are")
    sys.exit(asyncio.run(main(parser.parse_args().count)))
