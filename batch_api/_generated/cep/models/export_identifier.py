from __future__ import annotations

from typing import Literal, TypeAlias

ExportIdentifier: TypeAlias = Literal["custom_id", "installation_ids"] | str
"""Identifiers to export."""
