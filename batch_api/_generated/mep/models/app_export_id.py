from __future__ import annotations

from typing import Literal, TypeAlias

AppExportId: TypeAlias = Literal["advertising_id", "custom_id", "install_id"] | str
"""Ids to write in the file."""
