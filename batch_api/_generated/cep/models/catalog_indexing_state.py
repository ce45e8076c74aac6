from __future__ import annotations

from typing import Literal, TypeAlias

CatalogIndexingState: TypeAlias = Literal["APPLIED", "IN_PROGRESS"] | str
"""State of the edit whose token was given. Absent without a token."""
