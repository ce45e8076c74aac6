"""The bodies of the legacy app-level API, as types for plain dicts: a misspelt key or a wrong value is found by a type
checker.

They have the names of the models, which may stand in their place.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, NotRequired, TypeAlias, TypedDict

from . import app_models as models
from ._codec import ListOf

__all__ = [
    "AppDataCreate",
    "AppDataUpdate",
    "AppDataValues",
    "AppExportCreate",
    "AppExportEvent",
    "AppExportId",
    "AttributeValue",
    "AudienceAction",
    "AudienceAttributes",
    "CustomAudienceCreate",
    "CustomAudienceEdit",
    "CustomAudienceKind",
    "CustomAudienceUpdate",
    "CustomDataBulkItem",
    "CustomDataUpdate",
    "CustomDataValue",
    "CustomDataValues",
    "GcmCollapseKey",
    "GdprRequestCreate",
    "GdprRequestType",
    "GdprUserId",
    "GracePeriod",
    "InAppCampaignCreate",
    "InAppCampaignUpdate",
    "InAppLanding",
    "InAppLandingContent",
    "InAppTrigger",
    "InAppTriggerEvent",
    "InstallAudienceCreate",
    "InstallAudienceEdit",
    "InstallAudienceMember",
    "InstallAudienceReplace",
    "InstallAudienceUpdate",
    "LandingAction",
    "LandingActionArguments",
    "Media",
    "Priority",
    "PushCampaignCreate",
    "PushCampaignUpdate",
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
    "TriggerEvent",
    "TriggerEventAttributes",
    "TriggerEventBatch",
    "TriggerEventBulkItem",
]


class AppDataCreate(TypedDict):
    """A table to create."""

    description: NotRequired[str]
    """Text shown in the dashboard."""
    time_to_live: NotRequired[int]
    """Retention of the data. Its unit is not known."""


class AppDataUpdate(TypedDict):
    """Change to the content of a table."""

    overwrite: bool
    """True replaces the whole content of the table."""
    values: AppDataValues
    """Entries, at most 10 000."""


_AppExportCreate = TypedDict(
    "_AppExportCreate",
    {
        "from": "str | datetime",
    },
)


class AppExportCreate(_AppExportCreate):
    """An export to ask for.

    - `from`: Start of the period, in UTC: `YYYY-MM-ddTHH:mm:ss`; the documentation also allows `now`. Matches `^(now|\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2})$`.
    """

    events: ListOf[AppExportEvent]
    """Events of the push campaign."""
    ids: ListOf[AppExportId]
    """Ids to write in the file."""
    to: str | datetime
    """End of the period, in UTC: `YYYY-MM-ddTHH:mm:ss`, or `now`. Matches
    `^(now|\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2})$`.
    """


class CustomAudienceCreate(TypedDict):
    """An audience of users to create."""

    type: CustomAudienceKind
    """Kind of id that the audience holds."""
    description: NotRequired[str]
    """Text shown in the dashboard."""


class CustomAudienceEdit(TypedDict):
    """One id to add or to remove."""

    action: AudienceAction
    """What to do with the id."""
    id: str
    """The id."""


class CustomAudienceUpdate(TypedDict):
    """Changes to an audience of users."""

    ids: ListOf[CustomAudienceEdit | models.CustomAudienceEdit]
    """Changes, at most 10 000."""
    type: CustomAudienceKind
    """Kind of id that the audience holds."""


class CustomDataBulkItem(TypedDict):
    """Change to the data of one user in a bulk call."""

    id: str
    """Custom user id."""
    update: CustomDataUpdate | models.CustomDataUpdate
    """Change to the data of one user."""


class CustomDataUpdate(TypedDict):
    """Change to the data of one user."""

    values: CustomDataValues
    """Attributes and tags, at least one."""
    overwrite: NotRequired[bool]
    """True drops the stored values that are not sent."""


class GcmCollapseKey(TypedDict):
    """Android only: a later message replaces an earlier one of the same key."""

    enabled: NotRequired[bool]
    """Whether messages collapse."""
    key: NotRequired[str]
    """The key."""


class GdprRequestCreate(TypedDict):
    """A request to create."""

    id: GdprUserId | models.GdprUserId
    """Whom the request is about."""
    request_type: GdprRequestType
    """`review` asks for the data of the user, `remove` for its removal."""
    callback_url: NotRequired[str]
    """URL to call when the request is done."""


class GdprUserId(TypedDict):
    """Whom the request is about."""

    type: str
    """`custom_id` or `advertising_id`; an installation id is accepted as well, probably as `install_id`."""
    value: str
    """The id."""


class GracePeriod(TypedDict):
    """Least time between two displays."""

    every: NotRequired[int]
    """Number of units."""
    unit: NotRequired[str]
    """Unit, such as `HOURS`; the full list is not known."""


class InAppCampaignCreate(TypedDict):
    """An in-app campaign to create. The list of fields is partial: others are let through."""

    landing: InAppLanding | models.InAppLanding
    """What is shown."""
    live: bool
    """False keeps, or makes, the campaign a draft."""
    name: str
    """Name of the campaign, at least 3 characters."""
    trigger: InAppTrigger | models.InAppTrigger
    """When and how often to show the message."""
    custom_payload: NotRequired[str | Mapping[str, Any]]
    """A JSON object serialised as a string, handed over to the app. It may not have a `com.batch` key. Paid plans
    only.
    """
    deeplink: NotRequired[str]
    """Link to open. Older documentation limits it to 255 characters."""
    end_date: NotRequired[str | datetime]
    """End, in GMT: `yyyy-MM-ddTHH:mm:ss`. Matches `^(now|\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2})$`."""
    labels: NotRequired[ListOf[str]]
    """Codes of labels made in the dashboard, at most 3. Capping by label acts on push messages only."""
    local_end_date: NotRequired[str | datetime]
    """End, in the time zone of the device: `yyyy-MM-ddTHH:mm:ss`. Matches
    `^(now|\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2})$`.
    """
    local_start_date: NotRequired[str | datetime]
    """Start, in the time zone of the device: `yyyy-MM-ddTHH:mm:ss`, or `now`. Matches
    `^(now|\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2})$`.
    """
    start_date: NotRequired[str | datetime]
    """Start, in GMT: `yyyy-MM-ddTHH:mm:ss`, or `now`. Matches `^(now|\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2})$`."""
    targeting: NotRequired[Targeting | models.Targeting]
    """Who gets the campaign."""


class InAppCampaignUpdate(TypedDict):
    """Changes to an in-app campaign: the fields of the creation, none required. The list of fields is partial: others
    are let through.

    At least 1 entry.
    """

    custom_payload: NotRequired[str | Mapping[str, Any]]
    """A JSON object serialised as a string, handed over to the app. It may not have a `com.batch` key. Paid plans
    only.
    """
    deeplink: NotRequired[str]
    """Link to open. Older documentation limits it to 255 characters."""
    end_date: NotRequired[str | datetime]
    """End, in GMT: `yyyy-MM-ddTHH:mm:ss`. Matches `^(now|\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2})$`."""
    labels: NotRequired[ListOf[str]]
    """Codes of labels made in the dashboard, at most 3. Capping by label acts on push messages only."""
    landing: NotRequired[InAppLanding | models.InAppLanding]
    """What is shown."""
    live: NotRequired[bool]
    """False keeps, or makes, the campaign a draft."""
    local_end_date: NotRequired[str | datetime]
    """End, in the time zone of the device: `yyyy-MM-ddTHH:mm:ss`. Matches
    `^(now|\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2})$`.
    """
    local_start_date: NotRequired[str | datetime]
    """Start, in the time zone of the device: `yyyy-MM-ddTHH:mm:ss`, or `now`. Matches
    `^(now|\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2})$`.
    """
    name: NotRequired[str]
    """Name of the campaign, at least 3 characters."""
    start_date: NotRequired[str | datetime]
    """Start, in GMT: `yyyy-MM-ddTHH:mm:ss`, or `now`. Matches `^(now|\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2})$`."""
    targeting: NotRequired[Targeting | models.Targeting]
    """Who gets the campaign."""
    trigger: NotRequired[InAppTrigger | models.InAppTrigger]
    """When and how often to show the message."""


class InAppLanding(TypedDict):
    """What is shown. The list of fields is partial: others are let through."""

    contents: NotRequired[ListOf[InAppLandingContent | models.InAppLandingContent]]
    """Texts, one per language."""
    image: NotRequired[str]
    """URL of an image."""
    theme: NotRequired[str]
    """Code of a theme, which must exist already."""


class InAppLandingContent(TypedDict):
    """Texts in one language. The list of fields is partial: others are let through."""

    actions: NotRequired[ListOf[LandingAction | models.LandingAction]]
    """Buttons."""
    body: NotRequired[str]
    """Text."""
    header: NotRequired[str]
    """Line above the title."""
    language: NotRequired[str]
    """Language, two letters."""
    title: NotRequired[str]
    """Title."""


class InAppTrigger(TypedDict):
    """When and how often to show the message. The list of fields is partial: others are let through."""

    capping: NotRequired[int]
    """How many times at most one user sees the message."""
    grace_period: NotRequired[GracePeriod | models.GracePeriod]
    """Least time between two displays."""
    when: NotRequired[InAppTriggerEvent | models.InAppTriggerEvent | str]
    """`NEXT_SESSION`, `NOW` (as soon as possible), or an event. Compare without regard to case: the view answers
    `next_session`.
    """


class InAppTriggerEvent(TypedDict):
    """Event that shows the message."""

    event: str
    """Name of the event."""
    label: NotRequired[str]
    """Label that the event must carry."""


class InstallAudienceCreate(TypedDict):
    """An audience of installations to create. Its fields follow version 1.0, by analogy."""

    description: NotRequired[str]
    """Text shown in the dashboard."""
    type: NotRequired[str]
    """Kind of id that the audience holds; `install_ids` is the only one of this version."""


class InstallAudienceEdit(TypedDict):
    """One installation to add or to remove."""

    action: AudienceAction
    """What to do with the id."""
    id: str
    """Installation id."""
    attributes: NotRequired[AudienceAttributes]
    """Attributes of one member."""
    tags: NotRequired[ListOf[str]]
    """Tags of this member."""


class InstallAudienceMember(TypedDict):
    """One installation."""

    id: str
    """Installation id."""
    attributes: NotRequired[AudienceAttributes]
    """Attributes of one member."""
    tags: NotRequired[ListOf[str]]
    """Tags of this member."""


class InstallAudienceReplace(TypedDict):
    """New content of an audience of installations."""

    ids: ListOf[InstallAudienceMember | models.InstallAudienceMember]
    """Members, at most 10 000 as far as is known."""


class InstallAudienceUpdate(TypedDict):
    """Changes to an audience of installations."""

    ids: ListOf[InstallAudienceEdit | models.InstallAudienceEdit]
    """Changes, at most 10 000 as far as is known."""


class LandingAction(TypedDict):
    """Button of a landing."""

    action: NotRequired[str]
    """Action, such as `continue` or `DISMISS`; the full list is not known."""
    args: NotRequired[LandingActionArguments]
    """Arguments of the action."""
    label: NotRequired[str]
    """Text of the button."""


class Media(TypedDict):
    """Attachments. The fields are those of transactional messages, by analogy."""

    audio: NotRequired[str]
    """Sound file."""
    icon: NotRequired[str]
    """Icon. No effect on iOS."""
    picture: NotRequired[str]
    """Picture."""
    video: NotRequired[str]
    """Video file."""


class PushCampaignCreate(TypedDict):
    """A push campaign to create. Exactly one of `push_time` and `local_push_time`. The list of fields is partial:
    others are let through. A/B tests are among the missing ones.
    """

    live: bool
    """False keeps, or makes, the campaign a draft."""
    messages: ListOf[PushMessage | models.PushMessage]
    """Texts, one per language. At least 1 item."""
    name: str
    """Name of the campaign, at least 3 characters."""
    custom_payload: NotRequired[str | Mapping[str, Any]]
    """A JSON object serialised as a string, handed over to the app. It may not have a `com.batch` key. Paid plans
    only.
    """
    gcm_collapse_key: NotRequired[GcmCollapseKey | models.GcmCollapseKey]
    """Android only: a later message replaces an earlier one of the same key."""
    labels: NotRequired[ListOf[str]]
    """Codes of labels made in the dashboard, at most 3."""
    landing: NotRequired[PushLanding]
    """Landing shown when the message is opened."""
    local_push_time: NotRequired[str | datetime]
    """When to send, in the time zone of the device: `yyyy-MM-ddTHH:mm:ss`. Whether `now` is accepted here is not
    known. Matches `^(now|\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2})$`.
    """
    media: NotRequired[Media | models.Media]
    """Attachments."""
    priority: NotRequired[Priority]
    """Delivery priority, `high` when left out."""
    push_time: NotRequired[str | datetime]
    """When to send, in GMT: `yyyy-MM-ddTHH:mm:ss`, or `now`. Matches
    `^(now|\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2})$`.
    """
    push_type: NotRequired[PushType]
    """iOS only: a visible message or a background one."""
    recurrence: NotRequired[Recurrence | models.Recurrence]
    """Repetition of a campaign."""
    targeting: NotRequired[Targeting | models.Targeting]
    """Who gets the campaign."""
    time_to_live: NotRequired[int]
    """Android and web: seconds during which a device that is offline can still get the message, 28 days at most. The
    documentation gives 1 as the minimum and yet describes a 0. From 0 to 2419200.
    """


class PushCampaignUpdate(TypedDict):
    """Changes to a push campaign: the fields of the creation, none required. The list of fields is partial: others are
    let through.

    At least 1 entry.
    """

    custom_payload: NotRequired[str | Mapping[str, Any]]
    """A JSON object serialised as a string, handed over to the app. It may not have a `com.batch` key. Paid plans
    only.
    """
    gcm_collapse_key: NotRequired[GcmCollapseKey | models.GcmCollapseKey]
    """Android only: a later message replaces an earlier one of the same key."""
    labels: NotRequired[ListOf[str]]
    """Codes of labels made in the dashboard, at most 3."""
    landing: NotRequired[PushLanding]
    """Landing shown when the message is opened."""
    live: NotRequired[bool]
    """False keeps, or makes, the campaign a draft."""
    local_push_time: NotRequired[str | datetime]
    """When to send, in the time zone of the device: `yyyy-MM-ddTHH:mm:ss`. Whether `now` is accepted here is not
    known. Matches `^(now|\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2})$`.
    """
    media: NotRequired[Media | models.Media]
    """Attachments."""
    messages: NotRequired[ListOf[PushMessage | models.PushMessage]]
    """Texts, one per language."""
    name: NotRequired[str]
    """Name of the campaign, at least 3 characters."""
    priority: NotRequired[Priority]
    """Delivery priority, `high` when left out."""
    push_time: NotRequired[str | datetime]
    """When to send, in GMT: `yyyy-MM-ddTHH:mm:ss`, or `now`. Matches
    `^(now|\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2})$`.
    """
    push_type: NotRequired[PushType]
    """iOS only: a visible message or a background one."""
    recurrence: NotRequired[Recurrence | models.Recurrence]
    """Repetition of a campaign."""
    targeting: NotRequired[Targeting | models.Targeting]
    """Who gets the campaign."""
    time_to_live: NotRequired[int]
    """Android and web: seconds during which a device that is offline can still get the message, 28 days at most. The
    documentation gives 1 as the minimum and yet describes a 0. From 0 to 2419200.
    """


class PushMessage(TypedDict):
    """Text of a campaign in one language. The list of fields is partial: others are let through."""

    body: str
    """Text."""
    deeplink: NotRequired[str]
    """Link to open with the message."""
    language: NotRequired[str]
    """Language, two letters."""
    title: NotRequired[str]
    """Title."""


class Recurrence(TypedDict):
    """Repetition of a campaign. Known from client code only."""

    end_date: NotRequired[str | datetime]
    """Last day of the repetition."""
    repeat_frequency: NotRequired[int]
    """Number of units between two sends."""
    repeat_unit: NotRequired[str]
    """`DAILY`, `WEEKLY` or `MONTHLY`."""


_TagCollectionChange = TypedDict(
    "_TagCollectionChange",
    {
        "$add": "NotRequired[ListOf[str]]",
        "$remove": "NotRequired[ListOf[str]]",
    },
)


class TagCollectionChange(_TagCollectionChange):
    """Partial change of a collection of tags. At least one of the two.

    At least 1 entry.

    - `$add`: Tags to add.
    - `$remove`: Tags to take out.
    """


class Targeting(TypedDict):
    """Who gets the campaign. Custom audiences can be targeted as well, by a field that is not known: further fields
    are let through.
    """

    languages: NotRequired[ListOf[str]]
    """Languages, two letters."""
    query: NotRequired[TargetingQuery | str]
    """Query on user data, as an object or as the same object serialised. An attribute is called `c.<name>` and a
    collection of tags `t.<name>`, unlike in custom data.
    """
    regions: NotRequired[ListOf[str]]
    """Countries, two letters."""
    segments: NotRequired[ListOf[TargetingSegment]]
    """Engagement segments."""


class TransactionalLanding(TypedDict):
    """Landing shown when the message is opened. The list of fields is partial: others are let through."""

    actions: NotRequired[ListOf[LandingAction | models.LandingAction]]
    """Buttons."""
    body: NotRequired[str]
    """Text."""
    header: NotRequired[str]
    """Line above the title."""
    image: NotRequired[str]
    """URL of an image."""
    image_description: NotRequired[str]
    """Description of the image, for assistive tools."""
    theme: NotRequired[str]
    """Code of an existing theme."""
    title: NotRequired[str]
    """Title."""
    tracking_id: NotRequired[str]
    """Your own id for the analytics of the landing."""


class TransactionalMessage(TypedDict):
    """Text of the message."""

    body: str
    """Text."""
    title: NotRequired[str]
    """Title."""


class TransactionalRecipients(TypedDict):
    """Users to reach: at least one list, 10 000 ids at most over all the lists. A list of advertising ids exists as
    well, under a name that is not confirmed: further lists are let through.

    At least 1 entry.
    """

    custom_ids: NotRequired[ListOf[str]]
    """Your own user ids. At most 10000 items."""
    install_ids: NotRequired[ListOf[str]]
    """Installation ids given by the SDK. At most 10000 items."""
    tokens: NotRequired[ListOf[str]]
    """Raw push tokens. Discouraged. At most 10000 items."""


class TransactionalSend(TypedDict):
    """A transactional message. The list of fields is partial: others are let through."""

    group_id: str
    """Group under which the figures are collected. It need not be unique. Letters, digits, underscores and hyphens. At
    least 1 character. Matches `^[A-Za-z0-9_-]+$`.
    """
    recipients: TransactionalRecipients | models.TransactionalRecipients
    """Users to reach: at least one list, 10 000 ids at most over all the lists."""
    custom_payload: NotRequired[str | Mapping[str, Any]]
    """A JSON object serialised as a string, handed over to the app. It may not have a `com.batch` key."""
    deeplink: NotRequired[str]
    """Link to open with the message."""
    gcm_collapse_key: NotRequired[GcmCollapseKey | models.GcmCollapseKey]
    """Android only: a later message replaces an earlier one of the same key."""
    labels: NotRequired[ListOf[str]]
    """Codes of labels made in the dashboard. At most 3 for campaigns."""
    landing: NotRequired[TransactionalLanding | models.TransactionalLanding]
    """Landing shown when the message is opened."""
    media: NotRequired[Media | models.Media]
    """Attachments, all given as URLs."""
    message: NotRequired[TransactionalMessage | models.TransactionalMessage]
    """Text of the message."""
    priority: NotRequired[Priority]
    """Delivery priority."""
    push_type: NotRequired[PushType]
    """iOS only: a visible message or a background one."""
    sandbox: NotRequired[bool]
    """Use Apple's sandbox gateway, for raw tokens of development builds."""
    time_to_live: NotRequired[int]
    """Seconds during which a device that is offline can still get the message. Campaigns accept 1 to 2 419 200 (28
    days).
    """


