from __future__ import annotations

from typing import Any, TypeAlias

PushCampaignLanding: TypeAlias = dict[str, Any]
"""Landing."""
