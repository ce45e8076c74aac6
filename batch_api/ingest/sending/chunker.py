"""Groups rows into requests, by count and by bytes, and never two edits of one profile at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from batch_api.ingest.items.encoded import EncodedItems


class Chunker:
    """Feed it rows; take the chunks that are full.

    The order in which the API applies edits that arrive together is not documented. So an item waits here while an
    earlier one with the same identifier is in the chunk, or sent and not yet answered. `answered` releases it.
    """

    def __init__(self, *, most_items: int, most_bytes: int) -> None:
        self.most_items = most_items
        self._most_bytes = most_bytes
        self._runs: list[EncodedItems] = []
        self._count = 0
        self._bytes = 0
        self._taken: set[str] = set()  # in the chunk, or sent and not yet answered
        self._held: list[EncodedItems] = []
        self._held_ids: set[str] = set()
        self._freed = False

    def feed(self, rows: EncodedItems) -> Iterable[EncodedItems]:
        """Take rows; yield the chunks that became full."""
        if self._held:
            return self._feed_after_held(rows)
        if not self._claim(rows.ids):
            return self._part(rows)
        count, weight = self._count + len(rows.ids), self._bytes + rows.weight
        if count >= self.most_items or weight >= self._most_bytes:
            return self._add(rows)
        self._runs.append(rows)
        self._count, self._bytes = count, weight
        return ()

    def flush(self) -> Iterator[EncodedItems]:
        """What is left, except for what waits for an answer to earlier items."""
        while True:
            yield from self._feed_held()
            if not self._count:
                return
            yield self._close()

    def close(self) -> Iterator[EncodedItems]:
        """The chunk as it is, full or not; then chunks of waiting items, as far as they may go and are full."""
        if self._count:
            yield self._close()
        yield from self._feed_held()

    def answered(self, rows: EncodedItems) -> None:
        """These were answered: others with the same identifiers may be sent."""
        self._taken.difference_update(rows.ids)
        self._freed = True

    @property
    def waits(self) -> bool:
        """Whether items wait for an answer to earlier ones."""
        return bool(self._held)

    @property
    def is_clogged(self) -> bool:
        """Whether so many items wait that reading should pause."""
        if not self._held:
            return False
        many = sum(map(len, self._held)) >= self.most_items
        return many or sum(rows.weight for rows in self._held) >= self._most_bytes

    def _feed_after_held(self, rows: EncodedItems) -> Iterator[EncodedItems]:
        if self._freed:
            yield from self._feed_held()
        yield from self._part(rows)

    def _feed_held(self) -> Iterator[EncodedItems]:
        self._freed = False
        held, self._held, self._held_ids = self._held, [], set()
        for rows in held:
            yield from self._part(rows)

    def _claim(self, ids: list[str]) -> bool:
        """Claim these identifiers, if all of them are free."""
        taken = self._taken
        if not taken.isdisjoint(ids):
            return False
        before = len(taken)
        taken.update(ids)
        if len(taken) - before == len(ids):
            return True
        taken.difference_update(ids)  # two of them are the same
        return False

    def _part(self, rows: EncodedItems) -> Iterator[EncodedItems]:
        """Pass on the rows whose identifiers are free, and hold the others."""
        now: list[int] = []
        later: list[int] = []
        here: set[str] = set()
        for position, name in enumerate(rows.ids):
            if name in self._taken or name in self._held_ids or name in here:
                self._held_ids.add(name)
                later.append(position)
            else:
                here.add(name)
                now.append(position)
        self._taken |= here
        if not later:
            yield from self._add(rows)
            return
        contents = rows.parts()
        self._held.append(rows.take(later, contents))
        if now:
            yield from self._add(rows.take(now, contents))

    def _add(self, rows: EncodedItems) -> Iterator[EncodedItems]:
        """Add rows that may be sent, filling each chunk completely."""
        if rows.weight > self._most_bytes and len(rows) > 1:
            for half in rows.halves():
                yield from self._add(half)
            return
        is_full = self._count >= self.most_items or self._bytes + rows.weight > self._most_bytes
        if self._count and is_full:
            yield self._close()
        room = self.most_items - self._count
        if len(rows) > room:
            first, rest = rows.split(room)
            yield from self._put(first)
            yield from self._add(rest)
        else:
            yield from self._put(rows)

    def _put(self, rows: EncodedItems) -> Iterator[EncodedItems]:
        self._runs.append(rows)
        self._count += len(rows)
        self._bytes += rows.weight
        if self._count >= self.most_items or self._bytes >= self._most_bytes:
            yield self._close()

    def _close(self) -> EncodedItems:
        chunk = EncodedItems.joined(self._runs)
        self._runs, self._count, self._bytes = [], 0, 0
        return chunk
