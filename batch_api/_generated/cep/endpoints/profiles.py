"""Write user data and events, and ask for profile exports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ...._operation import Answer, Encoded, Sender
from ..models.export_created import ExportCreated
from ..models.profile_update_result import parse_profile_update_result
from ..registry import (
    PROFILE_EXPORT,
    PROFILE_MASS_UPDATE,
    PROFILE_UPDATE,
)

if TYPE_CHECKING:
    from ..models.edit_profile import EditProfile
    from ..models.export_attributes_request import ExportAttributesRequest
    from ..models.export_events_request import ExportEventsRequest
    from ..models.export_reachability_request import ExportReachabilityRequest
    from ..models.profile_update_partial_errors import ProfileUpdatePartialErrors
    from ..models.profile_update_success import ProfileUpdateSuccess


async def profile_export(
    sender: Sender,
    body: ExportAttributesRequest | ExportEventsRequest | ExportReachabilityRequest | Mapping[str, Any] | Encoded,
) -> Answer[ExportCreated]:
    """Asks for an export of profile data and returns the id of the request, which runs in the background. Poll
    `/exports/view` with that id until its status is `SUCCESS`, then fetch the files with `/exports/download`.

    Three kinds exist, chosen by `export_type`: a snapshot of attributes, the events of a period, or the changes of
    reachability over a period. A period may not start more than 90 days ago.

    **Rate limit:** with a segment filter, 5 requests per hour (one every 12 minutes) with a burst of 10; without a
    filter, 1 request per second, the default.
    """
    reply = await sender.send(PROFILE_EXPORT, body=body)
    return Answer(ExportCreated.from_dict(reply.json()), reply)


async def profile_mass_update(
    sender: Sender,
    body: Sequence[EditProfile | Mapping[str, Any]] | Encoded,
) -> Answer[ProfileUpdatePartialErrors | ProfileUpdateSuccess]:
    """Same edits and same answer as `/profiles/update`, for large loads such as a daily dump: at most **10 000** edits
    per call, a longer array being refused as a whole. It takes longer to be applied and is meant to be used once or
    twice a day.

    **Rate limit:** 10 000 updates per second, without a burst. One Custom ID in the body is one update.

    - `body`: At most 10000 items.
    """
    reply = await sender.send(PROFILE_MASS_UPDATE, body=body)
    return Answer(parse_profile_update_result(reply.json()), reply)


async def profile_update(
    sender: Sender,
    body: Sequence[EditProfile | Mapping[str, Any]] | Encoded,
) -> Answer[ProfileUpdatePartialErrors | ProfileUpdateSuccess]:
    """Updates the attributes of one or many profiles and tracks events on them.

    The body is always an array, even for a single profile, and holds at most **200** edits; a longer array is
    refused as a whole. A profile is created when its Custom ID is not known yet. An edit is partial: attributes
    that are not sent keep their value, and `null` deletes one.

    The call is processed asynchronously. A 202 only means that it was accepted: check `code`, because a value that
    is refused is dropped alone and reported in `errors`, while the rest of the edit is applied.

    **Rate limit:** 300 updates per second with a burst of 1 000, counted in updates and not in requests. One Custom
    ID in the body is one update, whatever its number of attributes and events. Use this operation for live data and
    small frequent batches, and `/profiles/mass-update` for large periodic loads.

    - `body`: At most 200 items.
    """
    reply = await sender.send(PROFILE_UPDATE, body=body)
    return Answer(parse_profile_update_result(reply.json()), reply)
