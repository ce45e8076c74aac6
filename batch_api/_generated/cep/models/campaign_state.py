from __future__ import annotations

from typing import Literal, TypeAlias

CampaignState: TypeAlias = Literal["DRAFT", "RUNNING", "STOPPED"] | str
"""`DRAFT` is not sent until it is updated to `RUNNING`; `STOPPED` is paused and resumes when updated to `RUNNING`."""
