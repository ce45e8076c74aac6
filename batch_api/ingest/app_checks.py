"""What is certainly wrong with custom data and events of the legacy API, for single calls and for streams.

Source: fact sheet: mep-legacy, 5 and 6. No error quotes a value.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from batch_api.engine.errors import InvalidInput
from batch_api.ingest.checks import an_object, fields

MOST_ATTRIBUTES: Final = 15
MOST_TAGS: Final = 10
LONGEST_TAG: Final = 64
LONGEST_LABEL: Final = 200
_NAME: Final = re.compile(r"ue\.[a-z0-9_]{1,30}")


def user_id(row: Mapping[str, Any], index: int | None) -> str:
    """Whom an item of a bulk call is about."""
    found = row.get("id")
    if not isinstance(found, str) or not found:
        raise InvalidInput("an id is a string that is not empty", index=index, path="id")
    return found


def update(row: Mapping[str, Any], index: int | None) -> None:
    """The `update` of an item of a bulk call."""
    found = fields(row.get("update"), index=index, path="update")
    values(found.get("values"), index, "update.values")


def values(given: object, index: int | None, path: str) -> dict[str, Any]:
    """The values, if there are any, with no collection of tags that is an empty list: the API refuses that."""
    found = fields(given, index=index, path=path)
    if not found:
        raise InvalidInput("no values: nothing to write", index=index, path=path)
    for name, value in found.items():
        if name.startswith("ut.") and isinstance(value, Sequence) and not isinstance(value, str) and not value:
            raise InvalidInput("no tags: None deletes the collection", index=index, path=f"{path}.{name}")
    return found


def events(row: Mapping[str, Any], index: int | None) -> Sequence[Any]:
    """The `events` of an item of a bulk call."""
    found = row.get("events")
    if isinstance(found, str | Mapping) or not isinstance(found, Sequence) or not found:
        raise InvalidInput("a list of one event or more is due", index=index, path="events")
    for number, one in enumerate(found):
        event(fields(one, index=index, path=f"events[{number}]"), index, f"events[{number}].")
    return found


def event(given: Mapping[str, Any], index: int | None, path: str) -> None:
    """An event. `path` is where it is."""
    name, label, attributes, tags = (given.get(key) for key in ("name", "label", "attributes", "tags"))
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise InvalidInput("ue. and 1 to 30 of a-z, 0-9 and _ are due", index=index, path=f"{path}name")
    if isinstance(label, str) and len(label) > LONGEST_LABEL:
        raise InvalidInput(f"at most {LONGEST_LABEL} characters", index=index, path=f"{path}label")
    if attributes:
        an_object(attributes, index=index, path=f"{path}attributes")
        if len(fields(attributes)) > MOST_ATTRIBUTES:
            raise InvalidInput(f"at most {MOST_ATTRIBUTES} attributes", index=index, path=f"{path}attributes")
    if isinstance(tags, Sequence) and not isinstance(tags, str):
        if len(tags) > MOST_TAGS:
            raise InvalidInput(f"at most {MOST_TAGS} tags", index=index, path=f"{path}tags")
        if any(isinstance(tag, str) and len(tag) > LONGEST_TAG for tag in tags):
            raise InvalidInput(f"a tag has at most {LONGEST_TAG} characters", index=index, path=f"{path}tags")
