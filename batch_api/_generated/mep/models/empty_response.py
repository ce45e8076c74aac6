from __future__ import annotations

from typing import Any, TypeAlias

EmptyResponse: TypeAlias = dict[str, Any]
"""An empty object."""
