"""Migration from the legacy app-level API to profiles: turns its bodies into edits for `profiles.update`.

    from batch_api.migrate import profile_edits

    migrated = profile_edits("u1", custom_data={"values": {"u.tier": "gold", "ut.sports": ["chess"]}})
    await client.profiles.update(migrated.edits)
    for left in migrated.not_carried:
        print(left.path, left.reason)

Every field is carried over exactly, or it is in `not_carried` with the reason. Nothing is shortened, lower-cased or
guessed. Nothing here needs a client, and nothing is sent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from batch_api.engine import arguments
from batch_api.migrate.custom_data import attributes_of
from batch_api.migrate.edits import edits_of
from batch_api.migrate.events import events_of
from batch_api.migrate.leaving import Leavings
from batch_api.migrate.result import Migrated, NotCarried

if TYPE_CHECKING:
    from batch_api.app_models import CustomDataUpdate, TriggerEvent

__all__ = ["Migrated", "NotCarried", "profile_edits"]


def profile_edits(
    custom_id: str,
    custom_data: CustomDataUpdate | Mapping[str, Any] | None = None,
    events: Sequence[TriggerEvent | Mapping[str, Any]] = (),
    *,
    now: datetime | None = None,
) -> Migrated:
    """Turns what was written about one user through the legacy API into edits of the user's profile.

    Bodies are `dict`s or models of `batch_api.app_models`.

    Args:
        custom_id: The custom user id. Profiles have the same ids.
        custom_data: The body of a custom data call: `{"values": {"u.tier": "gold"}, "overwrite": False}`; in a bulk
            call, the `update` of an item.
        events: Trigger events: `[{"name": "ue.bought", "attributes": {"price": 9.9}}]`; in a bulk call, the `events` of
            an item.
        now: When the edits will be sent, an aware datetime; by default now. Profiles accept no event that is older than
            24 hours, or in the future.

    Returns the edits in the order in which to send them. It is one, unless there are more than 50 attributes, 15
    arrays or 15 events. Attributes go before events. There is none if nothing can be carried over.

    Raises `InvalidInput` if an argument does not have the shape shown here. An invalid field raises nothing: it is in
    `not_carried`.

    Nothing that depends on the stored profile can be checked here: an array has at most 25 strings, including those
    that `$add` finds there. And all apps of a project share one profile, while each app had custom data of its own: the
    last write wins.
    """
    left = Leavings()
    arguments.text(custom_id, "custom_id")
    attributes = {} if custom_data is None else attributes_of(arguments.fields(custom_data, path="custom_data"), left)
    moment = datetime.now(UTC) if now is None else now
    tracked = events_of(arguments.items(events, "events", one="event"), moment, left)
    return Migrated(custom_id, edits_of(custom_id, attributes, tracked), tuple(left.all))
