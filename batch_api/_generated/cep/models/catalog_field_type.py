from __future__ import annotations

from typing import Literal, TypeAlias

CatalogFieldType: TypeAlias = Literal["array", "bool", "date", "float", "integer", "string", "url"] | str
"""Type of a catalog field."""
