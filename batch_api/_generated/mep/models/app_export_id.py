from __future__ import annotations

from typing import Literal, TypeAlias

AppExportId: TypeAlias = Literal["install_id", "custom_id", "advertising_id"] | str
"""Ids to write in the file."""
