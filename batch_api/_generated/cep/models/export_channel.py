from __future__ import annotations

from typing import Literal, TypeAlias

ExportChannel: TypeAlias = Literal["email", "push", "sms"] | str
"""Channels to export."""
