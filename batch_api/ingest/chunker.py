"""Rows in, requests out: by count and by bytes, and never two edits of one profile at once."""

from __future__ import annotations

from collections.abc import Iterator

from batch_api.ingest.rows import Rows


class Chunker:
    """Feed it rows, take the chunks that are full.

    The API says nothing of the order in which it applies edits that arrive together. So an item waits here while an
    earlier one with the same identifier is in the chunk, or sent and not yet answered. `answered` lets it go on.
    """

    def __init__(self, *, most_items: int, most_bytes: int) -> None:
        self.most_items = most_items
        self._most_bytes = most_bytes
        self._runs: list[Rows] = []
        self._count = 0
        self._bytes = 0
        self._here: set[str] = set()
        self._busy: set[str] = set()
        self._held: list[Rows] = []
        self._held_ids: set[str] = set()
        self._held_count = 0

    def feed(self, rows: Rows) -> Iterator[Rows]:
        """Take rows; give the chunks that became full."""
        names = set(rows.ids)
        if len(names) == len(rows) and self._are_free(names):
            yield from self._add(rows, names)
            return
        now, later = self._part(rows)
        if later:
            self._hold(rows.take(later))
        if now:
            first = rows.take(now)
            yield from self._add(first, set(first.ids))

    def flush(self) -> Iterator[Rows]:
        """What is left, as far as nothing before it is unanswered."""
        while True:
            held, self._held, self._held_ids, self._held_count = self._held, [], set(), 0
            before = sum(map(len, held))
            for rows in held:
                yield from self.feed(rows)
            if self._count:
                yield self._close()
            elif self._held_count == before:
                return

    def answered(self, rows: Rows) -> None:
        """The answer for these has come: others with the same identifiers may go."""
        self._busy.difference_update(rows.ids)

    @property
    def waits(self) -> bool:
        """Whether items wait for an answer to earlier ones."""
        return self._held_count > 0

    @property
    def is_clogged(self) -> bool:
        """Whether so many wait that nothing more should be read."""
        return self._held_count >= self.most_items

    def _are_free(self, names: set[str]) -> bool:
        return names.isdisjoint(self._here) and names.isdisjoint(self._busy) and names.isdisjoint(self._held_ids)

    def _part(self, rows: Rows) -> tuple[list[int], list[int]]:
        """Positions of those that may go now, and of those that must wait."""
        now: list[int] = []
        later: list[int] = []
        waiting = set(self._held_ids)
        taken: set[str] = set()
        for position, name in enumerate(rows.ids):
            if name in taken or name in waiting or name in self._here or name in self._busy:
                waiting.add(name)
                later.append(position)
            else:
                taken.add(name)
                now.append(position)
        return now, later

    def _hold(self, rows: Rows) -> None:
        self._held.append(rows)
        self._held_ids.update(rows.ids)
        self._held_count += len(rows)

    def _add(self, rows: Rows, names: set[str]) -> Iterator[Rows]:
        if len(rows) > 1 and (len(rows) > self.most_items or len(rows.body) > self._most_bytes):
            for half in rows.halves():
                yield from self._add(half, set(half.ids))
            return
        if self._runs and (
            self._count + len(rows) > self.most_items or self._bytes + len(rows.body) > self._most_bytes
        ):
            yield self._close()
        self._runs.append(rows)
        self._count += len(rows)
        self._bytes += len(rows.body)
        self._here |= names
        if self._count >= self.most_items:
            yield self._close()

    def _close(self) -> Rows:
        chunk = Rows.joined(self._runs)
        self._busy |= self._here
        self._runs, self._count, self._bytes, self._here = [], 0, 0, set()
        return chunk
