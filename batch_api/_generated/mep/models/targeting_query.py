from __future__ import annotations

from typing import Any, TypeAlias

TargetingQuery: TypeAlias = dict[str, Any]
"""Query."""
