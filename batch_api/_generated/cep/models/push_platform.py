from __future__ import annotations

from typing import Literal, TypeAlias

PushPlatform: TypeAlias = Literal["ios", "android", "web"] | str
"""Platforms of the messages."""
