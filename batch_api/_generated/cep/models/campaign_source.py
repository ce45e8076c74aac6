from __future__ import annotations

from typing import Literal, TypeAlias

CampaignSource: TypeAlias = Literal["api", "dashboard"] | str
"""Where it was created."""
