from __future__ import annotations

from typing import Any, TypeAlias

AppDataValues: TypeAlias = dict[str, Any]
"""Entries, at most 10 000. `null` deletes one, and is refused with `overwrite`."""
