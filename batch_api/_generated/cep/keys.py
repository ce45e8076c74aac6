"""The keys that objects in requests may have, by the names of their schemas: what may have others is open."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from ..._operation import Keys

KEYS: Mapping[str, Keys] = MappingProxyType(
    {
        "ArrayOperation": Keys(frozenset({"$add", "$remove"})),
        "AudienceAddId": Keys(frozenset({"action", "attributes", "id"}), mark=("action", "add")),
        "AudienceCreate": Keys(frozenset({"display_name", "name", "type"})),
        "AudienceRemove": Keys(frozenset({"name"})),
        "AudienceRemoveId": Keys(frozenset({"action", "id"}), mark=("action", "remove")),
        "AudienceReplace": Keys(frozenset({"ids", "name"}), inside={"ids": ("AudienceReplaceId",)}),
        "AudienceReplaceId": Keys(frozenset({"attributes", "id"})),
        "AudienceUpdate": Keys(frozenset({"ids", "name"}), inside={"ids": ("AudienceAddId", "AudienceRemoveId")}),
        "Campaign": Keys(
            frozenset({"labels", "messages", "name", "send_rate", "state", "targeting", "when"}),
            inside={
                "messages": ("EmailMessage", "PushMessage"),
                "targeting": ("CampaignTargeting",),
                "when": ("CampaignSchedule",),
            },
        ),
        "CampaignDelete": Keys(frozenset({"id"})),
        "CampaignSchedule": Keys(frozenset({"local_time", "start_time"})),
        "CampaignTargeting": Keys(frozenset({"languages", "query", "regions"})),
        "CampaignUpdate": Keys(frozenset({"campaign", "id"}), inside={"campaign": ("Campaign",)}),
        "CatalogCreate": Keys(frozenset({"fields", "name"}), inside={"fields": ("CatalogField",)}),
        "CatalogField": Keys(frozenset({"name", "type"})),
        "CatalogFieldEdit": Keys(frozenset({"action", "name", "type"})),
        "CatalogItemEdit": Keys(frozenset({"action", "attributes", "id"})),
        "CatalogItemsEdit": Keys(frozenset({"items", "name"}), inside={"items": ("CatalogItemEdit",)}),
        "CatalogRemove": Keys(frozenset({"name"})),
        "CatalogUpdate": Keys(frozenset({"fields", "name"}), inside={"fields": ("CatalogFieldEdit",)}),
        "CustomIdIdentifier": Keys(frozenset({"custom_id"})),
        "EditProfile": Keys(
            frozenset({"attributes", "events", "identifiers"}),
            inside={
                "attributes": ("ProfileAttributes",),
                "events": ("ProfileEvent",),
                "identifiers": ("CustomIdIdentifier", "InstallationIdentifier"),
            },
        ),
        "EmailMessage": Keys(
            frozenset({"channel_type", "html", "languages", "reply_to", "sender_identity_id", "subject"}),
            inside={"languages": ("EmailMessageLanguage",), "reply_to": ("EmailReplyTo",)},
            mark=("channel_type", "email"),
        ),
        "EmailMessageLanguage": Keys(
            frozenset({"html", "language", "reply_to", "sender_identity_id", "subject"}),
            inside={"reply_to": ("EmailReplyTo",)},
        ),
        "EmailReplyTo": Keys(frozenset({"email_address"})),
        "ExportAttributesRequest": Keys(
            frozenset({"attributes", "export_type", "filter", "identifiers"}),
            inside={"filter": ("ExportFilter",)},
            mark=("export_type", "ATTRIBUTES"),
        ),
        "ExportEventsRequest": Keys(
            frozenset({"events", "export_type", "filter", "from", "identifiers", "to"}),
            inside={"filter": ("ExportFilter",)},
            mark=("export_type", "EVENTS"),
        ),
        "ExportFilter": Keys(frozenset({"segment"})),
        "ExportReachabilityRequest": Keys(
            frozenset({"channels", "export_type", "filter", "from", "identifiers", "to"}),
            inside={"filter": ("ExportFilter",)},
            mark=("export_type", "REACHABILITY"),
        ),
        "Installation": Keys(frozenset({"apikey", "installation_id"})),
        "InstallationIdentifier": Keys(frozenset({"installation"}), inside={"installation": ("Installation",)}),
        "ProfileAttributes": Keys(
            frozenset(
                {
                    "$email_address",
                    "$email_marketing",
                    "$language",
                    "$phone_number",
                    "$region",
                    "$sms_marketing",
                    "$timezone",
                    "$topic_preferences",
                }
            ),
            inside={"$topic_preferences": ("ArrayOperation",)},
            is_open=True,
        ),
        "ProfileEvent": Keys(
            frozenset({"attributes", "name", "time"}), inside={"attributes": ("ProfileEventAttributes",)}
        ),
        "ProfileEventAttributes": Keys(frozenset({"$label", "$tags"}), is_open=True),
        "PushMessage": Keys(
            frozenset({"body", "channel_type", "deeplink", "languages", "platform_type", "title"}),
            inside={"languages": ("PushMessageLanguage",)},
            is_open=True,
            mark=("channel_type", "push"),
        ),
        "PushMessageLanguage": Keys(frozenset({"body", "deeplink", "language", "title"}), is_open=True),
    }
)
