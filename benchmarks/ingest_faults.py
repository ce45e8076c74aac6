"""What ingest makes of a server that fails: what became of each profile, held against what the server took.

    python -m benchmarks.ingest_faults [--profiles 100000] [--seed 1] [--write]

The limits are on, and answers take 20 to 60 ms. 2 % of the requests are answered 429, 1 % are answered 500 (half of
them after all was taken), 1 % are cut off before they are taken and 1 % after. Chunks are small, so that much goes
wrong.
The server remembers what it took of each profile, attributes and events apart.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections import Counter
from typing import NamedTuple

from batch_api import Attempt, BatchClient, Delivered, Fate, Unknown
from benchmarks.data import has_event, profile
from benchmarks.raw import serving, taken_of
from benchmarks.report import table, verdict, write

OPTIONS = ("--rate", "10000", "--latency", "0.02", "0.06", "--faults")
CHUNK = 200


class Truth(NamedTuple):
    """What the server and the job say, profile by profile."""

    fates: list[Fate]
    attributes: list[int]
    """How often the server took those of each."""
    events: list[int]
    faults: Counter[str]
    doubted: int
    """Profiles in attempts of which the client does not know whether they were taken."""

    def count(self, fate: type[Fate]) -> int:
        return sum(isinstance(one, fate) for one in self.fates)

    @property
    def lacking(self) -> list[int]:
        """Profiles that the server has not, or not whole."""
        return [
            number
            for number in range(len(self.fates))
            if not self.attributes[number] or (has_event(number) and not self.events[number])
        ]

    @property
    def repeats(self) -> int:
        """How often a profile was taken once more."""
        both = zip(self.attributes, self.events, strict=True)
        return sum(max(attributes, events, 1) - 1 for attributes, events in both)

    @property
    def repeated_events(self) -> int:
        """How often an event was taken once more."""
        return sum(max(events, 1) - 1 for events in self.events)


async def ingested(url: str, count: int, *, resend_events: bool) -> tuple[list[Fate], list[Attempt], float]:
    """The fates of all profiles in order, the attempts, and the seconds it took."""
    attempts: list[Attempt] = []
    began = time.perf_counter()
    project = f"project_{'' if resend_events else 'not_'}again"
    async with BatchClient("key", project, base_url=f"{url}/2.11", observer=attempts.append) as client:
        job = client.profiles.ingest(map(profile, range(count)), chunk_size=CHUNK, resend_events=resend_events)
        fates = [fate async for fate in job]
    assert sorted(fate.index for fate in fates) == list(range(count)), "each has one fate"
    return sorted(fates, key=lambda fate: fate.index), attempts, time.perf_counter() - began


def truth(count: int, seed: int, *, resend_events: bool) -> Truth:
    with serving(*OPTIONS, "--seed", str(seed)) as url:
        fates, attempts, seconds = asyncio.run(ingested(url, count, resend_events=resend_events))
        taken = taken_of(url)
    names = [profile(number)["identifiers"]["custom_id"] for number in range(count)]
    found = Truth(
        fates,
        [taken["attributes"][name] for name in names],
        [taken["events"][name] for name in names],
        taken["faults"],
        sum(attempt.cost for attempt in attempts if attempt.outcome == "unknown"),
    )
    faults = ", ".join(f"{fault}: {times}" for fault, times in sorted(found.faults.items()))
    print(f"resend_events={resend_events}: {count} profiles in {seconds:.1f} s. Requests by fault: {faults}")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description="What ingest makes of a server that fails.")
    parser.add_argument("--profiles", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--write", action="store_true", help="into docs/benchmarks.md, too")
    chosen = parser.parse_args()
    again = truth(chosen.profiles, chosen.seed, resend_events=True)
    once = truth(chosen.profiles, chosen.seed, resend_events=False)
    told = {number for number, fate in enumerate(once.fates) if isinstance(fate, Unknown)}
    untold = [number for number in once.lacking if number not in told]
    claimed = [number for number in once.lacking if isinstance(once.fates[number], Delivered)]
    held = {
        "nothing is lost": not again.lacking and again.count(Delivered) == chosen.profiles,
        "every repeat was in doubt": again.repeats <= again.doubted,
        "no event twice": once.repeated_events == 0,
        "none is missing but those told unknown": not untold,
        "nobody is delivered whom the server lacks": not claimed,
    }
    rows = [
        [name, *(f"{figure(one):,}" for one in (again, once))]
        for name, figure in (
            ("requests", lambda one: one.faults.total()),
            ("of these, with a fault", lambda one: one.faults.total() - one.faults["none"]),
            ("profiles delivered", lambda one: one.count(Delivered)),
            ("profiles unknown", lambda one: one.count(Unknown)),
            ("profiles that the server has not whole", lambda one: len(one.lacking)),
            ("profiles in attempts left in doubt", lambda one: one.doubted),
            ("profiles taken once more", lambda one: one.repeats),
            ("events taken once more", lambda one: one.repeated_events),
        )
    ]
    text = f"{chosen.profiles:,} profiles, {CHUNK} in a request.\n\n"
    text += table(["", "`resend_events=True`", "without"], rows)
    text += "\n\n" + "\n".join(f"- {name}: {verdict(holds=holds)}" for name, holds in held.items())
    print(f"\n{text}\n")
    if chosen.write:
        write("faults", text)
    return 0 if all(held.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
