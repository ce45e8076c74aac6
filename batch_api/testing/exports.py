"""Exports of profiles: requests that take a while, and files of the profiles that the fake stores.

Fact sheets: profiles and audiences, 2.3; catalogs and campaigns, 5. The lines of an attributes export have the shape
seen in the wild; those of the two other kinds are made up.
"""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import orjson

from batch_api.testing.pages import page
from batch_api.testing.timing import Time, read_stamp, stamp
from batch_api.testing.wire import Reply, answer, malformed, not_found

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batch_api.testing.call import Call
    from batch_api.testing.ids import Ids
    from batch_api.testing.profiles import Profile, Profiles
    from batch_api.testing.segments import Segments
    from batch_api.testing.storage import Storage

LOOK_BACK = timedelta(days=90)
LISTED = timedelta(days=92)
"""How long an export is listed: 3 months."""

SCOPES = {"ATTRIBUTES": "PROFILE_ATTRIBUTES", "EVENTS": "PROFILE_EVENTS", "REACHABILITY": "PROFILE_REACHABILITY"}

STEPS = ((0.1, "CREATED"), (0.3, "PENDING"), (1.0, "RUNNING"))
"""The part of an export's time at which each state ends."""


@dataclasses.dataclass(slots=True)
class File:
    """One part of an export."""

    id: str
    part: int
    content: bytes


@dataclasses.dataclass(slots=True)
class Export:
    """A stored request; `files` are made when it is first found to be finished."""

    id: str
    rank: int
    request: dict[str, Any]
    requested: datetime
    fails: bool
    files: list[File] | None = None


class Exports:
    """The exports of a project."""

    def __init__(
        self,
        time: Time,
        ids: Ids,
        profiles: Profiles,
        segments: Segments,
        storage: Storage,
        *,
        seconds: float,
        part_bytes: int,
    ) -> None:
        self._time = time
        self._ids = ids
        self._profiles = profiles
        self._segments = segments
        self._storage = storage
        self._duration = timedelta(seconds=seconds)
        self._part_bytes = part_bytes
        self._failures = 0
        self.by_id: dict[str, Export] = {}

    def fail_next(self, times: int = 1) -> None:
        """Let the next `times` exports end in `ERROR`."""
        self._failures += times

    def create(self, call: Call) -> Reply:
        request, now = call.body, self._time.wall()
        self._check(request, now)
        fails = self._failures > 0
        self._failures -= fails
        export = Export(self._ids.named("export"), self._ids.rank(), request, now, fails)
        self.by_id[export.id] = export
        return answer(202, {"id": export.id})

    def list_all(self, call: Call) -> Reply:
        oldest = self._time.wall() - LISTED
        recent = [export for export in self.by_id.values() if export.requested >= oldest]
        return page("exports", recent, call.query, lambda export: self._show(export, call.base_url))

    def view(self, call: Call) -> Reply:
        if call.query["id"] not in self.by_id:
            raise not_found("there is no export of this id")
        return answer(200, self._show(self.by_id[call.query["id"]], call.base_url))

    def download(self, call: Call) -> Reply:
        for export in self.by_id.values():
            for file in export.files or ():
                if file.id == call.query["id"]:
                    link = self._storage.link(file.id, file.content, self._ids.token())
                    return answer(307, headers={"location": link})
        raise not_found("there is no file of this id")

    def _check(self, request: dict[str, Any], now: datetime) -> None:
        if request["export_type"] == "ATTRIBUTES":
            if "attributes" not in request and "identifiers" not in request:
                raise malformed("ask for attributes or identifiers")
        else:
            start, end = read_stamp(request["from"]), read_stamp(request["to"])
            if start is None or (end is None and request["to"] != "now"):
                raise malformed("'from' and 'to' are RFC 3339 dates; 'to' may be now")
            if start < now - LOOK_BACK:
                raise malformed("'from' is more than 90 days ago")
        segment = request.get("filter", {}).get("segment")
        if segment is not None and segment not in self._segments.by_code:
            raise malformed("there is no segment of this code")

    def _state(self, export: Export) -> str:
        elapsed = self._time.wall() - export.requested
        for part, state in STEPS:
            if elapsed < self._duration * part:
                return state
        return "ERROR" if export.fails else "SUCCESS"

    def _show(self, export: Export, base_url: str) -> dict[str, Any]:
        state = self._state(export)
        if state == "SUCCESS" and export.files is None:
            export.files = self._files(export)
        shown: dict[str, Any] = {
            "id": export.id,
            "request_date": stamp(export.requested),
            "scope": SCOPES[export.request["export_type"]],
            "status": state,
            "files": [
                {
                    "id": file.id,
                    "part": file.part,
                    "size": len(file.content),
                    "url": f"{base_url}/exports/download?id={file.id}",
                }
                for file in export.files or ()
            ],
            "request": export.request,
        }
        if state in ("RUNNING", "SUCCESS", "ERROR"):
            shown["start_date"] = stamp(export.requested + self._duration * STEPS[1][0])
        if state in ("SUCCESS", "ERROR"):
            shown["completion_date"] = stamp(export.requested + self._duration)
        return shown

    def _files(self, export: Export) -> list[File]:
        """The lines of the export, in parts of at most the maximum size; one empty part if there are none."""
        parts = [bytearray()]
        for line in self._lines(export.request):
            content = orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)
            if parts[-1] and len(parts[-1]) + len(content) > self._part_bytes:
                parts.append(bytearray())
            parts[-1] += content
        return [File(self._ids.named("file"), number, bytes(part)) for number, part in enumerate(parts, 1)]

    def _lines(self, request: dict[str, Any]) -> Iterator[dict[str, Any]]:
        segment = request.get("filter", {}).get("segment")
        contains = self._segments.by_code[segment].contains if segment is not None else None
        make = {"ATTRIBUTES": _attributes, "EVENTS": _events, "REACHABILITY": _reachability}[request["export_type"]]
        for profile in self._profiles.by_id.values():
            if contains is None or contains(profile):
                for line in make(profile, request):
                    yield {"identifiers": _identifiers(profile, request), **line}


def _identifiers(profile: Profile, request: dict[str, Any]) -> dict[str, Any]:
    known: dict[str, Any] = {"custom_id": profile.custom_id}
    if profile.installations:
        known |= {"installation_ids": profile.installations, "installation_id": profile.installations[0]}
    wanted = request.get("identifiers", ["custom_id"])
    return {name: known[name] for name in wanted if name in known}


def _attributes(profile: Profile, request: dict[str, Any]) -> Iterator[dict[str, Any]]:
    wanted = request.get("attributes", ())
    yield {"attributes": {name: profile.attributes[name] for name in wanted if name in profile.attributes}}


def _events(profile: Profile, request: dict[str, Any]) -> Iterator[dict[str, Any]]:
    start, end = read_stamp(request["from"]), read_stamp(request["to"])
    for event in profile.events:
        date = read_stamp(event["time"])
        if event["name"] in request["events"] and date and start and start <= date and (end is None or date <= end):
            yield {"event": event}


def _reachability(profile: Profile, request: dict[str, Any]) -> Iterator[dict[str, Any]]:
    reachable = {
        "email": profile.attributes.get("$email_marketing") == "subscribed",
        "sms": profile.attributes.get("$sms_marketing") == "subscribed",
        "push": bool(profile.installations),
    }
    for channel in request["channels"]:
        yield {"channel": channel, "reachable": reachable[channel]}
