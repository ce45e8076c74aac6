from __future__ import annotations

from typing import Any, TypeAlias

TriggerEventAttributes: TypeAlias = dict[str, Any]
"""Attributes of an event, at most 15. A name has at most 30 characters among `a-z`, `0-9` and `_`. A date is written
under `date(name)`, in UTC or as a Unix time in seconds; `url(name)` is known from custom audiences and is likely
here.
"""
