from __future__ import annotations

from typing import Literal, TypeAlias

OrchestrationChannel: TypeAlias = Literal["email", "push", "in-app", "sms", "universal"] | str
"""Keep only the orchestrations that use one of these channels."""
