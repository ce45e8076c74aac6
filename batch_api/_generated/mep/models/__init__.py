"""The models of the legacy app-level API. Each is imported when it is first asked for."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .app_data_create import AppDataCreate as AppDataCreate
    from .app_data_list import AppDataList as AppDataList
    from .app_data_table import AppDataTable as AppDataTable
    from .app_data_update import AppDataUpdate as AppDataUpdate
    from .app_data_values import AppDataValues as AppDataValues
    from .app_export import AppExport as AppExport
    from .app_export_create import AppExportCreate as AppExportCreate
    from .app_export_created import AppExportCreated as AppExportCreated
    from .app_export_event import AppExportEvent as AppExportEvent
    from .app_export_id import AppExportId as AppExportId
    from .app_export_request import AppExportRequest as AppExportRequest
    from .attribute_value import AttributeValue as AttributeValue
    from .audience_action import AudienceAction as AudienceAction
    from .audience_attributes import AudienceAttributes as AudienceAttributes
    from .audience_list import AudienceList as AudienceList
    from .audience_summary import AudienceSummary as AudienceSummary
    from .audience_view import AudienceView as AudienceView
    from .campaign_created import CampaignCreated as CampaignCreated
    from .custom_audience_create import CustomAudienceCreate as CustomAudienceCreate
    from .custom_audience_edit import CustomAudienceEdit as CustomAudienceEdit
    from .custom_audience_kind import CustomAudienceKind as CustomAudienceKind
    from .custom_audience_update import CustomAudienceUpdate as CustomAudienceUpdate
    from .custom_data_bulk_item import CustomDataBulkItem as CustomDataBulkItem
    from .custom_data_result import CustomDataResult as CustomDataResult
    from .custom_data_update import CustomDataUpdate as CustomDataUpdate
    from .custom_data_value import CustomDataValue as CustomDataValue
    from .custom_data_values import CustomDataValues as CustomDataValues
    from .empty_response import EmptyResponse as EmptyResponse
    from .error_body import ErrorBody as ErrorBody
    from .gcm_collapse_key import GcmCollapseKey as GcmCollapseKey
    from .gdpr_request import GdprRequest as GdprRequest
    from .gdpr_request_create import GdprRequestCreate as GdprRequestCreate
    from .gdpr_request_created import GdprRequestCreated as GdprRequestCreated
    from .gdpr_request_type import GdprRequestType as GdprRequestType
    from .gdpr_user_id import GdprUserId as GdprUserId
    from .grace_period import GracePeriod as GracePeriod
    from .in_app_campaign import InAppCampaign as InAppCampaign
    from .in_app_campaign_create import InAppCampaignCreate as InAppCampaignCreate
    from .in_app_campaign_summary import InAppCampaignSummary as InAppCampaignSummary
    from .in_app_campaign_update import InAppCampaignUpdate as InAppCampaignUpdate
    from .in_app_landing import InAppLanding as InAppLanding
    from .in_app_landing_content import InAppLandingContent as InAppLandingContent
    from .in_app_trigger import InAppTrigger as InAppTrigger
    from .in_app_trigger_event import InAppTriggerEvent as InAppTriggerEvent
    from .indexing_token import IndexingToken as IndexingToken
    from .install_audience_create import InstallAudienceCreate as InstallAudienceCreate
    from .install_audience_edit import InstallAudienceEdit as InstallAudienceEdit
    from .install_audience_member import InstallAudienceMember as InstallAudienceMember
    from .install_audience_replace import InstallAudienceReplace as InstallAudienceReplace
    from .install_audience_update import InstallAudienceUpdate as InstallAudienceUpdate
    from .landing_action import LandingAction as LandingAction
    from .landing_action_arguments import LandingActionArguments as LandingActionArguments
    from .media import Media as Media
    from .priority import Priority as Priority
    from .push_campaign import PushCampaign as PushCampaign
    from .push_campaign_create import PushCampaignCreate as PushCampaignCreate
    from .push_campaign_landing import PushCampaignLanding as PushCampaignLanding
    from .push_campaign_media import PushCampaignMedia as PushCampaignMedia
    from .push_campaign_stats import PushCampaignStats as PushCampaignStats
    from .push_campaign_stats_day import PushCampaignStatsDay as PushCampaignStatsDay
    from .push_campaign_summary import PushCampaignSummary as PushCampaignSummary
    from .push_campaign_targeting import PushCampaignTargeting as PushCampaignTargeting
    from .push_campaign_trigger import PushCampaignTrigger as PushCampaignTrigger
    from .push_campaign_update import PushCampaignUpdate as PushCampaignUpdate
    from .push_campaign_version_stats import PushCampaignVersionStats as PushCampaignVersionStats
    from .push_campaign_versions import PushCampaignVersions as PushCampaignVersions
    from .push_landing import PushLanding as PushLanding
    from .push_message import PushMessage as PushMessage
    from .push_type import PushType as PushType
    from .recurrence import Recurrence as Recurrence
    from .tag_collection_change import TagCollectionChange as TagCollectionChange
    from .targeting import Targeting as Targeting
    from .targeting_query import TargetingQuery as TargetingQuery
    from .targeting_segment import TargetingSegment as TargetingSegment
    from .transactional_landing import TransactionalLanding as TransactionalLanding
    from .transactional_message import TransactionalMessage as TransactionalMessage
    from .transactional_recipients import TransactionalRecipients as TransactionalRecipients
    from .transactional_send import TransactionalSend as TransactionalSend
    from .transactional_send_result import TransactionalSendResult as TransactionalSendResult
    from .transactional_stats import TransactionalStats as TransactionalStats
    from .transactional_stats_day import TransactionalStatsDay as TransactionalStatsDay
    from .trigger_event import TriggerEvent as TriggerEvent
    from .trigger_event_attributes import TriggerEventAttributes as TriggerEventAttributes
    from .trigger_event_batch import TriggerEventBatch as TriggerEventBatch
    from .trigger_event_bulk_item import TriggerEventBulkItem as TriggerEventBulkItem

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
]


def __getattr__(name: str) -> Any:
    module = _MODULES.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{module}", __package__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
