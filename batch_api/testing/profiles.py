"""Profiles: edits are really applied, and an invalid value is reported on its own."""

from __future__ import annotations

import asyncio
import dataclasses
from typing import TYPE_CHECKING, Any

from batch_api.testing.timing import Time, stamp
from batch_api.testing.values import MAX_ATTRIBUTES, Key, bad_event_attributes, check_attribute, check_event, read_key
from batch_api.testing.wire import Reply, answer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from batch_api.testing.call import Call

SLICE = 50
"""Edits handled before yielding to the event loop, so that a mass update does not delay other answers."""

ONLY_BY_CUSTOM_ID = {"$email_address", "$email_marketing", "$phone_number", "$sms_marketing"}
"""Silently dropped if a profile is addressed by installation (fact sheet: profiles and audiences, 2.1.2)."""


@dataclasses.dataclass(slots=True)
class Profile:
    """A stored profile."""

    custom_id: str
    attributes: dict[str, Any] = dataclasses.field(default_factory=dict)
    """By bare name: what was sent as `date(since)` is stored as `since`."""
    kinds: dict[str, str] = dataclasses.field(default_factory=dict)
    """`date` or `url` for the attributes that were sent as such."""
    events: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    """In order of arrival, each with a `time`."""
    installations: list[str] = dataclasses.field(default_factory=list)


class Profiles:
    """The profiles of a project."""

    def __init__(self, time: Time) -> None:
        self._time = time
        self.by_id: dict[str, Profile] = {}
        self._by_installation: dict[tuple[str, str], Profile] = {}

    def link_installation(self, custom_id: str, *, apikey: str, installation_id: str) -> None:
        """Link an installation to the profile `custom_id`, like a log-in on a device."""
        profile = self._of_custom_id(custom_id)
        profile.installations.append(installation_id)
        self._by_installation[apikey, installation_id] = profile

    async def update(self, call: Call) -> Reply:
        """`/profiles/update` and `/profiles/mass-update`."""
        errors: list[dict[str, Any]] = []
        now = self._time.wall()
        for start in range(0, len(call.body), SLICE):
            for index, edit in enumerate(call.body[start : start + SLICE], start):
                errors += [{"bulk_index": index, **error} for error in self._apply(edit, now)]
            if start + SLICE < len(call.body):
                await asyncio.sleep(0)
        if errors:
            return answer(202, {"code": "SUCCESS_WITH_PARTIAL_ERRORS", "errors": errors})
        return answer(202, {"code": "SUCCESS"})

    def _apply(self, edit: dict[str, Any], now: datetime) -> Iterator[dict[str, Any]]:
        """Apply the valid parts of an edit, and return its errors."""
        identifiers = edit["identifiers"]
        attributes, events = edit.get("attributes", {}), edit.get("events", ())
        profile: Profile | None
        if "custom_id" not in identifiers:
            installation = identifiers["installation"]
            profile = self._by_installation.get((installation["apikey"], installation["installation_id"]))
            attributes = {key: value for key, value in attributes.items() if key not in ONLY_BY_CUSTOM_ID}
        elif identifiers["custom_id"]:
            profile = self._of_custom_id(identifiers["custom_id"])
        else:
            yield {"category": "identifier", "reason": "the custom_id is empty"}
            return
        if attributes:
            yield from _apply_attributes(profile, attributes)
        if events:
            yield from _apply_events(profile, events, now)

    def _of_custom_id(self, custom_id: str) -> Profile:
        profile = self.by_id.get(custom_id)
        if profile is None:
            profile = self.by_id[custom_id] = Profile(custom_id)
        return profile


def _apply_attributes(profile: Profile | None, attributes: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for position, (text, value) in enumerate(attributes.items()):
        key = read_key(text)
        if key is None:
            reason: str | None = "there is no attribute of this name"
        elif position >= MAX_ATTRIBUTES:
            reason = f"an edit has at most {MAX_ATTRIBUTES} attributes"
        else:
            reason = check_attribute(key, value)
        if reason is not None:
            yield {"category": "attribute", "attribute": text, "reason": reason}
        elif profile is not None and key is not None:
            _set(profile, key, value)


def _apply_events(profile: Profile | None, events: list[dict[str, Any]], now: datetime) -> Iterator[dict[str, Any]]:
    received = stamp(now)
    for position, event in enumerate(events):
        reason = check_event(event, now)
        if reason is not None:
            yield {"category": "event", "reason": f"event {position}: {reason}"}
            continue
        bad = bad_event_attributes(event)
        for key, why in bad.items():
            yield {"category": "event", "attribute": key, "reason": f"event {position}: {why}"}
        if profile is not None:
            kept = {key: value for key, value in event.get("attributes", {}).items() if key not in bad}
            profile.events.append({"time": received, **event, **({"attributes": kept} if bad else {})})


def _set(profile: Profile, key: Key, value: Any) -> None:
    """Apply one attribute: `null` deletes, an array replaces, `$add` and `$remove` change an existing array."""
    name = key.name
    profile.kinds.pop(name, None)
    if value is None:
        profile.attributes.pop(name, None)
        return
    if isinstance(value, dict):
        stored = profile.attributes.get(name)
        array = list(stored) if isinstance(stored, list) else []
        array += [text for text in dict.fromkeys(value.get("$add", ())) if text not in array]
        value = [text for text in array if text not in value.get("$remove", ())]
    profile.attributes[name] = value
    if key.kind in ("date", "url"):
        profile.kinds[name] = key.kind
