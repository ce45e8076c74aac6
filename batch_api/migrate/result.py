"""The result of migrating a legacy body."""

from __future__ import annotations

from typing import Any

from attrs import frozen


@frozen
class NotCarried:
    """A field of a legacy body that no edit carries."""

    path: str
    """Where it was: `values.u.tier`, `events[2].attributes.price`. If the name or the time of an event cannot be
    carried over, nothing of the event is: then the path is that of the name or the time."""
    reason: str
    """Why, without quoting a value."""


@frozen(repr=False)
class Migrated:
    """A legacy body as edits of a profile."""

    custom_id: str
    """The user's id."""
    edits: list[Any]
    """For `profiles.update`, `profiles.mass_update` or `profiles.ingest`, in the order in which to send them. `ingest`
    keeps that order; in one call of the others the API promises none."""
    not_carried: tuple[NotCarried, ...]
    """What is not in the edits. Empty when all of it is."""

    def __repr__(self) -> str:  # edits are people's data
        return f"Migrated({len(self.edits)} edits, {len(self.not_carried)} fields not carried)"
