"""What became of each item of a stream."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from attrs import define

if TYPE_CHECKING:
    from batch_api.engine.errors import BatchError, InvalidInput
    from batch_api.results import PartialError


@define(repr=False)
class Delivered:
    """The API took it, whole."""

    index: int
    """Position in the source, from 0."""
    id: str | None
    """Its identifier, where it has a readable one."""
    ref: Any
    """What the caller attached to it."""

    def __repr__(self) -> str:
        return _shown(self)


@define(repr=False)
class PartlyApplied:
    """The API took it, save for some values: `error` lists them."""

    index: int
    id: str | None
    ref: Any
    error: tuple[PartialError, ...]

    def __repr__(self) -> str:
        return _shown(self)


@define(repr=False)
class Refused:
    """The API took nothing of it; `error` says why. Repaired, it may be sent again."""

    index: int
    id: str | None
    ref: Any
    error: BatchError

    def __repr__(self) -> str:
        return _shown(self)


@define(repr=False)
class Invalid:
    """It cannot be right, and was never sent; `error` says why."""

    index: int
    id: str | None
    ref: Any
    error: InvalidInput

    def __repr__(self) -> str:
        return _shown(self)


@define(repr=False)
class Unknown:
    """It was sent, no answer came, and to send it again might do it twice. Look before you do."""

    index: int
    id: str | None
    ref: Any
    error: BatchError

    def __repr__(self) -> str:
        return _shown(self)


@define(repr=False)
class Unsent:
    """The job ended before its turn: nothing of it was sent, and it may be sent again."""

    index: int
    id: str | None
    ref: Any
    error: BatchError

    def __repr__(self) -> str:
        return _shown(self)


Fate = Delivered | PartlyApplied | Refused | Invalid | Unknown | Unsent
Trouble = PartlyApplied | Refused | Invalid | Unknown | Unsent
ErrorFate = Callable[[int, str | None, Any, "BatchError"], Refused | Unknown | Unsent]
"""Makes a fate out of an error."""


def _shown(fate: Fate) -> str:
    """No id and no reference: they are people's."""
    error = "" if isinstance(fate, Delivered) else f", error={fate.error!r}"
    return f"{type(fate).__name__}(index={fate.index}{error})"


class ChunkResult:
    """The fates of the items that were sent together: `delivered` of them, and `troubles` for the rest."""

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
        """By position in the source; whoever is not here was delivered whole."""

    @property
    def delivered(self) -> int:
        """How many were delivered whole."""
        return len(self._indexes) - len(self.troubles)

    @property
    def indexes(self) -> Sequence[int]:
        """Positions in the source, in order."""
        return self._indexes

    def __len__(self) -> int:
        return len(self._indexes)

    def __iter__(self) -> Iterator[Fate]:
        """One fate for each item, in the order of the source."""
        refs: Sequence[Any] = self._refs if self._refs is not None else _Nones(len(self._indexes))
        if not self.troubles:
            return map(Delivered, self._indexes, self._ids, refs)
        troubles = self.troubles
        return (
            troubles.get(index) or Delivered(index, name, ref)
            for index, name, ref in zip(self._indexes, self._ids, refs, strict=True)
        )

    def __repr__(self) -> str:
        return f"ChunkResult({self.delivered} of {len(self)} delivered)"


class _Nones(Sequence[None]):
    """As many `None` as needed, without holding them."""

    def __init__(self, count: int) -> None:
        self._count = count

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: Any) -> Any:
        return None

    def __iter__(self) -> Iterator[None]:
        return iter((None,) * self._count)
