from __future__ import annotations

from typing import Literal, TypeAlias

TargetingSegment: TypeAlias = Literal["NEW", "ONE_TIME", "ENGAGED", "DORMANT", "IMPORTED"] | str
"""Engagement segments."""
