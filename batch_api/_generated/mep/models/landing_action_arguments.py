from __future__ import annotations

from typing import Any, TypeAlias

LandingActionArguments: TypeAlias = dict[str, Any]
"""Arguments of the action."""
