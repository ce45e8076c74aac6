"""The bodies of the Customer Engagement Platform API, as types for plain dicts: a misspelt key or a wrong value is
found by a type checker.

They have the names of the models, which may stand in their place.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, NotRequired, TypeAlias, TypedDict

from . import models as models
from ._codec import ListOf

__all__ = [
    "ArrayOperation",
    "AudienceAddId",
    "AudienceAttributes",
    "AudienceChange",
    "AudienceCreate",
    "AudienceKind",
    "AudienceRemove",
    "AudienceRemoveId",
    "AudienceReplace",
    "AudienceReplaceId",
    "AudienceUpdate",
    "Campaign",
    "CampaignDelete",
    "CampaignMessage",
    "CampaignQuery",
    "CampaignSchedule",
    "CampaignState",
    "CampaignTargeting",
    "CampaignUpdate",
    "CatalogCreate",
    "CatalogField",
    "CatalogFieldAction",
    "CatalogFieldEdit",
    "CatalogFieldType",
    "CatalogItemAttributes",
    "CatalogItemEdit",
    "CatalogItemsEdit",
    "CatalogRemove",
    "CatalogUpdate",
    "CustomIdIdentifier",
    "EditProfile",
    "EmailMessage",
    "EmailMessageLanguage",
    "EmailReplyTo",
    "EventAttributeValue",
    "EventObject",
    "ExportAttributesRequest",
    "ExportChannel",
    "ExportEventsRequest",
    "ExportFilter",
    "ExportIdentifier",
    "ExportReachabilityRequest",
    "ExportRequest",
    "Installation",
    "InstallationIdentifier",
    "MarketingSubscription",
    "OrchestrationChannel",
    "OrchestrationStatus",
    "OrchestrationType",
    "ProfileAttributeValue",
    "ProfileAttributes",
    "ProfileEvent",
    "ProfileEventAttributes",
    "ProfileIdentifiers",
    "PushMessage",
    "PushMessageLanguage",
    "PushPlatform",
]

_ArrayOperation = TypedDict(
    "_ArrayOperation",
    {
        "$add": "NotRequired[ListOf[str]]",
        "$remove": "NotRequired[ListOf[str]]",
    },
)


class ArrayOperation(_ArrayOperation):
    """Partial change of an array of strings. At least one of the two.

    At least 1 entry.

    - `$add`: Strings to add. Each: 1 to 300 characters.
    - `$remove`: Strings to take out. Each: 1 to 300 characters.
    """


class AudienceAddId(TypedDict):
    """Adds an id to the audience."""

    action: Literal["add"]
    """Operation on the id."""
    id: str
    """An id of the kind that the audience holds."""
    attributes: NotRequired[AudienceAttributes]
    """Values kept with the id to personalise messages, at most 15."""


class AudienceCreate(TypedDict):
    """The body of `audience_create`."""

    name: str
    """Identifier of the audience, unique in the project and case-sensitive. Letters, digits, underscores and hyphens.
    1 to 255 characters. Matches `^[A-Za-z0-9_-]+$`.
    """
    type: AudienceKind
    """Kind of id that the audience holds."""
    display_name: NotRequired[str]
    """Label shown in the dashboard."""


class AudienceRemove(TypedDict):
    """The body of `audience_remove`."""

    name: str
    """Name of the audience to delete."""


class AudienceRemoveId(TypedDict):
    """Takes an id out of the audience."""

    action: Literal["remove"]
    """Operation on the id."""
    id: str
    """An id of the kind that the audience holds."""


class AudienceReplace(TypedDict):
    """The body of `audience_replace`."""

    ids: ListOf[AudienceReplaceId | models.AudienceReplaceId]
    """The ids that make up the audience from now on. At most 10000 items."""
    name: str
    """Name of an existing audience."""


class AudienceReplaceId(TypedDict):
    """An id of the new content of the audience."""

    id: str
    """An id of the kind that the audience holds."""
    attributes: NotRequired[AudienceAttributes]
    """Values kept with the id to personalise messages, at most 15."""


class AudienceUpdate(TypedDict):
    """The body of `audience_update`."""

    ids: ListOf[AudienceChange]
    """Ids to add or to remove. At most 10000 items."""
    name: str
    """Name of an existing audience."""


class Campaign(TypedDict):
    """Content, schedule and targeting of a campaign."""

    messages: ListOf[CampaignMessage]
    """The message to send. Exactly one. Exactly 1 item."""
    name: str
    """Name shown in the dashboard."""
    state: CampaignState
    """`DRAFT` is not sent until it is updated to `RUNNING`; `STOPPED` is paused and resumes when updated to `RUNNING`."""
    when: CampaignSchedule | models.CampaignSchedule
    """When the campaign is sent."""
    labels: NotRequired[ListOf[str]]
    """Labels for sorting and capping, at most 5."""
    send_rate: NotRequired[int]
    """Maximum number of messages per minute. From 1000 to 1000000."""
    targeting: NotRequired[CampaignTargeting | models.CampaignTargeting]
    """Who receives the campaign."""


class CampaignDelete(TypedDict):
    """The body of `campaign_delete`."""

    id: str
    """Id of the campaign to delete."""


class CampaignSchedule(TypedDict):
    """When the campaign is sent."""

    start_time: str | datetime
    """A UTC date in RFC 3339 form, or `now`."""
    local_time: NotRequired[bool]
    """Send when the clock of each profile's time zone shows `start_time`."""


