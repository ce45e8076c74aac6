from __future__ import annotations

from typing import Literal, TypeAlias

OrchestrationStatus: TypeAlias = Literal["completed", "draft", "running", "stopped"] | str
"""Keep only the orchestrations in one of these states."""
