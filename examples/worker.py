"""A worker that sends a stream of profile edits, and loses none without a word.

    producer | python -m examples.worker > unsent.jsonl

Each line of the input is an edit as JSON: `{"identifiers": {"custom_id": "u1"}, "attributes": {"tier": "gold"}}`.
`BATCH_REST_API_KEY`, `BATCH_PROJECT_KEY` and, if set, `BATCH_BASE_URL` say where it goes.

- Edits gather in a bounded queue while earlier ones wait for their turn, and go out in chunks of what has gathered.
- While the API cannot be reached, or is under maintenance, the worker keeps what it has and holds the producer up.
- On SIGTERM it stops reading, sends what it holds, and ends within 20 seconds.
- What it could not send comes out as JSON lines: the edit, and whether to send it again is safe (`not_sent`,
  `refused`), may do a thing twice (`unknown`) or makes no sense (`invalid`). At the end it says how many lines it read:
  those after them are still the producer's.

A process that is killed loses its queue: edits that must survive that stay in a broker until they are sent.
"""

from __future__ import annotations

import asyncio
import json
import logging
import signal
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, suppress
from typing import IO, Any

from batch_api import (
    AuthenticationFailed,
    BatchClient,
    BatchError,
    ConfigurationError,
    InvalidInput,
    Maintenance,
    PermissionDenied,
    RateLimited,
)

CHUNK = 200
"""Edits in a call: as many as `/profiles/update` takes."""
QUEUED = 1_000
"""Edits that wait at most. A producer that is faster than the limits is held up here, and memory stays small."""
SENDERS = 2
"""Calls at once: one waits for its turn while the other is under way. With one, edits of a profile keep their order."""
CALL_DEADLINE = 10.0
"""Seconds of a call. Short, because one that is under way when the worker is stopped has to end by itself."""
DRAIN = 10.0
"""Seconds to send what is queued when the worker is stopped. What is under way then has its deadline on top."""
LONGEST_LINE = 1_000_000

Edit = Any
"""What a line holds: an object, if it is right."""

END: Edit = object()
"""Tells a sender that nothing more comes."""


class Worker:
    """Sends the edits of a source. Those that it cannot send go to `on_unsent`, each with its outcome."""

    def __init__(self, client: BatchClient, on_unsent: Callable[[str, Edit], object]) -> None:
        self._client = client.with_options(deadline=CALL_DEADLINE)
        self._on_unsent = on_unsent
        self._queue: asyncio.Queue[Edit] = asyncio.Queue(QUEUED)
        self._stopped = asyncio.Event()
        self.read = 0
        """Edits taken from the source."""
        self.sent = 0
        self.unsent = 0
        self.refused_values = 0
        """Values that the API refused while it took the rest of their edits."""

    def stop(self) -> None:
        """Read no more, send what is there, and end."""
        self._stopped.set()

    async def run(self, source: AsyncIterator[Edit]) -> None:
        """Send until the source has ended and all is sent, or until `stop`."""
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(SENDERS):
                    group.create_task(self._send())
                everything = group.create_task(self._feed(source))
                stopped = group.create_task(self._stopped.wait())
                await asyncio.wait({everything, stopped}, return_when=asyncio.FIRST_COMPLETED)
                everything.cancel()
                stopped.cancel()
                with suppress(TimeoutError):
                    async with asyncio.timeout(DRAIN):
                        await self._queue.join()
                self._give_up("not_sent", self._take(QUEUED))
                for _ in range(SENDERS):
                    self._queue.put_nowait(END)
        finally:
            self._give_up("not_sent", self._take(QUEUED))  # nothing, unless something broke

    async def _feed(self, source: AsyncIterator[Edit]) -> None:
        """Queue all edits, and wait until they are sent. Stopped while one waits for room, we have not read it."""
        async for edit in source:
            await self._queue.put(edit)
            self.read += 1
        await self._queue.join()

    async def _send(self) -> None:
        while (first := await self._queue.get()) is not END:
            edits = [first, *self._take(CHUNK - 1)]
            await self._send_chunk(edits)
            for _ in edits:
                self._queue.task_done()

    def _take(self, most: int) -> list[Edit]:
        """What has gathered in the queue."""
        taken = [self._queue.get_nowait() for _ in range(min(most, self._queue.qsize()))]
        return [edit for edit in taken if edit is not END]

    async def _send_chunk(self, edits: list[Edit]) -> None:
        try:
            while edits:
                edits = await self._try(edits)
        except BaseException:
            self._give_up("unknown", edits)
            raise

    async def _try(self, edits: list[Edit]) -> list[Edit]:
        """Send edits, and give back what there is still to send."""
        try:
            result = await self._client.profiles.update(edits)
        except InvalidInput as error:  # nothing was sent: go on without the edit at fault
            bad = range(len(edits)) if error.index is None else (error.index,)
            self._give_up("invalid", [edits[index] for index in bad])
            return [edit for index, edit in enumerate(edits) if index not in bad]
        except BatchError as error:
            if isinstance(error, ConfigurationError | AuthenticationFailed | PermissionDenied):
                self.stop()  # no other edit would fare better
            if self._stopped.is_set() or not _will_pass(error):
                self._give_up(error.outcome, edits)
                return []
            await self._pause(len(edits))
            return edits
        self.sent += len(edits)
        self.refused_values += len(result.errors)
        return []

    async def _pause(self, cost: int) -> None:
        """Wait for our turn, or until we are stopped. A call whose turn comes after its deadline fails at once."""
        with suppress(TimeoutError):
            async with asyncio.timeout(max(1.0, self._client.wait_time("profile_update", cost))):
                await self._stopped.wait()

    def _give_up(self, outcome: str, edits: list[Edit]) -> None:
        self.unsent += len(edits)
        for edit in edits:
            self._on_unsent(outcome, edit)


def _will_pass(error: BatchError) -> bool:
    """Whether the same call may succeed later, and cannot do a thing twice. The client has waited and tried by now."""
    return error.outcome == "not_sent" or (error.outcome == "refused" and isinstance(error, RateLimited | Maintenance))


async def edits_of(pipe: IO[Any]) -> AsyncGenerator[Edit, None]:
    """The edits that come through a pipe, one a line; what is no JSON as text, which the client refuses."""
    reader = asyncio.StreamReader(limit=LONGEST_LINE)
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), pipe
    )
    try:
        async for line in reader:
            try:
                edit = json.loads(line)
            except ValueError:
                edit = line.decode(errors="replace").rstrip("\n")
            yield edit
    finally:
        transport.close()


async def main(make_client: Callable[[], BatchClient] = BatchClient.from_env, pipe: IO[Any] = sys.stdin) -> int:
    """Send what comes through the pipe. Returns the exit status: 0 if all was sent."""

    def report(outcome: str, edit: Edit) -> None:
        print(json.dumps({"outcome": outcome, "edit": edit}), flush=True)

    async with make_client() as client, aclosing(edits_of(pipe)) as edits:
        worker = Worker(client, report)
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, worker.stop)
        await worker.run(edits)
    print(
        f"{worker.read:,} lines read, {worker.sent:,} edits sent, {worker.refused_values:,} of their values refused, "
        f"{worker.unsent:,} edits unsent.",
        file=sys.stderr,
    )
    return 1 if worker.unsent else 0


if __name__ == "__main__":
    logging.basicConfig()  # the client logs attempts that fail as warnings, without keys and people's data
    sys.exit(asyncio.run(main()))
