from __future__ import annotations

from typing import Literal, TypeAlias

CatalogIndexingState: TypeAlias = Literal["IN_PROGRESS", "APPLIED"] | str
"""State of the edit whose token was given. Absent without a token."""
