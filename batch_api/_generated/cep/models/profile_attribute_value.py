from __future__ import annotations

from typing import TypeAlias

from .array_operation import ArrayOperation

ProfileAttributeValue: TypeAlias = ArrayOperation | list[str] | str | bool | int | float | None
"""Value of a custom attribute. A string has 1 to 300 characters. An array replaces the stored one, an array operation
changes it, and `null` deletes the attribute.
"""
