from __future__ import annotations

from typing import Literal, TypeAlias

CampaignChannel: TypeAlias = Literal["email", "push", "sms"] | str
"""Channels of the messages."""
