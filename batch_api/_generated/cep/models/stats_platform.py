from __future__ import annotations

from typing import TypeAlias

StatsPlatform: TypeAlias = str
"""Platform of the figures, given when the split by platform is asked for."""
