"""One value of the legacy API as a profile takes it, exactly. What cannot be is `Left`, with the reason.

The length of a text is counted in code points. The vendor does not say how it counts; where it counts more, the API
refuses the value and says so (fact sheet: MEP legacy, 5).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from batch_api.engine import arguments
from batch_api.engine.check import check, rfc3339
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
    """A name, if both sides know it as one."""
    if not NAME.fullmatch(text):
        raise Left("a profile takes names of 1 to 30 of a-z, 0-9 and _: rename it first")
    return text


def scalar(value: object) -> str | int | float | bool:
    """A text, a number, true or false."""
    if isinstance(value, str):
        return text(value)
    if not isinstance(value, bool | int | float):
        raise Left(f"a text, a number, true or false is due, not {_kind(value)}")
    _check(value)
    return value


def text(value: object, *, most: int = MOST_CHARACTERS) -> str:
    """A text of a length that profiles take."""
    if not isinstance(value, str):
        raise Left(f"a text is due, not {_kind(value)}")
    _check(value)
    if not 1 <= len(value) <= most:
        raise Left(f"a profile takes texts of 1 to {most} characters here, and this one has {len(value)}")
    return value


def url(value: object) -> str:
    """A link."""
    found = text(value, most=MOST_IN_URL)
    if not _URL.fullmatch(found):
        raise Left("not a link as profiles take them: scheme://…")
    return found


def date(value: object) -> str:
    """A point in time: legacy text, which is in UTC and says no zone, or whole seconds since 1970."""
    try:
        return rfc3339(_moment(value))
    except (ValueError, OverflowError):
        raise Left("not a point in time of the years 1 to 9999") from None


def _moment(value: object) -> datetime:
    if isinstance(value, datetime):
        if value.utcoffset() is None:
            raise Left("a datetime without a time zone: say which, for instance tzinfo=UTC")
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        if int(value) != value:
            raise Left("a Unix time is in whole seconds")
        return _EPOCH + timedelta(seconds=int(value))
    if isinstance(value, str) and _LEGACY_DATE.fullmatch(value):
        return datetime.fromisoformat(value).replace(tzinfo=UTC)
    if isinstance(value, str) and _RFC_3339.fullmatch(value):
        return datetime.fromisoformat(value)
    raise Left("a date is due: YYYY-MM-DDTHH:mm:ss in UTC, or Unix time in seconds")


def strings(value: object) -> list[str]:
    """An array that replaces another. One that is short of a single string would be another array."""
    found = _strings(value)
    if not found:
        raise Left("neither API takes an empty array: null deletes it")
    return found


def change(value: Mapping[str, object]) -> dict[str, list[str]]:
    """What to add to an array, and what to take out of it."""
    if value.keys() - {"$add", "$remove"}:
        raise Left("a change of an array knows $add and $remove alone")
    parts = {key: found for key, texts in value.items() if (found := _strings(texts))}
    if not parts:
        raise Left("it adds nothing and removes nothing")
    if not set(parts.get("$add", ())).isdisjoint(parts.get("$remove", ())):
        raise Left("a text is added and removed at once: which of the two counts is not known")
    return parts


def collection(value: object) -> list[str] | dict[str, list[str]]:
    """A collection of tags: an array, or a change of one."""
    return change(arguments.fields(value)) if arguments.is_object(value) else strings(value)


def _strings(value: object) -> list[str]:
    if not isinstance(value, Sequence) or isinstance(value, str | bytes | bytearray | memoryview):
        raise Left(f"a list of texts is due, not {_kind(value)}")
    if len(value) > MOST_IN_ARRAY:
        raise Left(f"a profile takes at most {MOST_IN_ARRAY} texts in an array, and here are {len(value)}")
    return [text(one) for one in value]


def _check(value: object) -> None:
    """What JSON cannot carry unharmed, such as NaN."""
    try:
        check(value)
    except InvalidInput as fault:
        raise Left(fault.reason) from None


def _kind(value: Any) -> str:
    return "nothing" if value is None else type(value).__name__
