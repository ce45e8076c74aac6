from __future__ import annotations

from typing import TypeAlias

from .event_object import EventObject

EventAttributeValue: TypeAlias = EventObject | list[EventObject | str] | str | bool | int | float | None
"""Value of an event attribute: a scalar, an object, or an array of up to 25 items, either all strings or all objects."""
