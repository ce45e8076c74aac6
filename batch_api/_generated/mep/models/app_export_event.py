from __future__ import annotations

from typing import Literal, TypeAlias

AppExportEvent: TypeAlias = Literal["push_sent", "push_open", "push_error"] | str
"""Events of the push campaign."""
