"""The models of the Customer Engagement Platform API, for those who prefer them to dicts. Each is imported when first
asked for.

`UNSET` marks a field of a request that is left out; `None` would be sent, and deletes.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ._codec import UNSET as UNSET
from ._codec import Unset as Unset

if TYPE_CHECKING:
    from ._generated.cep.models.array_operation import ArrayOperation as ArrayOperation
    from ._generated.cep.models.audience import Audience as Audience
    from ._generated.cep.models.audience_add_id import AudienceAddId as AudienceAddId
    from ._generated.cep.models.audience_attributes import AudienceAttributes as AudienceAttributes
    from ._generated.cep.models.audience_change import AudienceChange as AudienceChange
    from ._generated.cep.models.audience_create import AudienceCreate as AudienceCreate
    from ._generated.cep.models.audience_indexing_state import AudienceIndexingState as AudienceIndexingState
    from ._generated.cep.models.audience_kind import AudienceKind as AudienceKind
    from ._generated.cep.models.audience_page import AudiencePage as AudiencePage
    from ._generated.cep.models.audience_remove import AudienceRemove as AudienceRemove
    from ._generated.cep.models.audience_remove_id import AudienceRemoveId as AudienceRemoveId
    from ._generated.cep.models.audience_replace import AudienceReplace as AudienceReplace
    from ._generated.cep.models.audience_replace_id import AudienceReplaceId as AudienceReplaceId
    from ._generated.cep.models.audience_update import AudienceUpdate as AudienceUpdate
    from ._generated.cep.models.campaign import Campaign as Campaign
    from ._generated.cep.models.campaign_channel import CampaignChannel as CampaignChannel
    from ._generated.cep.models.campaign_created import CampaignCreated as CampaignCreated
    from ._generated.cep.models.campaign_delete import CampaignDelete as CampaignDelete
    from ._generated.cep.models.campaign_message import CampaignMessage as CampaignMessage
    from ._generated.cep.models.campaign_query import CampaignQuery as CampaignQuery
    from ._generated.cep.models.campaign_schedule import CampaignSchedule as CampaignSchedule
    from ._generated.cep.models.campaign_source import CampaignSource as CampaignSource
    from ._generated.cep.models.campaign_state import CampaignState as CampaignState
    from ._generated.cep.models.campaign_summary import CampaignSummary as CampaignSummary
    from ._generated.cep.models.campaign_targeting import CampaignTargeting as CampaignTargeting
    from ._generated.cep.models.campaign_update import CampaignUpdate as CampaignUpdate
    from ._generated.cep.models.catalog import Catalog as Catalog
    from ._generated.cep.models.catalog_create import CatalogCreate as CatalogCreate
    from ._generated.cep.models.catalog_field import CatalogField as CatalogField
    from ._generated.cep.models.catalog_field_action import CatalogFieldAction as CatalogFieldAction
    from ._generated.cep.models.catalog_field_edit import CatalogFieldEdit as CatalogFieldEdit
    from ._generated.cep.models.catalog_field_type import CatalogFieldType as CatalogFieldType
    from ._generated.cep.models.catalog_indexing_state import CatalogIndexingState as CatalogIndexingState
    from ._generated.cep.models.catalog_item_attributes import CatalogItemAttributes as CatalogItemAttributes
    from ._generated.cep.models.catalog_item_edit import CatalogItemEdit as CatalogItemEdit
    from ._generated.cep.models.catalog_items_edit import CatalogItemsEdit as CatalogItemsEdit
    from ._generated.cep.models.catalog_page import CatalogPage as CatalogPage
    from ._generated.cep.models.catalog_remove import CatalogRemove as CatalogRemove
    from ._generated.cep.models.catalog_update import CatalogUpdate as CatalogUpdate
    from ._generated.cep.models.custom_id_identifier import CustomIdIdentifier as CustomIdIdentifier
    from ._generated.cep.models.edit_profile import EditProfile as EditProfile
    from ._generated.cep.models.email_message import EmailMessage as EmailMessage
    from ._generated.cep.models.email_message_language import EmailMessageLanguage as EmailMessageLanguage
    from ._generated.cep.models.email_reply_to import EmailReplyTo as EmailReplyTo
    from ._generated.cep.models.empty_response import EmptyResponse as EmptyResponse
    from ._generated.cep.models.error_body import ErrorBody as ErrorBody
    from ._generated.cep.models.event_attribute_value import EventAttributeValue as EventAttributeValue
    from ._generated.cep.models.event_object import EventObject as EventObject
    from ._generated.cep.models.export_attributes_request import ExportAttributesRequest as ExportAttributesRequest
    from ._generated.cep.models.export_channel import ExportChannel as ExportChannel
    from ._generated.cep.models.export_created import ExportCreated as ExportCreated
    from ._generated.cep.models.export_events_request import ExportEventsRequest as ExportEventsRequest
    from ._generated.cep.models.export_file import ExportFile as ExportFile
    from ._generated.cep.models.export_filter import ExportFilter as ExportFilter
    from ._generated.cep.models.export_identifier import ExportIdentifier as ExportIdentifier
    from ._generated.cep.models.export_page import ExportPage as ExportPage
    from ._generated.cep.models.export_reachability_request import (
        ExportReachabilityRequest as ExportReachabilityRequest,
    )
    from ._generated.cep.models.export_record import ExportRecord as ExportRecord
    from ._generated.cep.models.export_request import ExportRequest as ExportRequest
    from ._generated.cep.models.export_scope import ExportScope as ExportScope
    from ._generated.cep.models.export_status import ExportStatus as ExportStatus
    from ._generated.cep.models.indexing_token import IndexingToken as IndexingToken
    from ._generated.cep.models.installation import Installation as Installation
    from ._generated.cep.models.installation_identifier import InstallationIdentifier as InstallationIdentifier
    from ._generated.cep.models.marketing_subscription import MarketingSubscription as MarketingSubscription
    from ._generated.cep.models.orchestration_channel import OrchestrationChannel as OrchestrationChannel
    from ._generated.cep.models.orchestration_page import OrchestrationPage as OrchestrationPage
    from ._generated.cep.models.orchestration_row import OrchestrationRow as OrchestrationRow
    from ._generated.cep.models.orchestration_stats import OrchestrationStats as OrchestrationStats
    from ._generated.cep.models.orchestration_status import OrchestrationStatus as OrchestrationStatus
    from ._generated.cep.models.orchestration_summary import OrchestrationSummary as OrchestrationSummary
    from ._generated.cep.models.orchestration_type import OrchestrationType as OrchestrationType
    from ._generated.cep.models.profile_attribute_value import ProfileAttributeValue as ProfileAttributeValue
    from ._generated.cep.models.profile_attributes import ProfileAttributes as ProfileAttributes
    from ._generated.cep.models.profile_event import ProfileEvent as ProfileEvent
    from ._generated.cep.models.profile_event_attributes import ProfileEventAttributes as ProfileEventAttributes
    from ._generated.cep.models.profile_identifiers import ProfileIdentifiers as ProfileIdentifiers
    from ._generated.cep.models.profile_update_error import ProfileUpdateError as ProfileUpdateError
    from ._generated.cep.models.profile_update_partial_errors import (
        ProfileUpdatePartialErrors as ProfileUpdatePartialErrors,
    )
    from ._generated.cep.models.profile_update_result import ProfileUpdateResult as ProfileUpdateResult
    from ._generated.cep.models.profile_update_success import ProfileUpdateSuccess as ProfileUpdateSuccess
    from ._generated.cep.models.push_campaign import PushCampaign as PushCampaign
    from ._generated.cep.models.push_message import PushMessage as PushMessage
    from ._generated.cep.models.push_message_language import PushMessageLanguage as PushMessageLanguage
    from ._generated.cep.models.push_platform import PushPlatform as PushPlatform
    from ._generated.cep.models.segment import Segment as Segment
    from ._generated.cep.models.segment_page import SegmentPage as SegmentPage
    from ._generated.cep.models.stats_day import StatsDay as StatsDay
    from ._generated.cep.models.stats_figures import StatsFigures as StatsFigures
    from ._generated.cep.models.stats_platform import StatsPlatform as StatsPlatform
    from ._generated.cep.models.stats_version import StatsVersion as StatsVersion

_MODULES = {
    "ArrayOperation": "array_operation",
    "Audience": "audience",
    "AudienceAddId": "audience_add_id",
    "AudienceAttributes": "audience_attributes",
    "AudienceChange": "audience_change",
    "AudienceCreate": "audience_create",
    "AudienceIndexingState": "audience_indexing_state",
    "AudienceKind": "audience_kind",
    "AudiencePage": "audience_page",
    "AudienceRemove": "audience_remove",
    "AudienceRemoveId": "audience_remove_id",
    "AudienceReplace": "audience_replace",
    "AudienceReplaceId": "audience_replace_id",
    "AudienceUpdate": "audience_update",
    "Campaign": "campaign",
    "CampaignChannel": "campaign_channel",
    "CampaignCreated": "campaign_created",
    "CampaignDelete": "campaign_delete",
    "CampaignMessage": "campaign_message",
    "CampaignQuery": "campaign_query",
    "CampaignSchedule": "campaign_schedule",
    "CampaignSource": "campaign_source",
    "CampaignState": "campaign_state",
    "CampaignSummary": "campaign_summary",
    "CampaignTargeting": "campaign_targeting",
    "CampaignUpdate": "campaign_update",
    "Catalog": "catalog",
    "CatalogCreate": "catalog_create",
    "CatalogField": "catalog_field",
    "CatalogFieldAction": "catalog_field_action",
    "CatalogFieldEdit": "catalog_field_edit",
    "CatalogFieldType": "catalog_field_type",
    "CatalogIndexingState": "catalog_indexing_state",
    "CatalogItemAttributes": "catalog_item_attributes",
    "CatalogItemEdit": "catalog_item_edit",
    "CatalogItemsEdit": "catalog_items_edit",
    "CatalogPage": "catalog_page",
    "CatalogRemove": "catalog_remove",
    "CatalogUpdate": "catalog_update",
    "CustomIdIdentifier": "custom_id_identifier",
    "EditProfile": "edit_profile",
    "EmailMessage": "email_message",
    "EmailMessageLanguage": "email_message_language",
    "EmailReplyTo": "email_reply_to",
    "EmptyResponse": "empty_response",
    "ErrorBody": "error_body",
    "EventAttributeValue": "event_attribute_value",
    "EventObject": "event_object",
    "ExportAttributesRequest": "export_attributes_request",
    "ExportChannel": "export_channel",
    "ExportCreated": "export_created",
    "ExportEventsRequest": "export_events_request",
    "ExportFile": "export_file",
    "ExportFilter": "export_filter",
    "ExportIdentifier": "export_identifier",
    "ExportPage": "export_page",
    "ExportReachabilityRequest": "export_reachability_request",
    "ExportRecord": "export_record",
    "ExportRequest": "export_request",
    "ExportScope": "export_scope",
    "ExportStatus": "export_status",
    "IndexingToken": "indexing_token",
    "Installation": "installation",
    "InstallationIdentifier": "installation_identifier",
    "MarketingSubscription": "marketing_subscription",
    "OrchestrationChannel": "orchestration_channel",
    "OrchestrationPage": "orchestration_page",
    "OrchestrationRow": "orchestration_row",
    "OrchestrationStats": "orchestration_stats",
    "OrchestrationStatus": "orchestration_status",
    "OrchestrationSummary": "orchestration_summary",
    "OrchestrationType": "orchestration_type",
    "ProfileAttributeValue": "profile_attribute_value",
    "ProfileAttributes": "profile_attributes",
    "ProfileEvent": "profile_event",
    "ProfileEventAttributes": "profile_event_attributes",
    "ProfileIdentifiers": "profile_identifiers",
    "ProfileUpdateError": "profile_update_error",
    "ProfileUpdatePartialErrors": "profile_update_partial_errors",
    "ProfileUpdateResult": "profile_update_result",
    "ProfileUpdateSuccess": "profile_update_success",
    "PushCampaign": "push_campaign",
    "PushMessage": "push_message",
    "PushMessageLanguage": "push_message_language",
    "PushPlatform": "push_platform",
    "Segment": "segment",
    "SegmentPage": "segment_page",
    "StatsDay": "stats_day",
    "StatsFigures": "stats_figures",
    "StatsPlatform": "stats_platform",
    "StatsVersion": "stats_version",
}

__all__ = [
    "UNSET",
    "ArrayOperation",
    "Audience",
    "AudienceAddId",
    "AudienceAttributes",
    "AudienceChange",
    "AudienceCreate",
    "AudienceIndexingState",
    "AudienceKind",
    "AudiencePage",
    "AudienceRemove",
    "AudienceRemoveId",
    "AudienceReplace",
    "AudienceReplaceId",
    "AudienceUpdate",
    "Campaign",
    "CampaignChannel",
    "CampaignCreated",
    "CampaignDelete",
    "CampaignMessage",
    "CampaignQuery",
    "CampaignSchedule",
    "CampaignSource",
    "CampaignState",
    "CampaignSummary",
    "CampaignTargeting",
    "CampaignUpdate",
    "Catalog",
    "CatalogCreate",
    "CatalogField",
    "CatalogFieldAction",
    "CatalogFieldEdit",
    "CatalogFieldType",
    "CatalogIndexingState",
    "CatalogItemAttributes",
    "CatalogItemEdit",
    "CatalogItemsEdit",
    "CatalogPage",
    "CatalogRemove",
    "CatalogUpdate",
    "CustomIdIdentifier",
    "EditProfile",
    "EmailMessage",
    "EmailMessageLanguage",
    "EmailReplyTo",
    "EmptyResponse",
    "ErrorBody",
    "EventAttributeValue",
    "EventObject",
    "ExportAttributesRequest",
    "ExportChannel",
    "ExportCreated",
    "ExportEventsRequest",
    "ExportFile",
    "ExportFilter",
    "ExportIdentifier",
    "ExportPage",
    "ExportReachabilityRequest",
    "ExportRecord",
    "ExportRequest",
    "ExportScope",
    "ExportStatus",
    "IndexingToken",
    "Installation",
    "InstallationIdentifier",
    "MarketingSubscription",
    "OrchestrationChannel",
    "OrchestrationPage",
    "OrchestrationRow",
    "OrchestrationStats",
    "OrchestrationStatus",
    "OrchestrationSummary",
    "OrchestrationType",
    "ProfileAttributeValue",
    "ProfileAttributes",
    "ProfileEvent",
    "ProfileEventAttributes",
    "ProfileIdentifiers",
    "ProfileUpdateError",
    "ProfileUpdatePartialErrors",
    "ProfileUpdateResult",
    "ProfileUpdateSuccess",
    "PushCampaign",
    "PushMessage",
    "PushMessageLanguage",
    "PushPlatform",
    "Segment",
    "SegmentPage",
    "StatsDay",
    "StatsFigures",
    "StatsPlatform",
    "StatsVersion",
    "Unset",
]


def __getattr__(name: str) -> Any:
    module = _MODULES.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"._generated.cep.models.{module}", __package__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
