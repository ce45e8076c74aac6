"""One world, from its seed to its end."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import gc
import itertools
import logging
import math
import random
import shutil
import ssl
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

from batch_api import Attempt, BatchClient
from batch_api.engine import gates
from batch_api.engine.wire import http
from batch_api.testing import FakeBatch
from batch_api.testing.timing import Time
from tests.simulator import oracles
from tests.simulator.ledger import Ledger
from tests.simulator.machine import Machine, Process
from tests.simulator.network import Connection, Network
from tests.simulator.plans import actors_of
from tests.simulator.server import Server
from tests.simulator.trace import Trace
from tests.simulator.weather import Weather, climate_of
from tests.simulator.workload import AUDIENCE, CATALOG, Buffering, Desk, Ingest, draw_call, make_call

BIRTH = datetime(2031, 2, 3, tzinfo=UTC)
"""The date when a world begins."""
HORIZON = 50_000.0
"""Seconds after which a world that has not ended never will."""
REST = 400.0
"""Seconds of fair weather before the last calls: longer than any pause."""
LAST_CALLS = 12
MOST_LAST_CALLS = 40
LAST_DEADLINE = 8.0
MEMORY = Path("/dev/shm")


@dataclasses.dataclass
class Report:
    """What became of a world."""

    seed: int
    kind: str
    violations: list[str]
    """What was held against it, by the names of oracles."""
    digest: str
    requests: int
    trace: Trace

    def __str__(self) -> str:
        if not self.violations:
            return f"seed {self.seed} ({self.kind}): well"
        return "\n".join([f"seed {self.seed} ({self.kind}):", *(f"  {one}" for one in self.violations)])


def simulate(seed: int) -> Report:
    """Run the world of a seed. It is the same each time."""
    with _swept(), tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        return _lived(World(seed, Path(folder)))


def _lived(world: World) -> Report:
    with world.made_ours(), asyncio.Runner(loop_factory=lambda: world.machine) as runner:
        return runner.run(world.main())


@contextlib.contextmanager
def _swept() -> Iterator[None]:
    """Collect garbage when the world is over, not at some moment of it or of the next: what is dead has last words."""
    gc.disable()
    try:
        with mock.patch("sys.unraisablehook"):
            yield
            gc.collect(0)
    finally:
        gc.enable()


class World:
    """A server, a network between, and the processes of a client, one after another."""

    def __init__(self, seed: int, folder: Path) -> None:
        self.seed = seed
        self._folder = folder
        self._rng = random.Random(seed)
        self.climate = climate_of(self._rng)
        self.actors = actors_of(self.climate, self._rng)
        disk, self._chance = random.Random(f"disk {seed}"), random.Random(f"chance {seed}")
        slow = disk.choice([0.0, 0.001, 0.02])
        self.machine = Machine(lambda: disk.random() * slow)
        self.trace = Trace(self.machine.time)
        self.weather = Weather(self.climate, random.Random(f"weather {seed}"), self.trace)
        self.ledger = Ledger()
        self.fake = FakeBatch(clock=self.machine.time, seed=seed)
        self.fake.time = _ServerTime(self.machine.time)
        self.processes: list[Process] = []
        self.network: Network
        self.server: Server
        self.lost_connections: list[str] = []
        self.left_tasks: list[str] = []
        self.stuck = ""
        self.crash = ""

    # -- from the beginning to the end ---------------------------------------------------------------------------------

    async def main(self) -> Report:
        climate, weather = self.climate, self.weather
        self.trace("world", f"{climate} {self.actors}")
        self.server = Server(self.fake, self.ledger, self.trace, odd=weather.odd, think=weather.think)
        self.network = Network(
            self.trace, latency=weather.latency, plan=weather.plan, serve=self.server.serve, on_sent=self._sent
        )
        await self._furnish()
        raging = asyncio.create_task(weather.run(self.network, self.server))
        try:
            async with asyncio.timeout(HORIZON):
                await self._live(raging)
        except TimeoutError:
            self.stuck = f"it goes on after {HORIZON:g} s"
        report = self.report()
        await self.server.close()
        for process in self.processes * 2:  # generators that are thrown out begin tasks a turn later
            process.bury()
            await asyncio.sleep(0)
        return report

    async def _furnish(self) -> None:
        """The audience and the catalog that everything goes into."""
        async with BatchClient(
            self.fake.rest_api_key, self.fake.project_key, transport=self.fake.transport()
        ) as client:
            await client.audiences.create(AUDIENCE)
            await client.catalogs.create(CATALOG, {"serial": "string"})
        await asyncio.sleep(5)

    async def _live(self, raging: asyncio.Task[None]) -> None:
        folder = self._folder / "life 1"
        folder.mkdir()
        process = self._new_process("first")
        life = process.start(self._first_life(folder, raging))
        struck = self._strike_later(process)
        await asyncio.wait({life, struck}, return_when="FIRST_COMPLETED")
        if not process.is_alive:
            folder = self._copy_of(folder)
        self._note_crash(life)
        await raging
        if self.climate.has_death:
            process = self._new_process("second")
            life = process.start(self._second_life(folder))
            await asyncio.wait({life})
            self._note_crash(life)
        for _ in range(20):
            await asyncio.sleep(0)
        self.left_tasks = [repr(task.get_coro()) for task in process.running]

    def _strike_later(self, process: Process) -> asyncio.Future[None]:
        """The process dies as by `kill -9`, at the moment that the climate says, if any."""
        struck = self.machine.create_future()

        def strike() -> None:
            self.trace("world", "the process dies")
            process.kill()
            self.network.hang_up(process)
            struck.set_result(None)

        if self.climate.death_turn is not None:
            self.machine.after_turns(self.climate.death_turn, strike)
        elif self.climate.death < math.inf:
            self.machine.call_later(self.climate.death, strike)
        return struck

    def _copy_of(self, folder: Path) -> Path:
        """What a dead process left on disk, out of reach of what is left of the process itself."""
        return Path(shutil.copytree(folder, self._folder / "life 2"))

    async def _first_life(self, folder: Path, raging: asyncio.Task[None]) -> None:
        async with self._client() as client:
            desk = Desk(client, self.ledger, self.trace, random.Random(f"desk {self.seed}"), folder)
            async with asyncio.TaskGroup() as group:
                for actor in self.actors:
                    group.create_task(actor.run(desk))
            if not self.climate.has_death:
                await asyncio.wait({raging})
                await asyncio.sleep(REST)
                await self._take_up(desk)
                await self._last_calls(desk)

    async def _second_life(self, folder: Path) -> None:
        async with self._client() as client:
            desk = Desk(client, self.ledger, self.trace, random.Random(f"desk 2 {self.seed}"), folder)
            await self._take_up(desk)
            await asyncio.sleep(REST)
            await self._last_calls(desk)

    async def _take_up(self, desk: Desk) -> None:
        """Go on with what an earlier job or buffer left in a file."""
        orders = iter(self.ledger.orders)
        for actor in self.actors:
            if isinstance(actor, Buffering):
                next(orders, None)
                if actor.outbox is not None:
                    await actor.recover(desk)
            elif isinstance(actor, Ingest):
                items = next(orders, None)
                if items and actor.checkpoint is not None:
                    await actor.again(desk, items)

    async def _last_calls(self, desk: Desk) -> None:
        """In fair weather, after all that happened, ordinary calls succeed at once."""
        self.network.forget_use()
        many = MOST_LAST_CALLS if self.climate.kind == "cuts" else LAST_CALLS
        for names, count in ((("segments",), 1), (("safe update",), many), (("safe update",), 1)):
            async with asyncio.TaskGroup() as group:
                for _ in range(count):
                    calling = draw_call(desk, names)
                    group.create_task(make_call(desk, calling, {"deadline": LAST_DEADLINE}, is_last=True))
        self.lost_connections = [str(one) for one in self.network.open_here if not one.is_used]

    # -- what it is made of --------------------------------------------------------------------------------------------

    def _client(self) -> BatchClient:
        host = "https://api.batch.test" if self.climate.secure else "http://127.0.0.1"
        return BatchClient(
            self.fake.rest_api_key,
            self.fake.project_key,
            base_url=f"{host}/2.11",
            transport=transport_on(self.network),
            observer=self._observe,
        )

    def _new_process(self, name: str) -> Process:
        """Nothing that an earlier one knew is known to it, but for what is on disk."""
        gates._in_use.clear()
        gates._free_at.clear()
        process = Process(name)
        self.processes.append(process)
        return process

    def _sent(self, connection: Connection, data: bytes) -> None:
        self.trace(connection, f"the client sends {len(data)} bytes")
        self.ledger.sent(data)

    def _observe(self, attempt: Attempt) -> None:
        answer = attempt.fault or attempt.status
        self.trace("attempt", f"{attempt.operation} {attempt.number}: {answer}, {attempt.outcome}")

    def _note_crash(self, life: asyncio.Task[None]) -> None:
        if life.done() and life.exception() is not None:
            self.crash = repr(life.exception())

    def wall_clock(self) -> datetime:
        """The date on the client's machine."""
        return BIRTH + timedelta(seconds=self.machine.time() + self.weather.wall_clock_is_off_by)

    def _wall_seconds(self) -> float:
        return self.wall_clock().timestamp()

    def _note_unraisable(self, raised: Any) -> None:
        self.machine.errors.append(f"{raised.object!r} raised {raised.exc_value!r}")

    @contextlib.contextmanager
    def made_ours(self) -> Iterator[None]:
        """Chance and time come from the seed, wherever the client asks for them."""
        with contextlib.ExitStack() as stack:
            stack.enter_context(mock.patch("random.Random", _seeded(self._chance)))
            stack.enter_context(mock.patch("batch_api.ingest.buffer.stamps.now", self.wall_clock))
            stack.enter_context(mock.patch("time.time", self._wall_seconds))
            stack.enter_context(mock.patch("time.perf_counter", self.machine.time))
            stack.enter_context(mock.patch("sys.unraisablehook", self._note_unraisable))
            # In a set of connections each has its place by its number, not by where it lies in memory.
            stack.enter_context(mock.patch.object(http._Connection, "__hash__", _numbered()))
            logger = logging.getLogger("batch_api")
            stack.enter_context(mock.patch.object(logger, "disabled", True))
            yield

    def report(self) -> Report:
        violations = [f"{name}: {what}" for name, oracle in oracles.ALL.items() for what in oracle(self)[:3]]
        return Report(
            self.seed, self.climate.kind, violations, self.trace.digest, len(self.ledger.arrivals), self.trace
        )


class _ServerTime(Time):
    """The server's clock begins with the world."""

    def wall(self) -> datetime:
        return BIRTH + timedelta(seconds=self())


def _seeded(chance: random.Random) -> Callable[..., random.Random]:
    """In place of `random.Random`: where no seed is named, the world's chance names one."""
    make = random.Random

    def seeded(*seed: object) -> random.Random:
        return make(*seed) if seed else make(chance.getrandbits(64))  # type: ignore[arg-type]

    return seeded


def _numbered() -> Callable[[object], int]:
    numbers = itertools.count()
    return lambda one: vars(one).setdefault("_number", next(numbers))


def transport_on(network: Network) -> object:
    """The SDK's own transport, with sockets of ours."""
    return http.HttpxTransport(network=network, ssl_context=_TLS, trust_env=False)


_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