class CampaignTargeting(TypedDict):
    """Who receives the campaign. Everyone when left out."""

    languages: NotRequired[ListOf[str]]
    """Lower-case language codes."""
    query: NotRequired[CampaignQuery]
    """Conditions on attributes and events, with operators such as `$eq`."""
    regions: NotRequired[ListOf[str]]
    """Upper-case country codes."""


class CampaignUpdate(TypedDict):
    """A campaign and its new content."""

    campaign: Campaign | models.Campaign
    """Content, schedule and targeting of a campaign."""
    id: str
    """Id returned when the campaign was created."""


class CatalogCreate(TypedDict):
    """The body of `catalog_create`."""

    fields: ListOf[CatalogField | models.CatalogField]
    """Fields that the items may carry. 1 to 25 items."""
    name: str
    """Identifier of the catalog, unique in the project."""


class CatalogField(TypedDict):
    """A typed field of a catalog."""

    name: str
    """Name of the field, 1 to 250 characters among `a-z`, `0-9` and `_`. Matches `^[a-z0-9_]+$`."""
    type: CatalogFieldType
    """Type of a catalog field."""


class CatalogFieldEdit(TypedDict):
    """A field to add to a catalog, or to remove from it."""

    action: CatalogFieldAction
    """Operation on a catalog field."""
    name: str
    """Name of the field."""
    type: NotRequired[CatalogFieldType]
    """Type of the field. Needed to add one, not to remove one."""


class CatalogItemEdit(TypedDict):
    """An operation on one item of a catalog."""

    action: str
    """What to do with the item, such as `add` or `remove`."""
    id: str
    """Id of the item in the catalog."""
    attributes: NotRequired[CatalogItemAttributes]
    """Attributes of a catalog item."""


class CatalogItemsEdit(TypedDict):
    """The body of `catalog_items_edit`."""

    items: ListOf[CatalogItemEdit | models.CatalogItemEdit]
    """Item operations. At most 200 items."""
    name: str
    """Name of the catalog."""


class CatalogRemove(TypedDict):
    """The body of `catalog_remove`."""

    name: str
    """Name of the catalog to delete."""


class CatalogUpdate(TypedDict):
    """The body of `catalog_update`."""

    fields: ListOf[CatalogFieldEdit | models.CatalogFieldEdit]
    """Changes to apply."""
    name: str
    """Name of the catalog to change."""


class CustomIdIdentifier(TypedDict):
    """Your own id of the user."""

    custom_id: str
    """Id of the user in your system. An unknown id creates a profile."""


class EditProfile(TypedDict):
    """Changes to one profile. Identifiers alone are a valid edit."""

    identifiers: ProfileIdentifiers
    """Which profile to edit."""
    attributes: NotRequired[ProfileAttributes]
    """Native attributes, whose names start with `$`, and custom attributes; up to 50 of them in one edit."""
    events: NotRequired[ListOf[ProfileEvent | models.ProfileEvent]]
    """Events to track on the profile, at most 15."""


class EmailMessage(TypedDict):
    """An email message."""

    channel_type: Literal["email"]
    """Channel of the message."""
    html: str
    """HTML body."""
    sender_identity_id: str
    """Id of a sender identity set up in the dashboard, digits in a string."""
    subject: str
    """Subject line."""
    languages: NotRequired[ListOf[EmailMessageLanguage | models.EmailMessageLanguage]]
    """Variants of the message for some languages."""
    reply_to: NotRequired[EmailReplyTo | models.EmailReplyTo]
    """Where answers go."""


