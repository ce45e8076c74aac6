"""Which attributes and events of a profile edit the API accepts, and which it refuses on their own.

Plain Python and no schema: a mass update has up to 10 000 edits, and one bad value must not refuse its neighbours
(fact sheet: profiles and audiences, 2.1.3 and 2.1.4). Every check gives the reason for a refusal, or `None`. Reasons
quote the value, as those of a vendor may: what logs them shows personal data.

What is made up, since nothing public says it: the wording and the `category` of errors; that an event with too many
attributes, or too large, is lost as a whole; that an attribute of an event is named by its key at the root; that a name
in capitals is refused in a profile and taken in an event, where public clients send some; and that `null` is taken in
an event, where public clients disagree.
"""

from __future__ import annotations

import functools
import re
import zoneinfo
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from batch_api.testing.timing import read_stamp

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_ATTRIBUTES = 50
MAX_STRING = 300
MAX_URL = 2048
MAX_ARRAY = 25
MAX_TOPICS = 25
MAX_EVENT_ATTRIBUTES = 20
MAX_EVENT_DEPTH = 3
MAX_EVENT_BYTES = 25_000
EVENT_AGE = timedelta(hours=24)
CLOCK_SKEW = timedelta(minutes=1)
"""How far ahead a client's clock may be before its events count as being in the future."""

NAME = re.compile(r"[a-z0-9_]{1,30}")
KEY = re.compile(r"([a-z0-9_]{1,30})|(date|url)\(([a-z0-9_]{1,30})\)")
URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://\S+")
EMAIL = re.compile(r"[^@\s]+@[A-Za-z0-9.-]+\.[A-Za-z0-9]+")
PHONE = re.compile(r"\+[0-9]{1,15}")
LANGUAGE = re.compile(r"[a-z]{2}")
REGION = re.compile(r"[A-Z]{2}")
TOPIC = re.compile(r"[a-z0-9_-]{1,300}")

Reason = str | None


class Key(NamedTuple):
    """The parsed key of an attribute: `date(since)` is of kind `date` and named `since`."""

    kind: str
    name: str


@functools.lru_cache(maxsize=10_000)
def read_key(text: str) -> Key | None:
    """The kind (`native`, `plain`, `date`, `url`) and bare name of an attribute; `None` if there is no such key."""
    if text.startswith("$"):
        return Key("native", text) if text in NATIVE else None
    match = KEY.fullmatch(text)
    if match is None:
        return None
    return Key("plain", match[1]) if match[1] else Key(match[2], match[3])


def check_attribute(key: Key, value: Any) -> Reason:
    """Why a profile attribute with this value is refused. `null` deletes, and is always accepted."""
    if value is None:
        return None
    if key.kind == "native":
        return NATIVE[key.name](value)
    if key.kind == "plain":
        return _plain(value)
    return _typed(key.kind, value)


def check_event(event: dict[str, Any], now: datetime) -> Reason:
    """Why an event is refused as a whole. Its attributes are refused one by one: `bad_event_attributes`."""
    name = event.get("name")
    if not isinstance(name, str) or not NAME.fullmatch(name):
        return f"{_quoted(name)} is not the name of an event: 1 to 30 of a-z, 0-9 and _"
    if "time" in event and (reason := _event_time(event["time"], now)):
        return reason
    attributes = event.get("attributes", {})
    if not isinstance(attributes, dict):
        return "the attributes of an event are an object"
    if len(attributes) > MAX_EVENT_ATTRIBUTES:
        return f"an event has at most {MAX_EVENT_ATTRIBUTES} attributes"
    return f"an event has at most {MAX_EVENT_BYTES} bytes" if len(orjson.dumps(event)) > MAX_EVENT_BYTES else None


def bad_event_attributes(event: dict[str, Any]) -> dict[str, str]:
    """The attributes of an event that are refused alone, each with the reason; the event is taken without them."""
    found = {key: _event_attribute(key, value, depth=0) for key, value in event.get("attributes", {}).items()}
    return {key: reason for key, reason in found.items() if reason is not None}


def _plain(value: Any) -> Reason:
    if isinstance(value, str):
        return None if 1 <= len(value) <= MAX_STRING else f"a string has 1 to {MAX_STRING} characters"
    if isinstance(value, bool | int | float):
        return None
    if isinstance(value, list):
        return _strings(value)
    if isinstance(value, dict):
        return _operation(value, _strings)
    return f"{_quoted(value)} is not a valid value of an attribute"


def _typed(kind: str, value: Any) -> Reason:
    if kind == "date":
        return None if read_stamp(value) else f"{_quoted(value)} is not an RFC 3339 date"
    if isinstance(value, str) and len(value) <= MAX_URL and URL.fullmatch(value):
        return None
    return f"{_quoted(value)} is not a URL of at most {MAX_URL} characters"


