from __future__ import annotations

from typing import TypeAlias

from .tag_collection_change import TagCollectionChange

CustomDataValue: TypeAlias = str | int | float | bool | list[str] | TagCollectionChange | None
"""Value of an attribute or of a collection of tags; which kind is allowed depends on the key."""
