"""Seeds that once failed, and why. They run first."""

from __future__ import annotations

REGRESSIONS: dict[int, str] = {
    3: "after a stall of the server twice the burst left at once",
    28: "with answers of half a second an unrelated call waited three seconds, and wait_time said none",
    97: "after a stall of the network catalogs were answered 429",
    254: "cancelled calls kept all connections of a pool: no call succeeded any more",
    280: "the same, over http",
    374: "the same, with several clients at work",
}