class TriggerEvent(TypedDict):
    """An event."""

    name: str
    """Name, with the prefix `ue.`; the rest has at most 30 characters among `a-z`, `0-9` and `_`. Matches
    `^ue\\.[a-z0-9_]{1,30}$`.
    """
    attributes: NotRequired[TriggerEventAttributes]
    """Attributes of an event, at most 15."""
    label: NotRequired[str]
    """Label, at most 200 characters."""
    tags: NotRequired[ListOf[str]]
    """Tags, at most 10 of 64 characters."""
    time: NotRequired[str | datetime]
    """When it happened, in UTC: `YYYY-MM-ddTHH:mm:ss`, within the last 24 hours and not in the future. The time of
    reception when left out. Matches `^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}$`.
    """


class TriggerEventBatch(TypedDict):
    """Events of one user."""

    events: ListOf[TriggerEvent | models.TriggerEvent]
    """Events, at most 1 000."""


class TriggerEventBulkItem(TypedDict):
    """Events of one user in a bulk call."""

    events: ListOf[TriggerEvent | models.TriggerEvent]
    """Events, at most 1 000 over all the users of the call."""
    id: str
    """Custom user id."""


AppDataValues: TypeAlias = Mapping[str, datetime | str | None]
"""Entries, at most 10 000. `null` deletes one, and is refused with `overwrite`."""

