from __future__ import annotations

from typing import TypeAlias

from .tag_collection_change import TagCollectionChange

CustomDataValue: TypeAlias = TagCollectionChange | list[str] | bool | int | float | str | None
"""Value of an attribute or of a collection of tags; which kind is allowed depends on the key."""
