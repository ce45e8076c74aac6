from __future__ import annotations

from typing import Literal, TypeAlias

AppExportEvent: TypeAlias = Literal["push_error", "push_open", "push_sent"] | str
"""Events of the push campaign."""
