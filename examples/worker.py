"""A worker that sends a stream of profile edits, and never silently loses one.

    producer | python -m examples.worker > unsent.jsonl

Each line of the input is an edit as JSON: `{"identifiers": {"custom_id": "u1"}, "attributes": {"tier": "gold"}}`.
`BATCH_REST_API_KEY`, `BATCH_PROJECT_KEY` and, if set, `BATCH_BASE_URL` say where it goes. `BATCH_OUTBOX`, if set, is a
file in which edits are kept until they are answered: then even a worker that is killed loses none that it read.

- Edits are held in a buffer while earlier ones wait for their turn, and are then sent together; those of one profile in
  their order.
- While the API cannot be reached, or is under maintenance, the worker keeps its edits and makes the producer wait.
- On SIGTERM it stops reading, sends what is left, and ends within 20 seconds.
- Edits that it could not send are printed as JSON lines, with whether a retry is safe (`not_sent`, `refused`), may
  apply an edit twice (`unknown`) or is pointless (`invalid`). With an outbox, what is left at the end
  stays there for the next worker. At the end it says how many lines it read: those after them are still the producer's.
"""

from __future__ import annotations

import asyncio
import json
import logging
import math
import os
import signal
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from typing import IO, Any

from batch_api import (
    AuthenticationFailed,
    BatchClient,
    Buffer,
    Holding,
    InvalidInput,
    PartlyApplied,
    PermissionDenied,
    Sending,
    Trouble,
    Unknown,
    Unsent,
)

HOLDING = Holding(most_items=1_000)
"""A producer that is faster than the limits has to wait, so that memory stays small."""
SENDING = Sending(patience=math.inf, drain=15.0)
"""Retry as long as it takes; when the worker is stopped, take up to 15 seconds to send what is left."""
LONGEST_LINE = 1_000_000

Edit = Any
"""The content of a line: an object, if it is valid."""


class Worker:
    """Sends the edits of a source. Those that it cannot send go to `on_unsent`, each with its outcome."""

    def __init__(
        self, client: BatchClient, on_unsent: Callable[[str, Edit], object], outbox: str | None = None
    ) -> None:
        self._client = client
        self._on_unsent = on_unsent
        self._outbox = outbox
        self._stopped = asyncio.Event()
        self.found = 0
        """Edits that an earlier worker left in the outbox."""
        self.read = 0
        """Edits taken from the source."""
        self.unsent = 0
        self.kept = 0
        """Edits that stay in the outbox."""
        self.refused_values = 0
        """Values that the API refused while it accepted the rest of their edits."""

    @property
    def sent(self) -> int:
        """Edits that were delivered."""
        return self.found + self.read - self.unsent - self.kept

    def stop(self) -> None:
        """Stop reading, send what is left, and end."""
        self._stopped.set()

    async def run(self, source: AsyncIterator[Edit]) -> None:
        """Send until the source has ended and all is sent, or until `stop`."""
        async with (
            self._client.profiles.buffer(
                self._outbox, sending=SENDING, holding=HOLDING, on_trouble=self._note
            ) as buffer,
            asyncio.TaskGroup() as group,
        ):
            self.found = len(buffer)
            everything = group.create_task(self._feed(source, buffer))
            stopped = group.create_task(self._stopped.wait())
            await asyncio.wait({everything, stopped}, return_when=asyncio.FIRST_COMPLETED)
            everything.cancel()
            stopped.cancel()
        if self._outbox is not None:
            left = buffer.remainder
            self.kept = len(left.unsent) + len(left.unknown)

    async def _feed(self, source: AsyncIterator[Edit], buffer: Buffer) -> None:
        """Pass on all edits, and wait until they are sent. One that waits for room when stopped counts as not read."""
        async for edit in source:
            try:
                await buffer.put(edit, ref=edit)
            except InvalidInput:
                self._give_up("invalid", edit)
            self.read += 1
        await buffer.flush()

    def _note(self, trouble: Trouble) -> None:
        """Report an edit that was not delivered in full."""
        if isinstance(trouble, PartlyApplied):
            self.refused_values += len(trouble.error)
            return
        if isinstance(trouble.error, AuthenticationFailed | PermissionDenied):
            self.stop()  # every other edit would fail, too
        outcome = {Unknown: "unknown", Unsent: "not_sent"}.get(type(trouble), "refused")
        self._give_up(outcome, trouble.ref)

    def _give_up(self, outcome: str, edit: Edit) -> None:
        self.unsent += 1
        self._on_unsent(outcome, edit)


async def edits_of(pipe: IO[Any]) -> AsyncGenerator[Edit, None]:
    """The edits from a pipe, one a line; invalid JSON as text, which the client refuses."""
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
    """Send the edits from the pipe. Returns the exit status: 0 if all were sent."""

    def report(outcome: str, edit: Edit) -> None:
        print(json.dumps({"outcome": outcome, "edit": edit}), flush=True)

    async with make_client() as client, aclosing(edits_of(pipe)) as edits:
        worker = Worker(client, report, os.environ.get("BATCH_OUTBOX"))
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, worker.stop)
        await worker.run(edits)
    print(
        f"{worker.read:,} lines read, {worker.sent:,} edits sent, {worker.refused_values:,} of their values refused, "
        f"{worker.unsent:,} edits unsent" + (f", {worker.kept:,} kept in the outbox." if worker.kept else "."),
        file=sys.stderr,
    )
    return 1 if worker.unsent or worker.kept else 0


if __name__ == "__main__":
    logging.basicConfig()  # the client logs attempts that fail as warnings, without keys and personal data
    sys.exit(asyncio.run(main()))
