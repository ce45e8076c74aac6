"""What is held against a world at its end. Each oracle gives a line for each thing that is wrong."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable
from typing import TYPE_CHECKING

from tests.simulator.ledger import Item
from tests.simulator.workload import HAIR

if TYPE_CHECKING:
    from tests.simulator.world import World

Oracle = Callable[["World"], list[str]]
NOT_TAKEN = ("not_sent", "refused", "Refused", "Invalid", "Unsent")
"""What a caller is told when the API took nothing."""
BURST_USED = 0.8
"""The part of a documented burst that we promise not to exceed."""


def one_fate(world: World) -> list[str]:
    """Every item that was given to a job or a buffer is told of, once."""
    dies = world.climate.has_death
    wrong: list[str] = []
    for item in world.ledger.items:
        fates = [fate for fate in item.told if not fate.startswith("aside")]  # that is told of for a second time
        may_be_again = dies or item.number in world.ledger.remembered
        if "nothing" in fates or (len(fates) > 1 and not may_be_again):
            wrong.append(f"{_name(item)} was told {item.told}")
    return wrong


def the_server_agrees(world: World) -> list[str]:
    """What was told is what the server did."""
    wrong: list[str] = []
    for item in world.ledger.items:
        told = set(item.told)
        if "Delivered" in told and (not item.taken or item.refused_values):
            wrong.append(
                f"{_name(item)} is Delivered, but taken {item.taken} times, values refused: {item.refused_values}"
            )
        if "Delivered" in told and item.has_event and not item.events_taken:
            wrong.append(f"{_name(item)} is Delivered, but its event was not taken")
        if "PartlyApplied" in told and not item.taken:
            wrong.append(f"{_name(item)} is PartlyApplied, but was not taken")
        if told and told <= set(NOT_TAKEN) and item.taken:
            wrong.append(f"{_name(item)} was told {item.told}, but was taken {item.taken} times")
        if "not_sent" in told and item.sent:
            wrong.append(f"{_name(item)} was told not_sent, but was sent {item.sent} times")
        if told & {"unknown", "Unknown"} and not item.sent and item.number not in world.ledger.left_open:
            wrong.append(f"{_name(item)} was told {item.told}, but never left")
    return wrong


def nothing_twice(world: World) -> list[str]:
    """What counts each time is done once, unless the caller allowed more."""
    return [
        f"{_name(item)} was taken {item.taken} times, its event {item.events_taken} times"
        for item in world.ledger.items
        if not item.may_go_twice and (item.events_taken > 1 or (item.once and item.taken > 1))
    ]


def in_order(world: World) -> list[str]:
    """Of one identity, the earlier edit of a job or a buffer leaves for good before the later leaves at all."""
    if world.climate.has_death:
        return []
    wrong: list[str] = []
    for order in world.ledger.orders:
        latest: dict[str, Item] = {}
        for item in order:
            if not item.sent:
                continue
            before = latest.get(item.identity)
            if before is not None and before.last_sent > item.first_sent:
                wrong.append(f"{_name(before)} was sent after {_name(item)}")
            latest[item.identity] = item
    return wrong


def no_rejections(world: World) -> list[str]:
    """The server never has to say 429 for our pace, but for what was given up on and came late after all."""
    if world.climate.has_death:
        return []  # a new process does not know what the old one spent
    rejected: dict[str, int] = defaultdict(int)
    late: dict[str, float] = {}
    for arrival in world.ledger.arrivals:
        if not arrival.is_awaited:
            late[arrival.operation] = arrival.time
        elif arrival.status == 429 and not arrival.injected:
            since = late.get(arrival.operation, -math.inf)
            rejected[arrival.operation] += arrival.time - since > _seconds_to_fill(world, arrival.operation)
    return [f"{operation}: {count} x 429" for operation, count in rejected.items() if count]


def _seconds_to_fill(world: World, operation: str) -> float:
    """How long the server's buckets remember."""
    rates = [(fact.rate / fact.per, fact.burst) for fact in world.fake.api.operations[operation].limits]
    return max(((burst or max(rate, 1.0)) / rate for rate, burst in rates), default=0.0)