AppExportEvent: TypeAlias = Literal["push_error", "push_open", "push_sent"]
"""Events of the push campaign."""

AppExportId: TypeAlias = Literal["advertising_id", "custom_id", "install_id"]
"""Ids to write in the file."""

AttributeValue: TypeAlias = bool | int | float | str
"""Value of an attribute. A string has at most 64 characters in an event, unless it is a URL."""

AudienceAction: TypeAlias = Literal["add", "remove"]
"""What to do with the id."""

AudienceAttributes: TypeAlias = Mapping[str, datetime | AttributeValue]
"""Attributes of one member. A date is written under `date(name)`, a URL under `url(name)`. Limits are not known."""

CustomAudienceKind: TypeAlias = Literal["advertising_ids", "custom_ids"]
"""Kind of id that the audience holds."""

CustomDataValue: TypeAlias = (
    TagCollectionChange | models.TagCollectionChange | ListOf[str] | bool | int | float | str | None
)
"""Value of an attribute or of a collection of tags; which kind is allowed depends on the key."""

CustomDataValues: TypeAlias = Mapping[str, datetime | CustomDataValue]
"""Attributes and tags, at least one. `null` deletes.

* `u.<name>`: a string, a number or a boolean
* `date(u.<name>)`: a date in UTC, `YYYY-MM-DDTHH:mm:ss` with or without
  milliseconds, or a Unix time in seconds
* `ut.<name>`: a collection of tags, as an array that replaces the stored
  one or as a change of it; an empty array is refused

A name has at most 30 characters. The SDKs accept `a-z`, `0-9` and `_` in names, and 64 characters in a string or a
tag.

At least 1 entry.
"""

GdprRequestType: TypeAlias = Literal["remove", "review"]
"""`review` asks for the data of the user, `remove` for its removal."""

LandingActionArguments: TypeAlias = Mapping[str, Any]
"""Arguments of the action."""

Priority: TypeAlias = Literal["high", "normal"]
"""Delivery priority, `high` when left out. On iOS a background push is always `normal`."""

PushLanding: TypeAlias = Mapping[str, Any]
"""Landing shown when the message is opened. Its fields are not known."""

PushType: TypeAlias = Literal["alert", "background"]
"""iOS only: a visible message or a background one."""

TargetingQuery: TypeAlias = Mapping[str, Any]
"""Query."""

TargetingSegment: TypeAlias = Literal["DORMANT", "ENGAGED", "IMPORTED", "NEW", "ONE_TIME"]
"""Engagement segments."""

TriggerEventAttributes: TypeAlias = Mapping[str, datetime | AttributeValue]
"""Attributes of an event, at most 15. A name has at most 30 characters among `a-z`, `0-9` and `_`. A date is written
under `date(name)`, in UTC or as a Unix time in seconds; `url(name)` is known from custom audiences and is likely
here.
"""