def _strings(values: Any) -> Reason:
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        return "an array holds strings only"
    if len(values) > MAX_ARRAY:
        return f"an array holds at most {MAX_ARRAY} strings"
    return None if all(1 <= len(value) <= MAX_STRING for value in values) else f"strings have 1 to {MAX_STRING} letters"


def _operation(value: dict[str, Any], check: Callable[[Any], Reason]) -> Reason:
    if not value or value.keys() - {"$add", "$remove"}:
        return "an object is an array operation, with $add or $remove or both"
    return next((reason for part in value.values() if (reason := check(part))), None)


def _topics(value: Any) -> Reason:
    if isinstance(value, dict):
        return _operation(value, _topics)
    if not isinstance(value, list) or len(value) > MAX_TOPICS:
        return f"topics are a list of at most {MAX_TOPICS} names"
    known = all(isinstance(topic, str) and TOPIC.fullmatch(topic.lower()) for topic in value)
    return None if known else "a topic has 1 to 300 of a-z, 0-9, _ and -"


def _matching(pattern: re.Pattern[str], what: str) -> Callable[[Any], Reason]:
    def check(value: Any) -> Reason:
        return None if isinstance(value, str) and pattern.fullmatch(value) else f"{_quoted(value)} is not {what}"

    return check


def _consent(value: Any) -> Reason:
    return None if value in ("subscribed", "unsubscribed") else f"{_quoted(value)} is not subscribed or unsubscribed"


def _timezone(value: Any) -> Reason:
    return None if isinstance(value, str) and _is_zone(value) else f"{_quoted(value)} is not an IANA time zone"


@functools.lru_cache(maxsize=1000)
def _is_zone(name: str) -> bool:
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        # A machine without the zone database knows none: then accept anything that looks like a name.
        return not _has_zones() and re.fullmatch(r"[A-Za-z]+(/[A-Za-z_+-]+)*", name) is not None
    return True


@functools.cache
def _has_zones() -> bool:
    return bool(zoneinfo.available_timezones())


NATIVE: dict[str, Callable[[Any], Reason]] = {
    "$email_address": _matching(EMAIL, "an e-mail address"),
    "$email_marketing": _consent,
    "$phone_number": _matching(PHONE, "a phone number in E.164 form"),
    "$sms_marketing": _consent,
    "$language": _matching(LANGUAGE, "a language code of two lower-case letters"),
    "$region": _matching(REGION, "a country code of two upper-case letters"),
    "$timezone": _timezone,
    "$topic_preferences": _topics,
}


def _event_time(value: Any, now: datetime) -> Reason:
    date = read_stamp(value)
    if date is None:
        return f"the time of the event, {_quoted(value)}, is not an RFC 3339 date"
    if date > now + CLOCK_SKEW:
        return "the time of the event is in the future"
    if date < now - EVENT_AGE:
        return "the event is older than 24 hours"
    return None


def _event_attribute(key: str, value: Any, depth: int) -> Reason:
    if depth == 0 and key == "$label":
        valid = isinstance(value, str) and 1 <= len(value) <= 200 and "\n" not in value
        return None if valid else "a label is one line of 1 to 200 characters"
    if depth == 0 and key == "$tags":
        valid = isinstance(value, list) and all(isinstance(tag, str) and 1 <= len(tag) <= 64 for tag in value)
        return None if valid and len(value) <= 10 else "tags are at most 10 strings of 1 to 64 characters"
    name = read_key(key.lower())
    if name is None or name.kind == "native":
        return f"{_quoted(key)} is not the name of an attribute"
    if value is None:
        return None
    if name.kind != "plain":
        return _typed(name.kind, value)
    return _event_value(value, depth)


def _event_value(value: Any, depth: int) -> Reason:
    if isinstance(value, dict):
        return _event_object(value, depth + 1)
    if isinstance(value, list) and any(isinstance(element, dict) for element in value):
        if not all(isinstance(element, dict) for element in value):
            return "an array holds either strings or objects"
        if len(value) > MAX_ARRAY:
            return f"an array holds at most {MAX_ARRAY} objects"
        return next((reason for element in value if (reason := _event_object(element, depth + 1))), None)
    return _plain(value)


def _event_object(value: dict[str, Any], depth: int) -> Reason:
    if depth > MAX_EVENT_DEPTH:
        return f"an event is at most {MAX_EVENT_DEPTH} levels deep"
    if len(value) > MAX_EVENT_ATTRIBUTES:
        return f"an object has at most {MAX_EVENT_ATTRIBUTES} attributes"
    return next((reason for key, inner in value.items() if (reason := _event_attribute(key, inner, depth))), None)


def _quoted(value: Any) -> str:
    text = orjson.dumps(value).decode()
    return text if len(text) <= 80 else text[:77] + "…"