def the_promise(world: World) -> list[str]:
    """In any t seconds no more arrives than what we promise: burst + rate x t."""
    if world.climate.has_death:
        return []
    wrong: list[str] = []
    for name, operation in world.fake.api.operations.items():
        arrivals = [(one.time, one.cost) for one in world.ledger.arrivals if one.operation == name and one.is_awaited]
        for fact in operation.limits:
            if fact.when is None and fact.burst is not None and arrivals:
                level, at = 0.0, arrivals[0][0]
                highest = 0.0
                for time, cost in arrivals:
                    level = max(level - (time - at) * fact.rate / fact.per, 0.0) + cost
                    at, highest = time, max(highest, level)
                if highest > fact.burst * BURST_USED + fact.rate / fact.per * HAIR:
                    wrong.append(f"{name}: {highest:.0f} at once, {fact.burst * BURST_USED:.0f} are promised")
    return wrong


def in_time(world: World) -> list[str]:
    """Nothing ends later than its deadline."""
    late = [
        f"{call.operation} took {call.ended - call.started:.3f} s, its deadline is {call.deadline:g} s"
        for call in world.ledger.calls
        if call.ended is not None and call.ended - call.started > call.deadline + HAIR
    ]
    return late + world.ledger.lateness


def harmless_weather_harms_nobody(world: World) -> list[str]:
    """Where nothing goes wrong, nothing fails."""
    if not world.climate.is_harmless:
        return []
    return [
        f"{call.operation} failed: {call.error}"
        for call in world.ledger.calls
        if call.result not in ("ok", "cut") and not call.is_cut and call.deadline >= 3
    ]


def nobody_waits_for_others(world: World) -> list[str]:
    """A call takes what `wait_time` said, and the time of an answer."""
    if world.climate.kind not in ("fair", "slow"):
        return []
    climate = world.climate
    answer = 8 * (climate.latency.least + climate.latency.jitter) + climate.think.least + climate.think.jitter
    return [
        f"{call.operation} took {call.ended - call.started:.2f} s; wait_time said {call.expected_wait:.2f} s"
        for call in world.ledger.calls
        if call.ended is not None
        and call.operation == "segment_list"
        and call.ended - call.started > 1.1 * call.expected_wait + 2 * answer + 0.2
    ]


def well_again(world: World) -> list[str]:
    """When all is over, ordinary calls succeed at once."""
    last = [call for call in world.ledger.calls if call.is_last]
    wrong = [f"{call.operation} at the end: {call.result} {call.error}" for call in last if call.result != "ok"]
    return wrong if last or world.stuck or world.crash else ["there were no last calls"]


def no_connection_lost(world: World) -> list[str]:
    """What was open before the last calls was used by them, or closed."""
    return [f"{connection} is neither used nor closed" for connection in world.lost_connections]


def nothing_left(world: World) -> list[str]:
    """No connection, no task, no error that nobody asked for."""
    connections = [f"{connection} is open" for connection in world.network.open_here]
    return connections + [f"{task} goes on" for task in world.left_tasks] + world.machine.errors


def nothing_lost(world: World) -> list[str]:
    """What an outbox accepted, and what a job with a checkpoint was to send, was taken or told of."""
    accepted = [item for item in world.ledger.items if item.number in world.ledger.accepted]
    wrong = [f"{_name(item)} was accepted, and is lost" for item in accepted if not item.taken and not item.told]
    for items in world.ledger.jobs_done:
        wrong += [
            f"{_name(item)} of a job with a checkpoint was told {item.told}, and not taken"
            for item in items
            if not item.taken and not {"Unknown", "Refused"} & set(item.told)
        ]
    return wrong


def outages_are_ridden_out(world: World) -> list[str]:
    """A job that has the patience gets through, unless it is refused."""
    if {"413 early", "never read"} & set(world.climate.odd_answers):
        return []
    return [
        f"{_name(item)} of a patient job was told {item.told}"
        for items in world.ledger.patient_jobs
        for item in items
        if item.told == ["Unsent"]
    ]


def it_ends(world: World) -> list[str]:
    """The world comes to its end, and raises nothing but what is ours."""
    return [what for what in (world.stuck, world.crash, *world.ledger.foreign_errors) if what]


def _name(item: Item) -> str:
    return f"item {item.number}"


ALL: dict[str, Oracle] = {
    oracle.__name__: oracle
    for oracle in (
        it_ends,
        one_fate,
        the_server_agrees,
        nothing_twice,
        in_order,
        no_rejections,
        the_promise,
        in_time,
        harmless_weather_harms_nobody,
        nobody_waits_for_others,
        well_again,
        no_connection_lost,
        nothing_left,
        nothing_lost,
        outages_are_ridden_out,
    )
}
