"""Take out one cure at a time, and see that worlds fail: `python -m tests.simulator.mutants [PART OF A NAME]`.

Each mutant brings back a fault that the SDK once had, or breaks a rule that it lives by. A mutant that no world notices
is printed as SURVIVED and makes the command fail.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import math
import ssl
import sys
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple
from unittest import mock

import httpcore
import httpx

from batch_api.engine import engine, gate
from batch_api.engine.limiter.bucket import Bucket
from batch_api.engine.retry import next_step
from batch_api.engine.wire.given import GivenHttpx
from batch_api.engine.wire.network import HandshakeError, HandshakeTimeout
from batch_api.ingest.buffer.outbox import _ADD, Outbox
from batch_api.ingest.buffer.sequence import BufferedEdit, Sequencer, Stage
from batch_api.ingest.job.checkpoint import Checkpoint
from tests.simulator import world
from tests.simulator.network import Network

SLOTS = 40


class _Backend(httpcore.AsyncNetworkBackend):
    """Sockets as httpcore's own backend has them: each step may be cancelled, closing too."""

    def __init__(self, network: Network) -> None:
        self._network = network

    async def connect_tcp(self, host: str, port: int, *others: Any, **options: Any) -> httpcore.AsyncNetworkStream:
        return _Stream(await self._network.connect_tcp(host, port, options.get("timeout")))


class _Stream(httpcore.AsyncNetworkStream):
    def __init__(self, socket: Any) -> None:
        self._socket = socket

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        await asyncio.sleep(0)
        data: bytes = await self._socket.read(max_bytes, timeout)
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        await asyncio.sleep(0)
        await self._socket.write(buffer, timeout)

    async def aclose(self) -> None:
        self._socket.abort()
        await asyncio.sleep(0)

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        await self._socket.start_tls(ssl_context, server_hostname, timeout)
        return _Stream(self._socket)

    def get_extra_info(self, info: str) -> Any:
        return self._socket.get_extra_info(info)


class Mutant(NamedTuple):
    """A fault, how to bring it back, and a seed that finds it."""

    name: str
    patch: Callable[[], contextlib.AbstractContextManager[object]]
    seed: int


# -- faults of the past ------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _pools_of_httpcore() -> Iterator[None]:
    """Calls are cancelled inside httpcore's pool, which keeps their connections for ever."""

    def pooled(network: Network) -> object:
        transport = httpx.AsyncHTTPTransport(verify=world._TLS)
        transport._pool = httpcore.AsyncConnectionPool(
            ssl_context=world._TLS, network_backend=_Backend(network), max_connections=SLOTS, keepalive_expiry=15.0
        )
        return GivenHttpx(transport)

    def harmed(self: GivenHttpx, work: Any, undo: object = None) -> Any:
        return work

    with mock.patch.object(world, "transport_on", pooled), mock.patch.object(GivenHttpx, "_unharmed", harmed):
        yield


@contextlib.contextmanager
def _slots_behind_the_gate() -> Iterator[None]:
    """A permit is spent first; then the request waits for one of a few slots, which all operations share."""
    transport_on = world.transport_on

    def slotted(network: Network) -> object:
        transport: Any = transport_on(network)
        slots, send = asyncio.Semaphore(SLOTS), transport.send

        async def send_in_a_slot(request: Any) -> Any:
            request.sent = False
            await slots.acquire()
            try:
                answer = await send(request)
            except BaseException:
                slots.release()
                raise
            aclose, is_open = answer.aclose, [True]

            async def close() -> None:
                if is_open:
                    is_open.clear()
                    slots.release()
                await aclose()

            answer.aclose = close
            return answer

        transport.send = send_in_a_slot
        return transport

    def expected_at(self: gate.Gate, draws: Any, _: int) -> float:
        return self.ready_at(draws)

    with (
        mock.patch.object(world, "transport_on", slotted),
        mock.patch.object(gate.Gate, "_has_place", return_value=True),
        mock.patch.object(gate.Gate, "expected_at", expected_at),
    ):
        yield


def _what_is_on_its_way_does_not_count() -> contextlib.AbstractContextManager[object]:
    return mock.patch.object(Bucket, "clear_at", return_value=-math.inf)


