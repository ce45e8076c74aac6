"""The header of a CSV file: which column is the id, and whether the others can be attributes.

All that is wrong with it is found before anything is sent: what the API refuses there, it refuses in each row.
"""

from __future__ import annotations

import re
import string
from collections.abc import Collection, Iterable, Sequence
from typing import Final

from batch_api.engine.errors import InvalidInput
from batch_api.ingest.sources.tables import names

REASON: Final = "#reason"
"""A column for people to read: its cells are not sent."""
PADDING: Final = (
    string.whitespace
    + "\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000\u2060\ufeff"
    + "".join(map(chr, range(0x2000, 0x200C)))
)
"""White space, also where it is not visible."""

_NAMES: Final = {
    "profile": (
        re.compile(r"\$[a-z0-9_]+|(?:date|url)\([a-z0-9_]{1,30}\)|[a-z0-9_]{1,30}"),
        "1 to 30 of a-z, 0-9 and _",  # fact sheet: profiles and audiences, 2.1.3
    ),
    "catalog": (
        re.compile(r"(?:date|url)\([a-z0-9_]{1,250}\)|[a-z0-9_]{1,250}"),
        "1 to 250 of a-z, 0-9 and _",  # fact sheet: catalogs and campaigns, 1
    ),
}
_IDS: Final = (
    "id", "custom_id", "email", "user_id", "ids", "custom_ids", "emails", "email_address", "$email_address", "e_mail",
    "mail", "userid", "uid", "customer_id", "customerid", "profile_id", "installation_id", "install_id", "install_ids",
    "advertising_id", "advertising_ids",
)  # fmt: skip
_GAP: Final = re.compile(r"[ -]")
_MOST_NAMED: Final = 5
_DELIMITERS: Final = (";", "\t", "|", ",")


def trimmed(cells: Iterable[str]) -> list[str]:
    """Cells without white space around them."""
    return [cell.strip(PADDING) for cell in cells]


def id_column(header: Sequence[str], operation: str, delimiter: str) -> int:
    """Where the id is. Raises `InvalidInput` if there is none."""
    name = id_name(operation)
    if name in header:
        return header.index(name)
    if operation.startswith("audience"):
        return _id_of_member(header)
    raise _invalid(f"expected a column {name}, found {_listed(header)}{_remedy(header, name, delimiter)}")


def id_name(operation: str) -> str:
    """What the column of ids is called."""
    return "custom_id" if operation.startswith("profile") else "id"


def _id_of_member(header: Sequence[str]) -> int:
    """The first column, if it is called like ids: a list without a header would lose its first id."""
    place = next((place for place, column in enumerate(header) if column != REASON), 0)
    if _GAP.sub("_", header[place].strip(PADDING).lower()) not in _IDS:
        raise _invalid(
            f"expected a column of ids, such as {', '.join(_IDS[:4])}, found none. If the file is a list without a"
            " header: the option `no-header` (in Python, header=False). Otherwise call the column id"
        )
    return place


def _remedy(header: Sequence[str], name: str, delimiter: str) -> str:
    if len(header) == 1:
        other = next((one for one in _DELIMITERS if one != delimiter and one in header[0]), None)
        looks = "" if other is None else f": it looks like {other!r}"
        return f". There is only one column, so the delimiter may be wrong{looks}"
    close = next((column for column in header if column.strip(PADDING).lower() == name), None)
    if close is None:
        return ". Another column is named by the option `id` (in Python, Rows(id=…))"
    option = "trim" if close.strip(PADDING) == name else "id"
    return f". Perhaps {close!r} is meant: use the option `{option}`"


def check(header: Sequence[str], id: int, operation: str, text: Collection[str]) -> None:
    """Raises `InvalidInput` for names that no attribute can have, and for names that are there twice or not at all."""
    named = [name for name in header if name]
    twice = {name for name in named if named.count(name) > 1}
    if twice:
        raise _invalid(f"expected each name once, found {_listed(sorted(twice))} several times: rename or remove them")
    check_text(header, text)
    _check_cloud_sync(named, operation)
    _check_attributes([name for place, name in enumerate(header) if name and place != id and name != REASON], operation)


def check_text(header: Sequence[str], text: Collection[str]) -> None:
    """Raises `InvalidInput` for a column of `text` that is not there."""
    for name in text:
        if name not in header:
            raise _invalid(f"expected the column {name}, which `text` names, found none")


def _check_cloud_sync(header: Sequence[str], operation: str) -> None:
    """Raises `InvalidInput` for columns that are probably meant otherwise: of a file, nobody would see a warning."""
    if not operation.startswith("profile"):
        return
    prefixed = [name for name in names.of_cloud_sync(header) if name != names.CURSOR]
    if prefixed:
        raise _invalid(f"the column {prefixed[0]} looks like one of Cloud Sync's: {names.CLOUD_SYNC}")
    if names.EVENT_NAME in header:
        raise _invalid(f"the column {names.EVENT_NAME} looks like rows of events: {names.EVENTS}")


def _check_attributes(attributes: Sequence[str], operation: str) -> None:
    padded = [name for name in attributes if name != name.strip(PADDING)]
    if padded:
        raise _invalid(f"no attribute can be named {_listed(padded)}: the option `trim` takes the white space away")
    wrong = [name for name in attributes if fault_of(name, operation)]
    if wrong:
        raise _invalid(f"no attribute can be named {_listed(wrong)}: {fault_of(wrong[0], operation)}. {names.RENAME}")


def fault_of(name: str, operation: str) -> str | None:
    """Why no attribute can have a name; `None` if one can."""
    pattern, said = _NAMES.get(operation.split("_")[0], (None, ""))
    if pattern is None or pattern.fullmatch(name):
        return None
    return f"the API takes {said}, also in date(…) and url(…)"


def check_nameless(header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Raises `InvalidInput` if a column without a name has cells in these rows. Without any it is no column."""
    nameless = [place for place, name in enumerate(header) if not name]
    for row in rows:
        for place in nameless:
            if row[place : place + 1] and row[place].strip(PADDING):
                index = ": pandas writes its index so, unless told index=False" if place == 0 else ""
                raise _invalid(f"column {place + 1} has cells, but no name{index}")


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMED
    return ", ".join(map(ascii, names[:_MOST_NAMED])) + (f" and {more} more" if more > 0 else "")


def _invalid(reason: str) -> InvalidInput:
    return InvalidInput(reason, path="header")
