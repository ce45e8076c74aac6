from __future__ import annotations

from typing import Literal, TypeAlias

PushPlatform: TypeAlias = Literal["android", "ios", "web"] | str
"""Platforms of the messages."""
