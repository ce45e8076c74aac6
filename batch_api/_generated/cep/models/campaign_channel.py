from __future__ import annotations

from typing import Literal, TypeAlias

CampaignChannel: TypeAlias = Literal["push", "sms", "email"] | str
"""Channels of the messages."""
