from __future__ import annotations

from typing import Literal, TypeAlias

GdprRequestType: TypeAlias = Literal["remove", "review"] | str
"""`review` asks for the data of the user, `remove` for its removal."""
