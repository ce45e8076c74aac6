"""Seeds that once failed, and why. They run first. A change of what is drawn from a seed makes other worlds of them."""

from __future__ import annotations

REGRESSIONS: dict[int, str] = {
    42: "a request that had to connect first was followed after 1.0 s and not 1.02: 429 at a limit of 1 a second",
}
