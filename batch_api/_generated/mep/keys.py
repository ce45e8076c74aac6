"""The keys that objects in requests may have, by the names of their schemas: what may have others is open."""

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
        "InAppCampaignCreate": Keys(
            frozenset(
                {
                    "custom_payload",
                    "deeplink",
                    "end_date",
                    "labels",
                    "landing",
                    "live",
                    "local_end_date",
                    "local_start_date",
                    "name",
                    "start_date",
                    "targeting",
                    "trigger",
                }
            ),
            inside={"landing": ("InAppLanding",), "targeting": ("Targeting",), "trigger": ("InAppTrigger",)},
            is_open=True,
        ),
        "InAppCampaignUpdate": Keys(
            frozenset(
                {
                    "custom_payload",
                    "deeplink",
                    "end_date",
                    "labels",
                    "landing",
                    "live",
                    "local_end_date",
                    "local_start_date",
                    "name",
                    "start_date",
                    "targeting",
                    "trigger",
                }
            ),
            inside={"landing": ("InAppLanding",), "targeting": ("Targeting",), "trigger": ("InAppTrigger",)},
            is_open=True,
        ),
        "InAppLanding": Keys(
            frozenset({"contents", "image", "theme"}), inside={"contents": ("InAppLandingContent",)}, is_open=True
        ),
        "InAppLandingContent": Keys(
            frozenset({"actions", "body", "header", "language", "title"}),
            inside={"actions": ("LandingAction",)},
            is_open=True,
        ),
        "InAppTrigger": Keys(
            frozenset({"capping", "grace_period", "when"}),
            inside={"grace_period": ("GracePeriod",), "when": ("InAppTriggerEvent",)},
            is_open=True,
        ),
        "InAppTriggerEvent": Keys(frozenset({"event", "label"})),
        "InstallAudienceCreate": Keys(frozenset({"description", "type"})),
        "InstallAudienceEdit": Keys(frozenset({"action", "attributes", "id", "tags"})),
        "InstallAudienceMember": Keys(frozenset({"attributes", "id", "tags"})),
        "InstallAudienceReplace": Keys(frozenset({"ids"}), inside={"ids": ("InstallAudienceMember",)}),
        "InstallAudienceUpdate": Keys(frozenset({"ids"}), inside={"ids": ("InstallAudienceEdit",)}),
        "LandingAction": Keys(frozenset({"action", "args", "label"})),
        "Media": Keys(frozenset({"audio", "icon", "picture", "video"})),
        "PushCampaignCreate": Keys(
            frozenset(
                {
                    "custom_payload",
                    "gcm_collapse_key",
                    "labels",
                    "landing",
                    "live",
                    "local_push_time",
                    "media",
                    "messages",
                    "name",
                    "priority",
                    "push_time",
                    "push_type",
                    "recurrence",
                    "targeting",
                    "time_to_live",
                }
            ),
            inside={
                "gcm_collapse_key": ("GcmCollapseKey",),
                "media": ("Media",),
                "messages": ("PushMessage",),
                "recurrence": ("Recurrence",),
                "targeting": ("Targeting",),
            },
            is_open=True,
        ),
        "PushCampaignUpdate": Keys(
            frozenset(
                {
                    "custom_payload",
                    "gcm_collapse_key",
                    "labels",
                    "landing",
                    "live",
                    "local_push_time",
                    "media",
                    "messages",
                    "name",
                    "priority",
                    "push_time",
                    "push_type",
                    "recurrence",
                    "targeting",
                    "time_to_live",
                }
            ),
            inside={
                "gcm_collapse_key": ("GcmCollapseKey",),
                "media": ("Media",),
                "messages": ("PushMessage",),
                "recurrence": ("Recurrence",),
                "targeting": ("Targeting",),
            },
            is_open=True,
        ),
        "PushMessage": Keys(frozenset({"body", "deeplink", "language", "title"}), is_open=True),
        "Recurrence": Keys(frozenset({"end_date", "repeat_frequency", "repeat_unit"})),
        "TagCollectionChange": Keys(frozenset({"$add", "$remove"})),
        "Targeting": Keys(frozenset({"languages", "query", "regions", "segments"}), is_open=True),
        "TransactionalLanding": Keys(
            frozenset({"actions", "body", "header", "image", "image_description", "theme", "title", "tracking_id"}),
            inside={"actions": ("LandingAction",)},
            is_open=True,
        ),
        "TransactionalMessage": Keys(frozenset({"body", "title"})),
        "TransactionalRecipients": Keys(frozenset({"custom_ids", "install_ids", "tokens"}), is_open=True),
        "TransactionalSend": Keys(
            frozenset(
                {
                    "custom_payload",
                    "deeplink",
                    "gcm_collapse_key",
                    "group_id",
                    "labels",
                    "landing",
                    "media",
                    "message",
                    "priority",
                    "push_type",
                    "recipients",
                    "sandbox",
                    "time_to_live",
                }
            ),
            inside={
                "gcm_collapse_key": ("GcmCollapseKey",),
                "landing": ("TransactionalLanding",),
                "media": ("Media",),
                "message": ("TransactionalMessage",),
                "recipients": ("TransactionalRecipients",),
            },
            is_open=True,
        ),
        "TriggerEvent": Keys(frozenset({"attributes", "label", "name", "tags", "time"})),
        "TriggerEventBatch": Keys(frozenset({"events"}), inside={"events": ("TriggerEvent",)}),
        "TriggerEventBulkItem": Keys(frozenset({"events", "id"}), inside={"events": ("TriggerEvent",)}),
    }
)
