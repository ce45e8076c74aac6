from __future__ import annotations

from typing import Literal, TypeAlias

AudienceAction: TypeAlias = Literal["add", "remove"] | str
"""What to do with the id."""
