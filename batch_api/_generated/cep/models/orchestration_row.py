from __future__ import annotations

from typing import Any, TypeAlias

from .campaign_summary import CampaignSummary
from .orchestration_summary import OrchestrationSummary

OrchestrationRow: TypeAlias = CampaignSummary | OrchestrationSummary
"""The orchestrations of this page."""


def parse_orchestration_row(data: Any) -> Any:
    """The model of a JSON object, by the value of one of its fields. Of another kind, or no object: as it came."""
    if not isinstance(data, dict):
        return data
    kind = data.get("type")
    if kind == "campaign":
        return CampaignSummary.from_dict(data)
    return OrchestrationSummary.from_dict(data)
