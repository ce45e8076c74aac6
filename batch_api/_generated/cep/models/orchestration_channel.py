from __future__ import annotations

from typing import Literal, TypeAlias

OrchestrationChannel: TypeAlias = Literal["email", "in-app", "push", "sms", "universal"] | str
"""Keep only the orchestrations that use one of these channels."""
