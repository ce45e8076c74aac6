from __future__ import annotations

from typing import Any, TypeAlias

EventObject: TypeAlias = dict[str, Any]
"""Object inside an event. Its names may use `date(name)` and `url(name)`."""
