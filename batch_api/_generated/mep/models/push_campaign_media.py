from __future__ import annotations

from typing import Any, TypeAlias

PushCampaignMedia: TypeAlias = dict[str, Any]
"""Attachments."""
