from __future__ import annotations

from typing import TypeAlias

AttributeValue: TypeAlias = bool | int | float | str
"""Value of an attribute. A string has at most 64 characters in an event, unless it is a URL."""
