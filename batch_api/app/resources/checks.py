"""What is certainly wrong with a body of the legacy API, found before anything is sent. No error quotes a value."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from batch_api._operation import Dates
from batch_api.engine.arguments import fields, is_list, is_object, items, text, wrong
from batch_api.engine.encode import encode_whole
from batch_api.engine.errors import InvalidInput

MOST_LABELS: Final = 3
"""Labels of a campaign."""
SHORTEST_NAME: Final = 3
"""Characters in the name of a campaign."""

_PLAIN: Final = re.compile(r"[A-Za-z0-9_-]+")
_RESERVED: Final = "com.batch"


def plain_name(value: object, path: str, *, longest: int | None = None) -> str:
    """A name of letters, digits, underscores and hyphens."""
    name = text(value, path)
    if not _PLAIN.fullmatch(name):
        raise InvalidInput("expected only letters, digits, underscores and hyphens", path=path)
    if longest is not None and len(name) > longest:
        raise InvalidInput(f"expected at most {longest} characters, got {len(name)}", path=path)
    return name


def wrapped(given: object, key: str) -> dict[str, Any]:
    """The API's own object, whether it was given itself or only what it has under `key`."""
    body = fields(given) if is_object(given) else {}
    inner = body.get(key)
    return dict(body) if is_object(inner) or isinstance(inner, list | tuple) else {key: given}


def needed(body: Mapping[str, Any], *names: str) -> None:
    """Fields that must be there, whatever they hold."""
    for name in names:
        if body.get(name) is None:
            raise InvalidInput("missing", path=name)


def at_most_one(body: Mapping[str, Any], first: str, second: str) -> bool:
    """Whether one of two fields is there that say the same in two ways. Raises `InvalidInput` for both."""
    given = [name for name in (first, second) if body.get(name) is not None]
    if len(given) > 1:
        raise InvalidInput(f"{first} and {second}: give one of the two", path=second)
    return bool(given)


def local_times(body: dict[str, Any], *names: str) -> None:
    """Write naive datetimes as they are: these fields are in the time of the device, in whatever zone that is."""
    for name in names:
        value = body.get(name)
        if not isinstance(value, datetime):
            continue
        if value.tzinfo is not None:
            raise InvalidInput("expected a datetime without a time zone, the time of the device", path=name)
        body[name] = value.isoformat(timespec="seconds")


def custom_payload(body: dict[str, Any]) -> None:
    """The API takes a JSON object as text: write a mapping so, and refuse the key that it keeps for itself."""
    value = body.get("custom_payload")
    if isinstance(value, Mapping):
        if _RESERVED in value:
            raise InvalidInput(f"the key {_RESERVED} is reserved", path="custom_payload")
        body["custom_payload"] = encode_whole(value, Dates()).decode()
    elif value is not None and not isinstance(value, str):
        raise wrong("an object, or the same as JSON text", value, "custom_payload")


def campaign(given: object, path: str) -> dict[str, Any]:
    """The fields of a campaign, or of its changes: a copy, with what both kinds of campaign have checked."""
    body = dict(fields(given, path=path))
    if not body:
        raise InvalidInput("expected one field or more, got an empty object", path=path)
    name, labels = body.get("name"), body.get("labels")
    if name is not None and len(text(name, "name")) < SHORTEST_NAME:
        raise InvalidInput(f"expected at least {SHORTEST_NAME} characters, got {len(name)}", path="name")
    if is_list(labels) and len(labels) > MOST_LABELS:
        raise InvalidInput(f"expected at most {MOST_LABELS} labels, got {len(labels)}", path="labels")
    custom_payload(body)
    return body


def ids(values: object, path: str) -> None:
    """A list of ids: strings, none of them empty. An integer would be refused by the API, as a whole call."""
    for index, value in enumerate(items(values, path, one="id")):
        text(value, path, index=index)
