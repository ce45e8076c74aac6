"""The models of the legacy app-level API, for those who prefer them to dicts. Each is imported when first asked for.

`UNSET` marks a field of a request that is left out; `None` would be sent, and deletes.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ._codec import UNSET as UNSET
from ._codec import Unset as Unset

if TYPE_CHECKING:
    from ._generated.mep.models.app_data_create import AppDataCreate as AppDataCreate
    from ._generated.mep.models.app_data_list import AppDataList as AppDataList
    from ._generated.mep.models.app_data_table import AppDataTable as AppDataTable
    from ._generated.mep.models.app_data_update import AppDataUpdate as AppDataUpdate
    from ._generated.mep.models.app_data_values import AppDataValues as AppDataValues
    from ._generated.mep.models.app_export import AppExport as AppExport
    from ._generated.mep.models.app_export_create import AppExportCreate as AppExportCreate
    from ._generated.mep.models.app_export_created import AppExportCreated as AppExportCreated
    from ._generated.mep.models.app_export_event import AppExportEvent as AppExportEvent
    from ._generated.mep.models.app_export_id import AppExportId as AppExportId
    from ._generated.mep.models.app_export_request import AppExportRequest as AppExportRequest
    from ._generated.mep.models.attribute_value import AttributeValue as AttributeValue
    from ._generated.mep.models.audience_action import AudienceAction as AudienceAction
    from ._generated.mep.models.audience_attributes import AudienceAttributes as AudienceAttributes
    from ._generated.mep.models.audience_list import AudienceList as AudienceList
    from ._generated.mep.models.audience_summary import AudienceSummary as AudienceSummary
    from ._generated.mep.models.audience_view import AudienceView as AudienceView
    from ._generated.mep.models.campaign_created import CampaignCreated as CampaignCreated
    from ._generated.mep.models.custom_audience_create import CustomAudienceCreate as CustomAudienceCreate
    from ._generated.mep.models.custom_audience_edit import CustomAudienceEdit as CustomAudienceEdit
    from ._generated.mep.models.custom_audience_kind import CustomAudienceKind as CustomAudienceKind
    from ._generated.mep.models.custom_audience_update import CustomAudienceUpdate as CustomAudienceUpdate
    from ._generated.mep.models.custom_data_bulk_item import CustomDataBulkItem as CustomDataBulkItem
    from ._generated.mep.models.custom_data_result import CustomDataResult as CustomDataResult
    from ._generated.mep.models.custom_data_update import CustomDataUpdate as CustomDataUpdate
    from ._generated.mep.models.custom_data_value import CustomDataValue as CustomDataValue
    from ._generated.mep.models.custom_data_values import CustomDataValues as CustomDataValues
    from ._generated.mep.models.empty_response import EmptyResponse as EmptyResponse
    from ._generated.mep.models.error_body import ErrorBody as ErrorBody
    from ._generated.mep.models.gcm_collapse_key import GcmCollapseKey as GcmCollapseKey
    from ._generated.mep.models.gdpr_request import GdprRequest as GdprRequest
    from ._generated.mep.models.gdpr_request_create import GdprRequestCreate as GdprRequestCreate
    from ._generated.mep.models.gdpr_request_created import GdprRequestCreated as GdprRequestCreated
    from ._generated.mep.models.gdpr_request_type import GdprRequestType as GdprRequestType
    from ._generated.mep.models.gdpr_user_id import GdprUserId as GdprUserId
    from ._generated.mep.models.grace_period import GracePeriod as GracePeriod
    from ._generated.mep.models.in_app_campaign import InAppCampaign as InAppCampaign
    from ._generated.mep.models.in_app_campaign_create import InAppCampaignCreate as InAppCampaignCreate
    from ._generated.mep.models.in_app_campaign_summary import InAppCampaignSummary as InAppCampaignSummary
    from ._generated.mep.models.in_app_campaign_update import InAppCampaignUpdate as InAppCampaignUpdate
    from ._generated.mep.models.in_app_landing import InAppLanding as InAppLanding
    from ._generated.mep.models.in_app_landing_content import InAppLandingContent as InAppLandingContent
    from ._generated.mep.models.in_app_trigger import InAppTrigger as InAppTrigger
    from ._generated.mep.models.in_app_trigger_event import InAppTriggerEvent as InAppTriggerEvent
    from ._generated.mep.models.indexing_token import IndexingToken as IndexingToken
    from ._generated.mep.models.install_audience_create import InstallAudienceCreate as InstallAudienceCreate
    from ._generated.mep.models.install_audience_edit import InstallAudienceEdit as InstallAudienceEdit
    from ._generated.mep.models.install_audience_member import InstallAudienceMember as InstallAudienceMember
    from ._generated.mep.models.install_audience_replace import InstallAudienceReplace as InstallAudienceReplace
    from ._generated.mep.models.install_audience_update import InstallAudienceUpdate as InstallAudienceUpdate
    from ._generated.mep.models.landing_action import LandingAction as LandingAction
    from ._generated.mep.models.landing_action_arguments import LandingActionArguments as LandingActionArguments
    from ._generated.mep.models.media import Media as Media
    from ._generated.mep.models.priority import Priority as Priority
    from ._generated.mep.models.push_campaign import PushCampaign as PushCampaign
    from ._generated.mep.models.push_campaign_create import PushCampaignCreate as PushCampaignCreate
    from ._generated.mep.models.push_campaign_landing import PushCampaignLanding as PushCampaignLanding
    from ._generated.mep.models.push_campaign_media import PushCampaignMedia as PushCampaignMedia
    from ._generated.mep.models.push_campaign_stats import PushCampaignStats as PushCampaignStats
    from ._generated.mep.models.push_campaign_stats_day import PushCampaignStatsDay as PushCampaignStatsDay
    from ._generated.mep.models.push_campaign_summary import PushCampaignSummary as PushCampaignSummary
    from ._generated.mep.models.push_campaign_targeting import PushCampaignTargeting as PushCampaignTargeting
    from ._generated.mep.models.push_campaign_trigger import PushCampaignTrigger as PushCampaignTrigger
    from ._generated.mep.models.push_campaign_update import PushCampaignUpdate as PushCampaignUpdate
    from ._generated.mep.models.push_campaign_version_stats import PushCampaignVersionStats as PushCampaignVersionStats
    from ._generated.mep.models.push_campaign_versions import PushCampaignVersions as PushCampaignVersions
    from ._generated.mep.models.push_landing import PushLanding as PushLanding
    from ._generated.mep.models.push_message import PushMessage as PushMessage
    from ._generated.mep.models.push_type import PushType as PushType
    from ._generated.mep.models.recurrence import Recurrence as Recurrence
    from ._generated.mep.models.tag_collection_change import TagCollectionChange as TagCollectionChange
    from ._generated.mep.models.targeting import Targeting as Targeting
    from ._generated.mep.models.targeting_query import TargetingQuery as TargetingQuery
    from ._generated.mep.models.targeting_segment import TargetingSegment as TargetingSegment
    from ._generated.mep.models.transactional_landing import TransactionalLanding as TransactionalLanding
    from ._generated.mep.models.transactional_message import TransactionalMessage as TransactionalMessage
    from ._generated.mep.models.transactional_recipients import TransactionalRecipients as TransactionalRecipients
    from ._generated.mep.models.transactional_send import TransactionalSend as TransactionalSend
    from ._generated.mep.models.transactional_send_result import TransactionalSendResult as TransactionalSendResult
    from ._generated.mep.models.transactional_stats import TransactionalStats as TransactionalStats
    from ._generated.mep.models.transactional_stats_day import TransactionalStatsDay as TransactionalStatsDay
    from ._generated.mep.models.trigger_event import TriggerEvent as TriggerEvent
    from ._generated.mep.models.trigger_event_attributes import TriggerEventAttributes as TriggerEventAttributes
    from ._generated.mep.models.trigger_event_batch import TriggerEventBatch as TriggerEventBatch
    from ._generated.mep.models.trigger_event_bulk_item import TriggerEventBulkItem as TriggerEventBulkItem

_MODULES = {
    "AppDataCreate": "app_data_create",
    "AppDataList": "app_data_list",
    "AppDataTable": "app_data_table",
    "AppDataUpdate": "app_data_update",
    "AppDataValues": "app_data_values",
    "AppExport": "app_export",
    "AppExportCreate": "app_export_create",
    "AppExportCreated": "app_export_created",
    "AppExportEvent": "app_export_event",
    "AppExportId": "app_export_id",
    "AppExportRequest": "app_export_request",
    "AttributeValue": "attribute_value",
    "AudienceAction": "audience_action",
    "AudienceAttributes": "audience_attributes",
    "AudienceList": "audience_list",
    "AudienceSummary": "audience_summary",
    "AudienceView": "audience_view",
    "CampaignCreated": "campaign_created",
    "CustomAudienceCreate": "custom_audience_create",
    "CustomAudienceEdit": "custom_audience_edit",
    "CustomAudienceKind": "custom_audience_kind",
    "CustomAudienceUpdate": "custom_audience_update",
    "CustomDataBulkItem": "custom_data_bulk_item",
    "CustomDataResult": "custom_data_result",
    "CustomDataUpdate": "custom_data_update",
    "CustomDataValue": "custom_data_value",
    "CustomDataValues": "custom_data_values",
    "EmptyResponse": "empty_response",
    "ErrorBody": "error_body",
    "GcmCollapseKey": "gcm_collapse_key",
    "GdprRequest": "gdpr_request",
    "GdprRequestCreate": "gdpr_request_create",
    "GdprRequestCreated": "gdpr_request_created",
    "GdprRequestType": "gdpr_request_type",
    "GdprUserId": "gdpr_user_id",
    "GracePeriod": "grace_period",
    "InAppCampaign": "in_app_campaign",
    "InAppCampaignCreate": "in_app_campaign_create",
    "InAppCampaignSummary": "in_app_campaign_summary",
    "InAppCampaignUpdate": "in_app_campaign_update",
    "InAppLanding": "in_app_landing",
    "InAppLandingContent": "in_app_landing_content",
    "InAppTrigger": "in_app_trigger",
    "InAppTriggerEvent": "in_app_trigger_event",
    "IndexingToken": "indexing_token",
    "InstallAudienceCreate": "install_audience_create",
    "InstallAudienceEdit": "install_audience_edit",
    "InstallAudienceMember": "install_audience_member",
    "InstallAudienceReplace": "install_audience_replace",
    "InstallAudienceUpdate": "install_audience_update",
    "LandingAction": "landing_action",
    "LandingActionArguments": "landing_action_arguments",
    "Media": "media",
    "Priority": "priority",
    "PushCampaign": "push_campaign",
    "PushCampaignCreate": "push_campaign_create",
    "PushCampaignLanding": "push_campaign_landing",
    "PushCampaignMedia": "push_campaign_media",
    "PushCampaignStats": "push_campaign_stats",
    "PushCampaignStatsDay": "push_campaign_stats_day",
    "PushCampaignSummary": "push_campaign_summary",
    "PushCampaignTargeting": "push_campaign_targeting",
    "PushCampaignTrigger": "push_campaign_trigger",
    "PushCampaignUpdate": "push_campaign_update",
    "PushCampaignVersionStats": "push_campaign_version_stats",
    "PushCampaignVersions": "push_campaign_versions",
    "PushLanding": "push_landing",
    "PushMessage": "push_message",
    "PushType": "push_type",
    "Recurrence": "recurrence",
    "TagCollectionChange": "tag_collection_change",
    "Targeting": "targeting",
    "TargetingQuery": "targeting_query",
    "TargetingSegment": "targeting_segment",
    "TransactionalLanding": "transactional_landing",
    "TransactionalMessage": "transactional_message",
    "TransactionalRecipients": "transactional_recipients",
    "TransactionalSend": "transactional_send",
    "TransactionalSendResult": "transactional_send_result",
    "TransactionalStats": "transactional_stats",
    "TransactionalStatsDay": "transactional_stats_day",
    "TriggerEvent": "trigger_event",
    "TriggerEventAttributes": "trigger_event_attributes",
    "TriggerEventBatch": "trigger_event_batch",
    "TriggerEventBulkItem": "trigger_event_bulk_item",
}

__all__ = [
    "UNSET",
    "AppDataCreate",
    "AppDataList",
    "AppDataTable",
    "AppDataUpdate",
    "AppDataValues",
    "AppExport",
    "AppExportCreate",
    "AppExportCreated",
    "AppExportEvent",
    "AppExportId",
    "AppExportRequest",
    "AttributeValue",
    "AudienceAction",
    "AudienceAttributes",
    "AudienceList",
    "AudienceSummary",
    "AudienceView",
    "CampaignCreated",
    "CustomAudienceCreate",
    "CustomAudienceEdit",
    "CustomAudienceKind",
    "CustomAudienceUpdate",
    "CustomDataBulkItem",
    "CustomDataResult",
    "CustomDataUpdate",
    "CustomDataValue",
    "CustomDataValues",
    "EmptyResponse",
    "ErrorBody",
    "GcmCollapseKey",
    "GdprRequest",
    "GdprRequestCreate",
    "GdprRequestCreated",
    "GdprRequestType",
    "GdprUserId",
    "GracePeriod",
    "InAppCampaign",
    "InAppCampaignCreate",
    "InAppCampaignSummary",
    "InAppCampaignUpdate",
    "InAppLanding",
    "InAppLandingContent",
    "InAppTrigger",
    "InAppTriggerEvent",
    "IndexingToken",
    "InstallAudienceCreate",
    "InstallAudienceEdit",
    "InstallAudienceMember",
    "InstallAudienceReplace",
    "InstallAudienceUpdate",
    "LandingAction",
    "LandingActionArguments",
    "Media",
    "Priority",
    "PushCampaign",
    "PushCampaignCreate",
    "PushCampaignLanding",
    "PushCampaignMedia",
    "PushCampaignStats",
    "PushCampaignStatsDay",
    "PushCampaignSummary",
    "PushCampaignTargeting",
    "PushCampaignTrigger",
    "PushCampaignUpdate",
    "PushCampaignVersionStats",
    "PushCampaignVersions",
    "PushLanding",
    "PushMessage",
    "PushType",
    "Recurrence",
    "TagCollectionChange",
    "Targeting",
    "TargetingQuery",
    "TargetingSegment",
    "TransactionalLanding",
    "TransactionalMessage",
    "TransactionalRecipients",
    "TransactionalSend",
    "TransactionalSendResult",
    "TransactionalStats",
    "TransactionalStatsDay",
    "TriggerEvent",
    "TriggerEventAttributes",
    "TriggerEventBatch",
    "TriggerEventBulkItem",
    "Unset",
]


def __getattr__(name: str) -> Any:
    module = _MODULES.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"._generated.mep.models.{module}", __package__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
