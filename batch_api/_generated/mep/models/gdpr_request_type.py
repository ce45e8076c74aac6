from __future__ import annotations

from typing import Literal, TypeAlias

GdprRequestType: TypeAlias = Literal["review", "remove"] | str
"""`review` asks for the data of the user, `remove` for its removal."""
