from __future__ import annotations

from typing import Any, TypeAlias

CatalogItemAttributes: TypeAlias = dict[str, Any]
"""Attributes of a catalog item. A name is made of `a-z`, `0-9` and `_`. Two types need a wrapper around the name:
`date(name)`, for an RFC 3339 date or a Unix timestamp, and `url(name)`, for a URL. An array holds up to 15 strings
of 64 characters, a string up to 10 000 characters.
"""
