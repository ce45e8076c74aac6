"""One value of the legacy API as a profile takes it, exactly. What cannot be is `Left`, with the reason.

The length of a text is counted in code points. The vendor does not say how it counts; where it counts more, the API
refuses the value and says so (fact sheet: MEP legacy, 5).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from batch_api._codec import rfc3339
from batch_api.engine import arguments
from batch_api.engine.check import NO_ZONE, check
from batch_api.engine.errors import InvalidInput
from batch_api.ingest.sending.coalesce import MOST_IN_ARRAY
from batch_api.migrate.leaving import Left

# Fact sheet: profiles and audiences, 1.5.
NAME: Final = re.compile(r"[a-z0-9_]{1,30}")
MOST_CHARACTERS: Final = 300
MOST_IN_URL: Final = 2048

# Fact sheet: MEP legacy, 5. Others write the zone all the same, and then there is nothing to guess.
_LEGACY_DATE: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?")
_RFC_3339: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_URL: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://\S+")


def name(text: str) -> str:
    """A name, if it is valid in both APIs."""
    if not NAME.fullmatch(text):
        raise Left("a profile accepts names of 1 to 30 characters from a-z, 0-9 and _: rename it first")
    return text


def scalar(value: object) -> str | int | float | bool:
    """A string, a number or a boolean."""
    if isinstance(value, str):
        return text(value)
    if not isinstance(value, bool | int | float):
        raise Left(f"expected a string, a number or a boolean, got {type(value).__name__}")
    _check(value)
    return value


def text(value: object, *, most: int = MOST_CHARACTERS) -> str:
    """A string of a length that profiles accept."""
    if not isinstance(value, str):
        raise Left(f"expected a string, got {type(value).__name__}")
    _check(value)
    if not 1 <= len(value) <= most:
        raise Left(f"a profile accepts strings of 1 to {most} characters here, got {len(value)}")
    return value


def url(value: object) -> str:
    """A link."""
    found = text(value, most=MOST_IN_URL)
    if not _URL.fullmatch(found):
        raise Left("expected a link of the form scheme://…")
    return found


def date(value: object) -> str:
    """A point in time: legacy text, which is in UTC without saying so, or whole seconds since 1970."""
    try:
        return rfc3339(_moment(value))
    except (ValueError, OverflowError):
        raise Left("expected a date of the years 1 to 9999") from None


def _moment(value: object) -> datetime:
    if isinstance(value, datetime):
        if value.utcoffset() is None:
            raise Left(NO_ZONE)
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        if int(value) != value:
            raise Left("expected a Unix time in whole seconds, got a fraction")
        return _EPOCH + timedelta(seconds=int(value))
    if isinstance(value, str) and _LEGACY_DATE.fullmatch(value):
        return datetime.fromisoformat(value).replace(tzinfo=UTC)
    if isinstance(value, str) and _RFC_3339.fullmatch(value):
        return datetime.fromisoformat(value)
    raise Left("expected a date: YYYY-MM-DDTHH:mm:ss in UTC, or a Unix time in seconds")


def strings(value: object) -> list[str]:
    """An array that replaces another. If one string cannot be carried over, none is: it would be a different array."""
    found = _strings(value)
    if not found:
        raise Left("neither API accepts an empty array: use null to delete the attribute")
    return found


def change(value: Mapping[str, object]) -> dict[str, list[str]]:
    """What to add to an array, and what to remove from it."""
    if value.keys() - {"$add", "$remove"}:
        raise Left("expected only $add and $remove in a change of an array")
    parts = {key: found for key, texts in value.items() if (found := _strings(texts))}
    if not parts:
        raise Left("the change neither adds nor removes anything")
    if not set(parts.get("$add", ())).isdisjoint(parts.get("$remove", ())):
        raise Left("a string is both added and removed, and it is not known which one wins: send one")
    return parts


def collection(value: object) -> list[str] | dict[str, list[str]]:
    """A collection of tags: an array, or a change of one."""
    return change(arguments.fields(value)) if arguments.is_object(value) else strings(value)


def _strings(value: object) -> list[str]:
    if not isinstance(value, Sequence) or isinstance(value, str | bytes | bytearray | memoryview):
        raise Left(f"expected a list of strings, got {type(value).__name__}")
    if len(value) > MOST_IN_ARRAY:
        raise Left(f"a profile accepts at most {MOST_IN_ARRAY} strings in an array, got {len(value)}")
    return [text(one) for one in value]


def _check(value: object) -> None:
    """Raises `Left` for what JSON cannot represent, such as NaN."""
    try:
        check(value)
    except InvalidInput as fault:
        raise Left(fault.reason) from None
