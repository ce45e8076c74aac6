"""What a limiter admits at best, for one pattern, where requests take 0 to 25 ms longer than the quickest.

The bound is the quickest even pace that is never refused, whatever the phase of the server's windows: the best that a
client can do which sees neither. It is searched for, and for most limiters it also follows from a formula. With J for
the jitter of one way, W for the window, c for the cost of a call, r for the rate and n for what is held:

- token bucket, GCRA, leaky bucket: c / r between calls, and J less what the bucket hides, (n - c) / r.
- strict spacing: c / r + J. Two requests may come J closer than they were sent.
- sliding log, fixed windows: W + J for each n // c calls, as a window must not see one more.
- sliding counter: one call fewer in each window, or every other window where there is room for one only. It takes the
  last window for evenly filled, and the calls of a slow pace are not.
"""

from __future__ import annotations

import random

from benchmarks.limiters.line import JITTER, Pattern, Server
from benchmarks.limiters.zoo import Kind

_PHASES, _SECONDS, _STEPS = 12, 60.0, 14


def bound(kind: Kind, pattern: Pattern, *, part: float = 1.0) -> float:
    """Calls a second, where the server grants that part of its limits."""
    least = 0.999 / (pattern.documented * part)
    most = 3 * least + 4 * JITTER
    for _ in range(_STEPS):
        middle = (least + most) / 2
        if _is_taken(kind, pattern, middle, part):
            most = middle
        else:
            least = middle
    return 1 / most


def _is_taken(kind: Kind, pattern: Pattern, period: float, part: float) -> bool:
    return all(_phase_is_taken(kind, pattern, period, part, phase) for phase in range(_PHASES))


def _phase_is_taken(kind: Kind, pattern: Pattern, period: float, part: float, phase: int) -> bool:
    chance, server = random.Random(phase), Server(kind, pattern)
    server.slow_to(part)
    start = 100 + phase * 0.37
    times = (start + number * period + chance.uniform(0, JITTER) for number in range(int(_SECONDS / period)))
    return all(server.offer(when) is not None for when in sorted(times))
