from __future__ import annotations

from typing import Literal, TypeAlias

CustomAudienceKind: TypeAlias = Literal["advertising_ids", "custom_ids"] | str
"""Kind of id that the audience holds."""
