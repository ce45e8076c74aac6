from __future__ import annotations

from typing import Literal, TypeAlias

OrchestrationType: TypeAlias = Literal["campaign", "recurring", "trigger", "warmup"] | str
"""Keep only these kinds of orchestration."""
