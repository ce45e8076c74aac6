from __future__ import annotations

from typing import Any, TypeAlias

AudienceAttributes: TypeAlias = dict[str, Any]
"""Values kept with the id to personalise messages, at most 15. Same wrappers as profile attributes: `date(name)` and
`url(name)`.
"""
