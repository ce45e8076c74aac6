"""What is wrong with the cells of a row: all of it, told at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from batch_api.engine.errors import InvalidInput


class Unusable(ValueError):
    """A value cannot be sent. Its text says why, and never quotes the value."""


Faults = dict[int, list[tuple[str, str]]]
"""By row of a window: pairs of a column and what is wrong there."""


def read_each(read: Callable[[Any], Any], values: Iterable[Any], column: str, faults: Faults) -> list[Any]:
    """What `read` makes of each value. One that is unusable is noted in `faults`, and `None` stands in its place."""
    found: list[Any] = []
    for row, value in enumerate(values):
        try:
            found.append(read(value))
        except Unusable as error:
            faults.setdefault(row, []).append((column, str(error)))
            found.append(None)
    return found


def refusal(faults: Sequence[tuple[str, str]]) -> InvalidInput:
    """The error about a row."""
    if len(faults) == 1:
        column, reason = faults[0]
        return InvalidInput(reason, path=column)
    return InvalidInput("; ".join(f"{column}: {reason}" for column, reason in faults))
