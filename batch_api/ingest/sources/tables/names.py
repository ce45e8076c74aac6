"""What a column is called in the API.

An attribute is written `name`, `date(name)`, `url(name)` or `$name`. Columns of a warehouse can hold neither `$` nor
brackets, so Batch's Cloud Sync has prefixes in their place: `date__name`, `url__name`, `batch__name`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final, Literal

Names = Literal["as-written", "cloud-sync"]

EVENT_NAME: Final = "event_name"
EVENT_TIME: Final = "event_time"
CURSOR: Final = "last_updated_at"
"""The column from which Cloud Sync knows what has changed. It is not sent."""

RENAME: Final = "The options `map` and `skip` (in Python, Rows(columns=…)) name another, or leave the column out"
CLOUD_SYNC: Final = (
    "the option `names cloud-sync` (in Python, Rows(names='cloud-sync')) reads it, and the option `map` sends it as it"
    " is"
)
EVENTS: Final = (
    "the option `events` (in Python, Rows(events=True)) reads them, and the option `map` sends an attribute of that"
    " name"
)

_PREFIXED: Final = re.compile(r"(date|url|batch)__(.+)")
_TYPED: Final = re.compile(r"(?:date|url)\((.*)\)")


def written(name: str) -> str | None:
    """The attribute that a column of Cloud Sync is; `None` for one that is not sent."""
    if name == CURSOR:
        return None
    prefixed = _PREFIXED.fullmatch(name)
    if prefixed is None:
        return name
    return f"${prefixed[2]}" if prefixed[1] == "batch" else f"{prefixed[1]}({prefixed[2]})"


def dated(key: str) -> str:
    """The key under which a moment is sent."""
    return f"date({key})" if is_plain(key) else key


def is_plain(key: str) -> bool:
    """Whether the key says nothing of a type."""
    return not key.startswith("$") and _TYPED.fullmatch(key) is None


def is_date(key: str) -> bool:
    """Whether what is under the key is a date."""
    return key.startswith("date(") and key.endswith(")")


def bare(key: str) -> str:
    """The attribute that a key names: `date(since)` and `since` are the same one."""
    typed = _TYPED.fullmatch(key)
    return key if typed is None else typed[1]


def of_cloud_sync(names: Iterable[str]) -> list[str]:
    """The columns that only Cloud Sync calls so."""
    return [name for name in names if name == CURSOR or _PREFIXED.fullmatch(name)]


def repeated(names: Iterable[str]) -> list[str]:
    """The names that stand there more than once."""
    return [name for name, times in Counter(names).items() if times > 1]


def meant(name: str, known: Iterable[str]) -> str | None:
    """The known name that was probably meant."""
    by_form = {_form(one): one for one in known}
    close = get_close_matches(_form(name), by_form, n=1, cutoff=0.8)
    return by_form[close[0]] if close else None


def _form(name: str) -> str:
    return re.sub(r"[\W_]+", "_", name.strip().lower())
