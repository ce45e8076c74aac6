from __future__ import annotations

from typing import Literal, TypeAlias

AudienceIndexingState: TypeAlias = Literal["APPLIED", "IN_PROGRESS", "REPLACED"] | str
"""`IN_PROGRESS` while the change is being indexed, `APPLIED` once it is done, `REPLACED` when the content was replaced
after the token was given.
"""
