from __future__ import annotations

from typing import Literal, TypeAlias

TargetingSegment: TypeAlias = Literal["DORMANT", "ENGAGED", "IMPORTED", "NEW", "ONE_TIME"] | str
"""Engagement segments."""
