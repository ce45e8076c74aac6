from __future__ import annotations

from typing import Literal, TypeAlias

MarketingSubscription: TypeAlias = Literal["subscribed", "unsubscribed"] | str
"""Consent to marketing messages on one channel."""
