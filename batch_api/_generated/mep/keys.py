"""The keys that objects in requests may have, by the names of their schemas: of those whose keys are all known."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from ..._operation import Keys

KEYS: Mapping[str, Keys] = MappingProxyType(
    {
        "AppDataCreate": Keys(frozenset({"description", "time_to_live"})),
        "AppDataUpdate": Keys(frozenset({"overwrite", "values"})),
        "AppExportCreate": Keys(frozenset({"events", "from", "ids", "to"})),
        "CustomAudienceCreate": Keys(frozenset({"description", "type"})),
        "CustomAudienceEdit": Keys(frozenset({"action", "id"})),
        "CustomAudienceUpdate": Keys(frozenset({"ids", "type"}), inside={"ids": ("CustomAudienceEdit",)}),
        "CustomDataBulkItem": Keys(frozenset({"id", "update"}), inside={"update": ("CustomDataUpdate",)}),
        "CustomDataUpdate": Keys(frozenset({"overwrite", "values"})),
        "GcmCollapseKey": Keys(frozenset({"enabled", "key"})),
        "GdprRequestCreate": Keys(frozenset({"callback_url", "id", "request_type"}), inside={"id": ("GdprUserId",)}),
        "GdprUserId": Keys(frozenset({"type", "value"})),
        "GracePeriod": Keys(frozenset({"every", "unit"})),
        "InAppTriggerEvent": Keys(frozenset({"event", "label"})),
        "InstallAudienceCreate": Keys(frozenset({"description", "type"})),
        "InstallAudienceEdit": Keys(frozenset({"action", "attributes", "id", "tags"})),
        "InstallAudienceMember": Keys(frozenset({"attributes", "id", "tags"})),
        "InstallAudienceReplace": Keys(frozenset({"ids"}), inside={"ids": ("InstallAudienceMember",)}),
        "InstallAudienceUpdate": Keys(frozenset({"ids"}), inside={"ids": ("InstallAudienceEdit",)}),
        "LandingAction": Keys(frozenset({"action", "args", "label"})),
        "Media": Keys(frozenset({"audio", "icon", "picture", "video"})),
        "Recurrence": Keys(frozenset({"end_date", "repeat_frequency", "repeat_unit"})),
        "TagCollectionChange": Keys(frozenset({"$add", "$remove"})),
        "TransactionalMessage": Keys(frozenset({"body", "title"})),
        "TriggerEvent": Keys(frozenset({"attributes", "label", "name", "tags", "time"})),
        "TriggerEventBatch": Keys(frozenset({"events"}), inside={"events": ("TriggerEvent",)}),
        "TriggerEventBulkItem": Keys(frozenset({"events", "id"}), inside={"events": ("TriggerEvent",)}),
    }
)
