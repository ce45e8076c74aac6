from __future__ import annotations

from typing import TypeAlias

ExportScope: TypeAlias = str
"""What the export covers, such as `PROFILE_ATTRIBUTES`."""
