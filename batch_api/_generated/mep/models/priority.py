from __future__ import annotations

from typing import Literal, TypeAlias

Priority: TypeAlias = Literal["high", "normal"] | str
"""Delivery priority, `high` when left out. On iOS a background push is always `normal`."""
