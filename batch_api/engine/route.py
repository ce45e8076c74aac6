"""The path of a request: the route of its operation, with values in the place of its parameters."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote

from batch_api.engine.errors import InvalidInput

_PARAMETER = re.compile(r"\{(\w+)\}")


def filled(route: str, values: Mapping[str, str]) -> str:
    """`route` with its parameters filled in, each as one segment. Raises `InvalidInput`, which quotes no value."""
    return _PARAMETER.sub(lambda found: _segment(found[1], values.get(found[1])), route)


def _segment(name: str, value: object) -> str:
    if not isinstance(value, str) or not value:
        raise InvalidInput("a string that is not empty is due", path=name)
    if value in (".", ".."):  # a path knows no escape for these: they would lead to another route
        raise InvalidInput("cannot be part of a path", path=name)
    try:
        return quote(value, safe="")
    except UnicodeEncodeError:
        raise InvalidInput("a lone surrogate, which UTF-8 cannot carry", path=name) from None
