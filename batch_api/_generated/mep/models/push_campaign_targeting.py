from __future__ import annotations

from typing import Any, TypeAlias

PushCampaignTargeting: TypeAlias = dict[str, Any]
"""Who gets the campaign, see `Targeting`."""
