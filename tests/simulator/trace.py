"""What happened in a world, in order."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

TAIL = 40


class Trace:
    """Lines of text, each with the time. Two runs of one seed give the same."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._lines: list[str] = []

    def __call__(self, who: object, what: str) -> None:
        self._lines.append(f"{self._now():.9f} {who}: {what}")

    def __len__(self) -> int:
        return len(self._lines)

    @property
    def digest(self) -> str:
        """Stands for the whole of it."""
        return hashlib.sha256("\n".join(self._lines).encode()).hexdigest()

    def tail(self, lines: int = TAIL) -> list[str]:
        return self._lines[-lines:]
