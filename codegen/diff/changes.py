"""A change, and what it means for callers: `breaking`, `additive` or a matter of `wording`, for each direction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from codegen.prose import Figure, changed_figures, changed_words, plain

WEIGHTS = ("breaking", "additive", "wording")
BOTH = ("request", "response")


class Change(NamedTuple):
    weight: str
    """`breaking`, `additive` or `wording`."""
    side: str
    """`request`, `response`, `both`, or empty for what is neither."""
    where: str
    what: str
    means: str
    """What it means for callers of this package."""
    gone: tuple[Figure, ...] = ()
    come: tuple[Figure, ...] = ()
    """The figures that a text lost and got: they may be limits."""


class Verdict(NamedTuple):
    """How severe a change is for one side, and what it means there."""

    weight: str
    means: str


NOTHING = "nothing"
LOOK = Verdict("breaking", "unclear: read what the document says about it")


def changed(
    sides: Iterable[str], where: str, what: str, request: Verdict, response: Verdict | None = None
) -> Iterator[Change]:
    """One change for all sides that it concerns, or one for each where they differ."""
    verdicts = {"request": request, "response": response or request}
    found = {side: verdicts[side] for side in BOTH if side in set(sides)}
    if len(found) == 2 and found["request"] == found["response"]:
        yield Change(request.weight, "both", where, what, request.means)
    else:
        for side, verdict in found.items():
            yield Change(verdict.weight, side, where, what, verdict.means)


def said(side: str, where: str, old: object, new: object) -> Iterator[Change]:
    """A change of words, with the figures in it."""
    was, now = plain(old), plain(new)
    if was != now:
        before, after = changed_words(was, now)
        gone, come = changed_figures(was, now)
        what, means = f"says “{after}”, said “{before}”", "read it: code may rely on what it said"
        yield Change("wording", side, where, what, means, tuple(gone), tuple(come))


def short(value: Any) -> str:
    text = "nothing" if value is None else str(value)
    return text if len(text) <= 60 else text[:57] + "…"
