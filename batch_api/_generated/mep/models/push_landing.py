from __future__ import annotations

from typing import Any, TypeAlias

PushLanding: TypeAlias = dict[str, Any]
"""Landing shown when the message is opened. Its fields are not known."""
