from __future__ import annotations

from typing import Literal, TypeAlias

CustomAudienceKind: TypeAlias = Literal["custom_ids", "advertising_ids"] | str
"""Kind of id that the audience holds."""
