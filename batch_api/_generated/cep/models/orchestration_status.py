from __future__ import annotations

from typing import Literal, TypeAlias

OrchestrationStatus: TypeAlias = Literal["draft", "running", "completed", "stopped"] | str
"""Keep only the orchestrations in one of these states."""
