from __future__ import annotations

from typing import Any, TypeAlias

PushCampaignTrigger: TypeAlias = dict[str, Any]
"""Present, and empty, on trigger automations only."""