class EmailMessageLanguage(TypedDict):
    """Variant of an email for one language. What it leaves out is inherited."""

    language: str
    """Lower-case language code."""
    html: NotRequired[str]
    """HTML body."""
    reply_to: NotRequired[EmailReplyTo | models.EmailReplyTo]
    """Where answers go."""
    sender_identity_id: NotRequired[str]
    """Id of a sender identity set up in the dashboard."""
    subject: NotRequired[str]
    """Subject line."""


class EmailReplyTo(TypedDict):
    """Where answers go."""

    email_address: NotRequired[str]
    """Address that receives the answers."""


class ExportAttributesRequest(TypedDict):
    """Snapshot of attributes and identifiers. Ask for at least one of `attributes` and `identifiers`."""

    export_type: Literal["ATTRIBUTES"]
    """Kind of export."""
    attributes: NotRequired[ListOf[str]]
    """Names of the attributes to export. Native names start with `$`; any other name is a custom attribute, given
    without a wrapper. At least 1 item.
    """
    filter: NotRequired[ExportFilter | models.ExportFilter]
    """Restricts the export to some profiles."""
    identifiers: NotRequired[ListOf[ExportIdentifier]]
    """Identifiers to export."""


_ExportEventsRequest = TypedDict(
    "_ExportEventsRequest",
    {
        "from": "str | datetime",
    },
)


class ExportEventsRequest(_ExportEventsRequest):
    """Events of a period.

    - `from`: Start of the period, at most 90 days ago.
    """

    events: ListOf[str]
    """Names of the events to export, such as `email_sent` or `push_open`."""
    export_type: Literal["EVENTS"]
    """Kind of export."""
    to: str | datetime
    """End of the period, an RFC 3339 date or `now`."""
    filter: NotRequired[ExportFilter | models.ExportFilter]
    """Restricts the export to some profiles."""
    identifiers: NotRequired[ListOf[str]]
    """Identifiers to export, such as `custom_id` or `installation_id`."""


class ExportFilter(TypedDict):
    """Restricts the export to some profiles."""

    segment: NotRequired[str]
    """Code of a segment, as listed by `/segments/list`."""


_ExportReachabilityRequest = TypedDict(
    "_ExportReachabilityRequest",
    {
        "from": "str | datetime",
    },
)


class ExportReachabilityRequest(_ExportReachabilityRequest):
    """Changes of reachability over a period. The data starts on 2024-10-10.

    - `from`: Start of the period, at most 90 days ago.
    """

    channels: ListOf[ExportChannel]
    """Channels to export."""
    export_type: Literal["REACHABILITY"]
    """Kind of export."""
    to: str | datetime
    """End of the period, an RFC 3339 date or `now`."""
    filter: NotRequired[ExportFilter | models.ExportFilter]
    """Restricts the export to some profiles."""
    identifiers: NotRequired[ListOf[str]]
    """Identifiers to export, such as `custom_id` or `installation_id`."""


class Installation(TypedDict):
    """An installation of an app or site."""

    apikey: str
    """SDK API key of the app."""
    installation_id: str
    """Installation id given by the SDK."""


class InstallationIdentifier(TypedDict):
    """The profile behind an installation of your app or site. An unknown installation creates no profile, and the call
    succeeds all the same. Email and phone attributes, and their subscriptions, are ignored here.
    """

    installation: Installation | models.Installation
    """An installation of an app or site."""


class ProfileEvent(TypedDict):
    """An event to track, of 25 kB at most."""

    name: str
    """Name of the event. Matches `^[a-z0-9_]{1,30}$`."""
    attributes: NotRequired[ProfileEventAttributes]
    """Attributes of an event, up to 20."""
    time: NotRequired[str | datetime]
    """When it happened: within the last 24 hours and not in the future, otherwise the event is refused. The time of
    reception when left out.
    """


class PushMessage(TypedDict):
    """A push message. Takes further options that are not listed here, among them token filters and settings for iOS,
    Android and Web.
    """

    body: str
    """Text of the notification."""
    channel_type: Literal["push"]
    """Channel of the message."""
    platform_type: ListOf[PushPlatform]
    """Platforms to send to. At least 1 item."""
    deeplink: NotRequired[str]
    """Address opened when the notification is tapped."""
    languages: NotRequired[ListOf[PushMessageLanguage | models.PushMessageLanguage]]
    """Variants of the message for some languages."""
    title: NotRequired[str]
    """Title of the notification."""


class PushMessageLanguage(TypedDict):
    """Variant of a push message for one language."""

    language: str
    """Lower-case language code."""
    body: NotRequired[str]
    """Text of the notification."""
    deeplink: NotRequired[str]
    """Address opened when the notification is tapped."""
    title: NotRequired[str]
    """Title of the notification."""


