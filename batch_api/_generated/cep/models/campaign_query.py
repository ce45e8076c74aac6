from __future__ import annotations

from typing import Any, TypeAlias

CampaignQuery: TypeAlias = dict[str, Any]
"""Conditions on attributes and events, with operators such as `$eq`."""
