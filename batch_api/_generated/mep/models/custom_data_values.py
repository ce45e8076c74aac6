from __future__ import annotations

from typing import Any, TypeAlias

CustomDataValues: TypeAlias = dict[str, Any]
"""Attributes and tags, at least one. `null` deletes.

* `u.<name>`: a string, a number or a boolean
* `date(u.<name>)`: a date in UTC, `YYYY-MM-DDTHH:mm:ss` with or without
  milliseconds, or a Unix time in seconds
* `ut.<name>`: a collection of tags, as an array that replaces the stored
  one or as a change of it; an empty array is refused

A name has at most 30 characters. The SDKs accept `a-z`, `0-9` and `_` in names, and 64 characters in a string or a
tag.

At least 1 entry.
"""
