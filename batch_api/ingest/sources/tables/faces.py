"""How a caller of the SDK is told what to change. The command line has its own words for it."""

from __future__ import annotations

import warnings
from typing import Protocol


class Face(Protocol):
    """What cures a fault of the columns, in the words of who is told."""

    def rename(self, column: str) -> str:
        """How a column gets another name, or is left out."""
        ...

    def no_column(self, name: str, option: str, meant: str | None) -> str:
        """That there is no column `name`, which `option` names; `meant` is the one that probably was."""
        ...

    def doubt(self, reason: str) -> None:
        """Tell of columns that are probably meant otherwise."""
        ...

    def cloud_sync(self, column: str) -> str:
        """That a column looks like Cloud Sync's."""
        ...

    def events(self) -> str:
        """That rows look like events."""
        ...


class _Python:
    """The words for callers of the SDK."""

    def rename(self, column: str) -> str:
        return f"Name its attribute, or leave it out: columns={{{column!r}: …}}, with a name or None"

    def no_column(self, name: str, option: str, meant: str | None) -> str:
        hint = f": did you mean {meant!r}?" if meant else ""
        return f"expected a column {name!r}, as {option} says, found none{hint}"

    def doubt(self, reason: str) -> None:
        warnings.warn(reason, UserWarning, stacklevel=2)

    def cloud_sync(self, column: str) -> str:
        return (
            f"The column {column!r} looks like one of Cloud Sync's and is sent as it is: names='cloud-sync' reads it."
        )

    def events(self) -> str:
        return "The column 'event_name' looks like rows of events and is sent as an attribute: events=True reads them."


PYTHON: Face = _Python()
