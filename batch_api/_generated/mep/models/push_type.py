from __future__ import annotations

from typing import Literal, TypeAlias

PushType: TypeAlias = Literal["alert", "background"] | str
"""iOS only: a visible message or a background one."""
