"""What goes wrong in a world, and when: drawn from its seed before it begins.

A world does not meet all kinds of trouble at once, but a few that were drawn: what hides one fault shows another.
"""

from __future__ import annotations

import asyncio
import math
import random
from typing import Literal, NamedTuple

from tests.simulator.network import Connection, Latency, Network, Plan
from tests.simulator.server import EVERY_ODD, Server
from tests.simulator.trace import Trace

Kind = Literal["fair", "slow", "stalls", "cuts", "outages", "rough", "deaths"]
KINDS: dict[Kind, int] = {"fair": 1, "slow": 1, "stalls": 2, "cuts": 2, "outages": 2, "rough": 5, "deaths": 4}
"""How often each kind of world comes up."""

OUTAGES = ("refused", "hangs", "fin", "reset", "stalls")
"""The front is away: nobody listens, or the TLS handshake goes wrong."""
STORMS = ("network stalls", "server pauses", "rejections", "maintenance", *OUTAGES)
LINES = ("refused", "hangs", "handshake", "cut up", "cut down", "trickle")


class Storm(NamedTuple):
    """Trouble for a while."""

    at: float
    what: str
    seconds: float


class Climate(NamedTuple):
    """What a world's weather is like."""

    kind: Kind
    secure: bool
    latency: Latency
    think: Latency
    idle: float
    """Seconds after which the server closes an idle connection, at most."""
    storms: tuple[Storm, ...] = ()
    bad_lines: tuple[str, ...] = ()
    """What may be wrong with a single connection ..."""
    bad_line_rate: float = 0.0
    odd_answers: tuple[str, ...] = ()
    """... and with a single answer."""
    odd_rate: float = 0.0
    clock_steps: tuple[tuple[float, float], ...] = ()
    """When the wall clock is set, and by how many seconds."""
    length: float = 20.0
    """Seconds until it clears up."""
    death: float = math.inf
    """When the client's process dies, in seconds ..."""
    death_turn: int | None = None
    """... or after how many turns of the loop."""

    @property
    def is_harmless(self) -> bool:
        """Whether nothing goes wrong: then nothing may fail."""
        trouble = self.storms or self.bad_line_rate or self.odd_rate
        return not trouble and self.idle == math.inf and not self.has_death

    @property
    def has_death(self) -> bool:
        return self.death < math.inf or self.death_turn is not None


def climate_of(rng: random.Random) -> Climate:
    """Draw the climate of a world."""
    kind = rng.choices(list(KINDS), list(KINDS.values()))[0]
    climate = Climate(
        kind,
        secure=rng.random() < 0.7,
        # Jitter that the spacing of requests at limits of 1 a second hides, which is 20 ms.
        latency=rng.choice([Latency(0.0005, 0.0), Latency(0.01, 0.0), Latency(0.02, 0.002), Latency(0.1, 0.0)]),
        think=rng.choice([Latency(0.001, 0.0), Latency(0.005, 0.008), Latency(0.05, 0.0)]),
        idle=rng.choice([math.inf, 60.0, 5.0, 0.5]),
    )
    if kind == "fair":
        return climate._replace(idle=math.inf)
    if kind == "slow":
        return climate._replace(idle=math.inf, think=Latency(rng.choice([0.1, 0.25, 0.5, 0.75]), 0.0))
    if kind == "stalls":
        what = rng.choice(["network stalls", "server pauses"])
        return climate._replace(storms=(Storm(rng.uniform(2, 6), what, rng.choice([2.0, 3.0, 5.0, 10.0])),))
    if kind == "outages":
        storm = Storm(rng.choice([0.0, 0.1, 1.0]), rng.choice(OUTAGES), rng.choice([2.0, 12.0]))
        return climate._replace(secure=True, idle=0.3, storms=(storm,))
    if kind in ("rough", "deaths"):
        climate = _rough(climate, rng)
    if kind == "deaths" and rng.random() < 0.7:
        climate = climate._replace(death_turn=rng.randint(1, 300))
    elif kind == "deaths":
        climate = climate._replace(death=rng.uniform(0.0, rng.choice([0.5, 4.0, climate.length])))
    return climate