def _any_handshake_that_fails_is_final() -> contextlib.AbstractContextManager[object]:
    def is_final(error: BaseException) -> bool:
        return isinstance(error, HandshakeError | HandshakeTimeout)

    return mock.patch("batch_api.engine.wire.http.fails_for_good", is_final)


# -- rules that it lives by --------------------------------------------------------------------------------------------


def _events_go_again() -> contextlib.AbstractContextManager[object]:
    def lax(*arguments: Any, replayable: bool, **others: Any) -> Any:
        return next_step(*arguments, replayable=True, **others)

    return mock.patch.object(engine, "next_step", lax)


def _a_place_is_not_given_back() -> contextlib.AbstractContextManager[object]:
    return mock.patch.object(gate.Gate, "release", return_value=None)


def _an_edit_is_accepted_before_it_is_on_disk() -> contextlib.AbstractContextManager[object]:
    async def add(self: Outbox, edit: BufferedEdit) -> None:
        self._note((_ADD, [(edit.index, edit.id, edit.body, edit.has_events, edit.since)]))

    return mock.patch.object(Outbox, "add", add)


def _an_outbox_does_not_note_what_it_sends() -> contextlib.AbstractContextManager[object]:
    return mock.patch.object(Outbox, "note_sent", _nothing)


def _a_checkpoint_does_not_note_what_it_sends() -> contextlib.AbstractContextManager[object]:
    return mock.patch.object(Checkpoint, "sending", _nothing)


def _edits_of_one_profile_overtake_each_other() -> contextlib.AbstractContextManager[object]:
    def add(self: Sequencer, edit: BufferedEdit) -> None:
        edit.stage = Stage.WAITING
        self._behind.setdefault(edit.id, OrderedDict())
        self._ready[edit.index] = edit

    def over(self: Sequencer, edit: BufferedEdit) -> None:
        edit.stage = Stage.OVER
        self._ready.pop(edit.index, None)

    return mock.patch.multiple(Sequencer, add=add, over=over)


async def _nothing(self: object, *arguments: object) -> None:
    """In place of what should be written."""


MUTANTS = (
    Mutant("cancelled calls: httpcore's pools", _pools_of_httpcore, 49),
    Mutant("slow answers: slots behind the gate", _slots_behind_the_gate, 14),
    Mutant("stalls: what is on its way does not count", _what_is_on_its_way_does_not_count, 8),
    Mutant("handshakes: any that fails is final", _any_handshake_that_fails_is_final, 9),
    Mutant("events are sent again", _events_go_again, 24),
    Mutant("a cut call keeps its place", _a_place_is_not_given_back, 11),
    Mutant("outbox: accepted before it is on disk", _an_edit_is_accepted_before_it_is_on_disk, 52),
    Mutant("outbox: what is sent is not noted", _an_outbox_does_not_note_what_it_sends, 120),
    Mutant("checkpoint: what is sent is not noted", _a_checkpoint_does_not_note_what_it_sends, 46),
    Mutant("buffer: edits of one profile overtake each other", _edits_of_one_profile_overtake_each_other, 44),
)


def violations_with(mutant: Mutant, seed: int) -> list[str]:
    """What is held against a world of the mutant."""
    with mutant.patch():
        return world.simulate(seed).violations


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulator.mutants")
    parser.add_argument("name", nargs="?", default="", help="part of the name of a mutant")
    parser.add_argument("--seeds", type=int, default=100, help="how many")
    chosen = parser.parse_args()
    seeds = range(1, chosen.seeds + 1)
    well = [seed for seed in seeds if not world.simulate(seed).violations]
    survived = 0
    for mutant in MUTANTS:
        if chosen.name not in mutant.name:
            continue
        found = {seed: wrong for seed in well if (wrong := violations_with(mutant, seed))}
        oracles = Counter(name for wrong in found.values() for name in {one.partition(":")[0] for one in wrong})
        survived += not found
        told = ", ".join(f"{oracle} {count}" for oracle, count in oracles.most_common()) or "SURVIVED"
        print(f"{mutant.name}: {len(found)} of {len(well)} worlds; first {list(found)[:5]}; {told}", flush=True)
    return bool(survived)


if __name__ == "__main__":
    sys.exit(main())
