"""What is certainly wrong with custom data and events of the legacy API, for single calls and for streams.

Source: fact sheet: mep-legacy, 5 and 6. No error quotes a value.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Sized
from typing import Any, Final

from batch_api.engine.arguments import fields, is_list, text, wrong
from batch_api.engine.errors import InvalidInput

MOST_ATTRIBUTES: Final = 15
MOST_TAGS: Final = 10
LONGEST_TAG: Final = 64
LONGEST_LABEL: Final = 200
_NAME: Final = re.compile(r"ue\.[a-z0-9_]{1,30}")


def user_id(row: Mapping[str, Any]) -> str:
    """Whom an item of a bulk call is about."""
    return text(row.get("id"), "id")


def update(row: Mapping[str, Any]) -> None:
    """The `update` of an item of a bulk call."""
    values(fields(row.get("update"), "update").get("values"), "update.values")


def values(given: object, path: str) -> dict[str, Any]:
    """The values, if there are any, with no collection of tags that is an empty list: the API refuses that."""
    found = fields(given, path)
    if not found:
        raise InvalidInput("expected one value or more, got an empty object", path=path)
    for name, value in found.items():
        if name.startswith("ut.") and is_list(value) and not value:
            raise InvalidInput("expected one tag or more, or None to delete the collection", path=f"{path}.{name}")
    return found


def events(row: Mapping[str, Any]) -> Sequence[Any]:
    """The `events` of an item of a bulk call."""
    found = row.get("events")
    if not is_list(found) or not found:
        raise wrong("a list of one event or more", found, "events")
    for number, one in enumerate(found):
        event(fields(one, f"events[{number}]"), f"events[{number}].")
    return found


def event(given: Mapping[str, Any], path: str = "", *, index: int | None = None) -> None:
    """An event. `path` is where it is."""
    name, label, attributes, tags = (given.get(key) for key in ("name", "label", "attributes", "tags"))
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise InvalidInput("expected ue. and 1 to 30 of a-z, 0-9 and _", index=index, path=f"{path}name")
    if isinstance(label, str):
        _at_most(LONGEST_LABEL, "characters", label, f"{path}label", index)
    if attributes:
        _at_most(
            MOST_ATTRIBUTES,
            "attributes",
            fields(attributes, f"{path}attributes", index=index),
            f"{path}attributes",
            index,
        )
    if is_list(tags):
        _at_most(MOST_TAGS, "tags", tags, f"{path}tags", index)
        for number, tag in enumerate(tags):
            if isinstance(tag, str):
                _at_most(LONGEST_TAG, "characters", tag, f"{path}tags[{number}]", index)


def _at_most(most: int, what: str, given: Sized, path: str, index: int | None) -> None:
    if len(given) > most:
        raise InvalidInput(f"expected at most {most} {what}, got {len(given)}", index=index, path=path)
