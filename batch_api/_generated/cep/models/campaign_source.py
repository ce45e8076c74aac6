from __future__ import annotations

from typing import Literal, TypeAlias

CampaignSource: TypeAlias = Literal["dashboard", "api"] | str
"""Where it was created."""