AudienceAttributes: TypeAlias = Mapping[str, datetime | ListOf[str] | int | float | str]
"""Values kept with the id to personalise messages, at most 15. Same wrappers as profile attributes: `date(name)` and
`url(name)`.
"""

AudienceChange: TypeAlias = AudienceAddId | models.AudienceAddId | AudienceRemoveId | models.AudienceRemoveId
"""Ids to add or to remove."""

AudienceKind: TypeAlias = Literal["custom_ids", "emails", "install_ids"]
"""Kind of id that the audience holds."""

CampaignMessage: TypeAlias = EmailMessage | models.EmailMessage | PushMessage | models.PushMessage
"""The message to send. Exactly one."""

CampaignQuery: TypeAlias = Mapping[str, Any]
"""Conditions on attributes and events, with operators such as `$eq`."""

CampaignState: TypeAlias = Literal["DRAFT", "RUNNING", "STOPPED"]
"""`DRAFT` is not sent until it is updated to `RUNNING`; `STOPPED` is paused and resumes when updated to `RUNNING`."""

CatalogFieldAction: TypeAlias = Literal["add", "remove"]
"""Operation on a catalog field."""

CatalogFieldType: TypeAlias = Literal["array", "bool", "date", "float", "integer", "string", "url"]
"""Type of a catalog field."""

CatalogItemAttributes: TypeAlias = Mapping[str, datetime | ListOf[str] | bool | float | str]
"""Attributes of a catalog item. A name is made of `a-z`, `0-9` and `_`. Two types need a wrapper around the name:
`date(name)`, for an RFC 3339 date or a Unix timestamp, and `url(name)`, for a URL. An array holds up to 15 strings
of 64 characters, a string up to 10 000 characters.
"""

EventAttributeValue: TypeAlias = "EventObject | ListOf[EventObject | str] | str | bool | int | float | None"
"""Value of an event attribute: a scalar, an object, or an array of up to 25 items, either all strings or all objects."""

EventObject: TypeAlias = "Mapping[str, datetime | EventAttributeValue]"
"""Object inside an event. Its names may use `date(name)` and `url(name)`."""

ExportChannel: TypeAlias = Literal["email", "push", "sms"]
"""Channels to export."""

ExportIdentifier: TypeAlias = Literal["custom_id", "installation_ids"]
"""Identifiers to export."""

ExportRequest: TypeAlias = (
    ExportAttributesRequest
    | models.ExportAttributesRequest
    | ExportEventsRequest
    | models.ExportEventsRequest
    | ExportReachabilityRequest
    | models.ExportReachabilityRequest
)
"""The body of `profile_export`."""

MarketingSubscription: TypeAlias = Literal["subscribed", "unsubscribed"]
"""Consent to marketing messages on one channel."""

OrchestrationChannel: TypeAlias = Literal["email", "in-app", "push", "sms", "universal"]
"""Keep only the orchestrations that use one of these channels."""

OrchestrationStatus: TypeAlias = Literal["completed", "draft", "running", "stopped"]
"""Keep only the orchestrations in one of these states."""

OrchestrationType: TypeAlias = Literal["campaign", "recurring", "trigger", "warmup"]
"""Keep only these kinds of orchestration."""

ProfileAttributeValue: TypeAlias = (
    ArrayOperation | models.ArrayOperation | ListOf[str] | str | bool | int | float | None
)
"""Value of a custom attribute. A string has 1 to 300 characters. An array replaces the stored one, an array operation
changes it, and `null` deletes the attribute.
"""

ProfileAttributes: TypeAlias = Mapping[str, datetime | ProfileAttributeValue]
"""Native attributes, whose names start with `$`, and custom attributes; up to 50 of them in one edit. Names that are
not sent stay as they are, and `null` deletes or resets one.

A custom name has 1 to 30 characters among `a-z`, `0-9` and `_`. Its type follows from the value, save for two that
need a wrapper around the name: `date(name)` for an RFC 3339 date and `url(name)` for a URL of at most 2 048
characters.
"""

ProfileEventAttributes: TypeAlias = "Mapping[str, datetime | EventAttributeValue]"
"""Attributes of an event, up to 20. Same names and wrappers as profile attributes; nested objects and arrays of
objects are allowed, up to 3 levels deep.
"""

ProfileIdentifiers: TypeAlias = (
    CustomIdIdentifier | models.CustomIdIdentifier | InstallationIdentifier | models.InstallationIdentifier
)
"""Which profile to edit. Exactly one identifier."""

PushPlatform: TypeAlias = Literal["android", "ios", "web"]
"""Platforms of the messages."""
