from __future__ import annotations

from typing import Literal, TypeAlias

AudienceKind: TypeAlias = Literal["custom_ids", "emails", "install_ids"] | str
"""Kind of id that the audience holds."""
