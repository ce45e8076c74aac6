"""What the processes of a world are to do: drawn from its seed, to fit its climate."""

from __future__ import annotations

import random
from typing import Any

from tests.simulator.weather import Climate
from tests.simulator.workload import Actor, Buffering, Caller, Ingest

EVERYTHING = ("update", "update", "update", "mass update", "edit items", "audience", "campaign", "segments")


def actors_of(climate: Climate, rng: random.Random) -> list[Actor]:
    """Draw what a process does."""
    if climate.kind == "slow":
        return _steady(climate, rng)
    if climate.kind == "stalls":
        return _at_the_limit(rng)
    if climate.kind == "cuts":
        return _impatient(rng)
    if climate.kind == "outages":
        return [_ingest(climate, rng, 0), _buffering(climate, rng, 0)]
    if climate.kind == "deaths":
        return [*_remembered(climate, rng), *[_caller(climate, rng) for _ in range(rng.randint(0, 1))]]
    return _mixture(climate, rng)


def _steady(climate: Climate, rng: random.Random) -> list[Actor]:
    """Well within the limits, but for how long answers take; and somebody who wants something else now and then."""
    per_second = rng.choice([60, 80, 120])
    options: dict[str, Any] = rng.choice([{}, {"deadline": 3.0 + 2 * climate.think.least}])
    return [
        Caller(per_second * 4, ("update",), 1 / per_second, waits=False, options=options, cut_rate=0.0),
        Caller(3, ("segments",), 2.0, waits=True, options={}, cut_rate=0.0),
    ]


def _at_the_limit(rng: random.Random) -> list[Actor]:
    """As much as the limit of updates lets through, or nearly so."""
    deadline = rng.choice([300.0, 300.0, 3.0])
    names = rng.choice([("big update",), ("edit items",)])
    gap = 1 / 3.3 if names == ("big update",) else 1 / 4.5
    return [Caller(40, names, gap, waits=False, options={"deadline": deadline}, cut_rate=0.0)]


def _impatient(rng: random.Random) -> list[Actor]:
    """Callers that lose patience, a hundred times and more."""
    names = rng.choice([("update",), ("update", "edit items"), EVERYTHING])
    return [
        Caller(
            rng.choice([20, 60, 60, 300]),
            names,
            gap=rng.choice([0.0, 0.02, 0.3]),
            waits=rng.random() < 0.7,
            options=rng.choice([{}, {"deadline": 0.03}, {"deadline": 0.5, "timeout": 0.2}]),
            cut_rate=rng.choice([0.5, 1.0]),
        )
        for _ in range(rng.choice([1, 3]))
    ]


def _mixture(climate: Climate, rng: random.Random) -> list[Actor]:
    actors: list[Actor] = [_caller(climate, rng) for _ in range(rng.randint(0, 2))]
    actors += [_ingest(climate, rng, number) for number in range(rng.randint(0, 2))]
    actors += [_buffering(climate, rng, number) for number in range(rng.randint(0, 2))]
    return actors or [_caller(climate, rng), _buffering(climate, rng, 0)]


def _remembered(climate: Climate, rng: random.Random) -> list[Actor]:
    """A job and a buffer that write down what they do: one of them, or both."""
    job = _ingest(climate, rng, 0)._replace(
        items=40,
        what=rng.choice(["update", "mass-update", "catalog"]),
        choices={"chunk_size": rng.choice([3, 10]), "patience": 600.0},
        checkpoint="checkpoint",
        leave_after=None,
    )
    return rng.choice(
        [[job], [_buffering(climate, rng, 0)._replace(outbox="outbox")], [job, _buffering(climate, rng, 0)]]
    )


def _caller(climate: Climate, rng: random.Random) -> Caller:
    patient = climate.is_harmless
    options: dict[str, Any] = {}
    if not patient and rng.random() < 0.6:
        options["deadline"] = rng.choice([0.1, 1.0, 5.0, 40.0])
    if not patient and rng.random() < 0.6:
        options["timeout"] = rng.choice([0.2, 2.0, 10.0])
    if rng.random() < 0.15:
        options["resend_unsafe"] = True
    return Caller(
        rng.randint(2, 25),
        EVERYTHING,
        gap=rng.choice([0.0, 0.05, 0.5]),
        waits=rng.random() < 0.5,
        options=options,
        cut_rate=0.0 if patient else rng.choice([0.0, 0.2]),
    )


def _ingest(climate: Climate, rng: random.Random, number: int) -> Ingest:
    what = rng.choice(["update", "update", "mass-update", "catalog", "audience"])
    choices: dict[str, Any] = {"chunk_size": rng.choice([3, 10, 40]), "patience": rng.choice([5.0, 60.0, 600.0])}
    if not climate.is_harmless and rng.random() < 0.15:
        choices["deadline"] = rng.choice([5.0, 60.0])
    if climate.kind == "outages":
        choices |= {"patience": 600.0, "deadline": None}
    return Ingest(
        rng.choice([1, 12, 40]),
        what,
        form=rng.choice(["list", "generator", "iterator", "file"]),
        choices=choices,
        checkpoint=f"checkpoint-{number}" if rng.random() < 0.3 else None,
        leave_after=None if climate.is_harmless or rng.random() < 0.85 else rng.randint(1, 12),
    )


def _buffering(climate: Climate, rng: random.Random, number: int) -> Buffering:
    sending: dict[str, Any] = {"in_flight": rng.choice([1, 3, 8])}
    if not climate.is_harmless:
        sending |= {"patience": rng.choice([2.0, 30.0, None]), "drain": rng.choice([0.5, 30.0, None])}
    return Buffering(
        handlers=rng.choice([1, 4]),
        edits=rng.choice([3, 8]),
        gap=rng.choice([0.0, 0.02, 0.5]),
        outbox=f"outbox-{number}" if rng.random() < 0.4 else None,
        sending=sending,
        most=rng.choice([2, 10_000]),
        timeout=None if climate.is_harmless else rng.choice([None, 0.5, 5.0]),
        cut_rate=0.0 if climate.is_harmless else rng.choice([0.0, 0.3]),
    )
