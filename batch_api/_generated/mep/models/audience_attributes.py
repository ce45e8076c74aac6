from __future__ import annotations

from typing import Any, TypeAlias

AudienceAttributes: TypeAlias = dict[str, Any]
"""Attributes of one member. A date is written under `date(name)`, a URL under `url(name)`. Limits are not known."""