def _rough(climate: Climate, rng: random.Random) -> Climate:
    if rng.random() < 0.6:
        storms = tuple(
            Storm(rng.uniform(0, climate.length), rng.choice(STORMS), rng.choice([0.2, 2.0, 12.0]))
            for _ in range(rng.randint(1, 3))
        )
        climate = climate._replace(storms=storms)
    if rng.random() < 0.6:
        climate = climate._replace(
            bad_lines=tuple(rng.sample(LINES, rng.randint(1, 3))), bad_line_rate=rng.choice([0.05, 0.3])
        )
    if rng.random() < 0.7:
        climate = climate._replace(
            odd_answers=tuple(rng.sample(EVERY_ODD, rng.randint(1, 6))), odd_rate=rng.choice([0.03, 0.15, 0.5])
        )
    if rng.random() < 0.3:
        steps = tuple((rng.uniform(0, climate.length), rng.choice([-7200.0, -3.0, 3.0, 7200.0])) for _ in range(2))
        climate = climate._replace(clock_steps=steps)
    return climate


class Weather:
    """The climate at work: what the network and the server ask when something happens."""

    def __init__(self, climate: Climate, rng: random.Random, trace: Trace) -> None:
        self.climate = climate
        self._rng = rng
        self._trace = trace
        self._raging: set[str] = set()
        self._is_clear = False
        self.wall_clock_is_off_by = 0.0

    async def run(self, network: Network, server: Server) -> None:
        """Let it rage for as long as it is meant to, and clear up."""
        async with asyncio.TaskGroup() as group:
            for storm in self.climate.storms:
                group.create_task(self._rage(storm, network, server))
            for at, step in self.climate.clock_steps:
                group.create_task(self._set_clock(at, step))
            await asyncio.sleep(self.climate.length)
        self._is_clear = True
        self._trace("weather", "clear")

    async def _rage(self, storm: Storm, network: Network, server: Server) -> None:
        await asyncio.sleep(storm.at)
        self._trace("weather", f"{storm.what} for {storm.seconds:g} s")
        if storm.what == "network stalls":
            network.stall(storm.seconds, self._rng.choice([("up", "down"), ("up",), ("down",)]))
        elif storm.what == "server pauses":
            server.pause(storm.seconds)
        self._raging.add(storm.what)
        await asyncio.sleep(storm.seconds)
        self._raging.discard(storm.what)

    async def _set_clock(self, at: float, step: float) -> None:
        await asyncio.sleep(at)
        self._trace("weather", f"the wall clock is set by {step:+g} s")
        self.wall_clock_is_off_by += step

    # -- what others ask ---------------------------------------------------------------------------------------------

    def latency(self) -> float:
        """Seconds that something takes from one end to the other."""
        return self.climate.latency.least + self._rng.random() * self.climate.latency.jitter

    def think(self) -> float:
        """Seconds that the server takes before it counts a request, and again before it answers."""
        return (self.climate.think.least + self._rng.random() * self.climate.think.jitter) / 2

    def plan(self) -> Plan:
        """What becomes of a new connection."""
        idle = self.climate.idle
        plan = Plan(idle=idle if idle == math.inf else self._rng.uniform(idle / 5, idle))
        if "refused" in self._raging or "hangs" in self._raging:
            plan.connect = "refused" if "refused" in self._raging else "hangs"
        for how in ("fin", "reset", "stalls"):
            if how in self._raging:
                plan.handshake = how
        if not self._is_clear and self._rng.random() < self.climate.bad_line_rate:
            self._spoil(plan, self._rng.choice(self.climate.bad_lines))
        return plan

    def _spoil(self, plan: Plan, how: str) -> None:
        rng = self._rng
        plan.cut = rng.choice(["fin", "reset"])
        if how in ("refused", "hangs"):
            plan.connect = how  # type: ignore[assignment]
        elif how == "handshake":
            plan.handshake = rng.choice(["fin", "reset", "stalls"])
        elif how == "cut up":
            plan.cut_up = rng.randint(0, 2000)
        elif how == "cut down":
            plan.cut_down = rng.randint(0, 600)
        else:
            plan.bytes_per_second = rng.choice([20.0, 300.0])

    def odd(self, operation: str, connection: Connection) -> str | None:
        """What is odd about the answer to a request, if anything is."""
        if "rejections" in self._raging:
            return "429"
        if "maintenance" in self._raging:
            return "maintenance"
        if self._is_clear or self._rng.random() >= self.climate.odd_rate:
            return None
        return self._rng.choice(self.climate.odd_answers)
