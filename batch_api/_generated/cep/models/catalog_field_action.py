from __future__ import annotations

from typing import Literal, TypeAlias

CatalogFieldAction: TypeAlias = Literal["add", "remove"] | str
"""Operation on a catalog field."""
