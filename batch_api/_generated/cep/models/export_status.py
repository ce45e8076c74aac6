from __future__ import annotations

from typing import Literal, TypeAlias

ExportStatus: TypeAlias = Literal["CREATED", "ERROR", "PENDING", "RUNNING", "SUCCESS"] | str
"""`CREATED` when recorded, `PENDING` when ready to run, then `RUNNING`, and at last `SUCCESS` or `ERROR`."""
