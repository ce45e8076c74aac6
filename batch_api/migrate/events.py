"""Trigger events, `ue.…`, as events of a profile."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

import orjson

from batch_api.engine import arguments
from batch_api.ingest.buffer.stamps import MOST_AGE
from batch_api.migrate import values
from batch_api.migrate.leaving import Leavings, Left, below

# Fact sheet: profiles and audiences, 1.5 and 2.1.4.
MOST_IN_LABEL: Final = 200
MOST_TAGS: Final = 10
MOST_IN_TAG: Final = 64
MOST_EVENT_ATTRIBUTES: Final = 20
"""The label and the tags among them, to be safe."""
MOST_EVENT_BYTES: Final = 25_000

_FIELDS: Final = ("name", "time", "label", "attributes", "tags")
_KEY: Final = re.compile(r"(?P<plain>[^()]*)|date\((?P<date>.*)\)|url\((?P<url>.*)\)", re.DOTALL)
_CONVERT: Final = {"plain": values.scalar, "date": values.date, "url": values.url}


class _Attribute(NamedTuple):
    """One of the attributes of an event."""

    path: str
    key: str
    name: str
    convert: Callable[[object], Any]
    value: Any


def events_of(given: Sequence[object], now: datetime, left: Leavings) -> list[dict[str, Any]]:
    """The events that can be carried over, in order. Raises `InvalidInput` for one that is not an object."""
    events: list[dict[str, Any]] = []
    for number, event in enumerate(given):
        path = f"events[{number}]"
        fields = arguments.fields(event, path=path)
        with left.at(path):
            events.append(_carried(fields, path, now, left))
    return events


def _carried(given: Mapping[str, Any], path: str, now: datetime, left: Leavings) -> dict[str, Any]:
    """An event. If its name or its time cannot be carried over, nothing of it is: it would be a different event."""
    event: dict[str, Any] = {"name": _name(given.get("name"))}
    if given.get("time") is not None:
        event["time"] = _time(given["time"], now)
    for key in given:
        if key not in _FIELDS:
            left.add(below(path, key), "not a known field of an event")
    attributes = _label_and_tags(given, path, left)
    for one in _read_all(given.get("attributes"), f"{path}.attributes", left):
        with left.at(one.path):
            if len(attributes) == MOST_EVENT_ATTRIBUTES:
                raise Left(f"a profile accepts at most {MOST_EVENT_ATTRIBUTES} attributes of an event")
            attributes[one.key] = one.convert(one.value)
    if attributes:
        event["attributes"] = attributes
    if len(orjson.dumps(event)) > MOST_EVENT_BYTES:
        raise Left(f"a profile accepts events of at most {MOST_EVENT_BYTES} bytes")
    return event


def _name(value: object) -> str:
    if not isinstance(value, str) or not value.startswith("ue."):
        raise Left("expected a name that starts with ue.", "name")
    try:
        return values.name(value.removeprefix("ue."))
    except Left as why:
        raise Left(why.reason, "name") from None


def _time(value: object, now: datetime) -> str:
    try:
        text = values.date(value)
    except Left as why:
        raise Left(why.reason, "time") from None
    moment = datetime.fromisoformat(text)
    if moment > now:
        raise Left("in the future: neither API accepts such an event", "time")
    if now - moment > MOST_AGE:
        raise Left("older than 24 hours: neither API accepts such an event", "time")
    return text


def _label_and_tags(given: Mapping[str, Any], path: str, left: Leavings) -> dict[str, Any]:
    """What has its own field in a legacy event, but a reserved name among the attributes in a profile event."""
    found: dict[str, Any] = {}
    for key, convert in (("label", _label), ("tags", _tags)):
        value = given.get(key)
        if value is not None and value != []:
            with left.at(f"{path}.{key}"):
                found[f"${key}"] = convert(value)
    return found


def _label(value: object) -> str:
    text = values.text(value, most=MOST_IN_LABEL)
    if "\n" in text or "\r" in text:
        raise Left("a profile accepts labels of one line only")
    return text


def _tags(value: object) -> list[str]:
    if not isinstance(value, Sequence) or isinstance(value, str | bytes | bytearray | memoryview):
        raise Left(f"expected a list of strings, got {type(value).__name__}")
    if len(value) > MOST_TAGS:
        raise Left(f"a profile accepts at most {MOST_TAGS} tags of an event, got {len(value)}")
    return [values.text(tag, most=MOST_IN_TAG) for tag in value]


def _read_all(given: object, path: str, left: Leavings) -> list[_Attribute]:
    """The attributes with a known key and a unique name."""
    if given is None:
        return []
    if not arguments.is_object(given):
        left.add(path, f"expected an object, got {type(given).__name__}")
        return []
    found: list[_Attribute] = []
    for key, value in arguments.fields(given).items():
        with left.at(below(path, key)):
            found.append(_read(key, value, path))
    times = Counter(one.name for one in found)
    for one in found:
        if times[one.name] > 1:  # `x` and `date(x)` are one attribute
            left.add(one.path, f"another key sets {one.name}, too, and it is not known which one wins: send one")
    return [one for one in found if times[one.name] == 1]


def _read(key: object, value: object, path: str) -> _Attribute:
    found = _KEY.fullmatch(key) if isinstance(key, str) else None
    if found is None or found.lastgroup is None:
        raise Left("expected a key of an event: a name, date(…) or url(…)")
    kind = found.lastgroup
    return _Attribute(below(path, key), found[0], values.name(found[kind]), _CONVERT[kind], value)
