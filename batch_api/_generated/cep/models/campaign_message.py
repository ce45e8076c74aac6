from __future__ import annotations

from typing import Any, TypeAlias

from .email_message import EmailMessage
from .push_message import PushMessage

CampaignMessage: TypeAlias = EmailMessage | PushMessage
"""The message to send. Exactly one."""


def parse_campaign_message(data: Any) -> Any:
    """The model of a JSON object, by the value of one of its fields. Of another kind, or no object: as it came."""
    if not isinstance(data, dict):
        return data
    kind = data.get("channel_type")
    if kind == "email":
        return EmailMessage.from_dict(data)
    if kind == "push":
        return PushMessage.from_dict(data)
    return data
