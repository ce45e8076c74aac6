"""Numbers in answers of Redis, which others may have had a hand in."""

from __future__ import annotations

MOST = 1e10
"""No time or count in an answer is further from 0 than this."""


def number(value: object, lowest: float, highest: float) -> float:
    """`value`, a number from `lowest` to `highest`. Raises `ValueError` for anything else, NaN included."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not lowest <= value <= highest:
        raise ValueError(f"expected a number within bounds from the script in Redis, got {str(value)[:40]}")
    return float(value)
