"""What became of each item of a stream."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import repeat
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from batch_api.engine.errors import BatchError, InvalidInput
    from batch_api.results import PartialError


class _Fate(msgspec.Struct, frozen=True):
    """What all fates have. A msgspec struct is made in half the time of an attrs class, and there is one per item."""

    index: int
    """Position in the source, from 0."""
    id: str | None
    """Its identifier, if it has a readable one."""
    ref: Any
    """What the caller attached to it; `None` if nothing."""

    def __repr__(self) -> str:
        """Shows neither id nor reference: they may be personal data."""
        error = getattr(self, "error", None)
        return f"{type(self).__name__}(index={self.index}{'' if error is None else f', error={error!r}'})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [("index", self.index)]


class Delivered(_Fate, frozen=True):
    """The API accepted all of it."""


class PartlyApplied(_Fate, frozen=True):
    """The API accepted it except for some values: `error` lists them."""

    error: tuple[PartialError, ...]


class Refused(_Fate, frozen=True):
    """The API refused it and applied nothing of it; `error` says why. Once corrected, it may be sent again."""

    error: BatchError


class Invalid(_Fate, frozen=True):
    """It is invalid, and was never sent; `error` says why."""

    error: InvalidInput


class Unknown(_Fate, frozen=True):
    """It was sent, but no answer came, and a retry might apply it twice. Check before you retry."""

    error: BatchError


class Unsent(_Fate, frozen=True):
    """The job ended before it was sent: nothing of it was applied, and it may be sent again. `error` ended the job."""

    error: BatchError


Fate = Delivered | PartlyApplied | Refused | Invalid | Unknown | Unsent
Trouble = PartlyApplied | Refused | Invalid | Unknown | Unsent


class ChunkResult:
    """The fates of items that were sent together: `delivered` counts the delivered, `troubles` has the rest."""

    __slots__ = ("_ids", "_indexes", "_refs", "troubles")

    def __init__(
        self,
        indexes: Sequence[int],
        ids: Sequence[str | None],
        refs: Sequence[Any] | None,
        troubles: Mapping[int, Trouble],
    ) -> None:
        self._indexes = indexes
        self._ids = ids
        self._refs = refs
        self.troubles = troubles
        """By position in the source; all other items were delivered in full."""

    @property
    def delivered(self) -> int:
        """How many were delivered in full."""
        return len(self._indexes) - len(self.troubles)

    @property
    def indexes(self) -> Sequence[int]:
        """Positions in the source."""
        return self._indexes

    @property
    def ids(self) -> Sequence[str | None]:
        """The identifiers, in the same order."""
        return self._ids

    @property
    def refs(self) -> Sequence[Any]:
        """What the caller attached, in the same order."""
        return [None] * len(self) if self._refs is None else self._refs

    def but(self, troubles: Mapping[int, Trouble]) -> ChunkResult:
        """The same, with some fates replaced."""
        return ChunkResult(self._indexes, self._ids, self._refs, {**self.troubles, **troubles}) if troubles else self

    def __len__(self) -> int:
        return len(self._indexes)

    def __iter__(self) -> Iterator[Fate]:
        """One fate for each item."""
        refs: Any = repeat(None) if self._refs is None else self._refs
        if not self.troubles:
            return map(Delivered, self._indexes, self._ids, refs)
        troubles = self.troubles
        return (
            troubles.get(index) or Delivered(index, name, ref)
            for index, name, ref in zip(self._indexes, self._ids, refs, strict=False)
        )

    def __repr__(self) -> str:
        return f"ChunkResult({self.delivered} of {len(self)} delivered)"


def result_of(fates: Sequence[Fate]) -> ChunkResult:
    """The fates of items that need no request."""
    indexes, ids, refs = (
        zip(*((fate.index, fate.id, fate.ref) for fate in fates), strict=True) if fates else ((), (), ())
    )
    return ChunkResult(indexes, ids, refs, {fate.index: fate for fate in fates if not isinstance(fate, Delivered)})
