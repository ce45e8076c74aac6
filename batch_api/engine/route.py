"""The path of a request: the route of its operation, with values in the place of its parameters."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

from batch_api.engine.errors import InvalidInput

_PARAMETER: Final = re.compile(r"\{(\w+)\}")


def filled(route: str, values: Mapping[str, str], *, besides: str | None = None) -> str:
    """`route` with its parameters filled in, percent-encoded, `besides` one that is left as it is.

    Raises `InvalidInput`, which quotes no value.
    """
    names = [name for name in _PARAMETER.findall(route) if name != besides]
    if not names:
        return route
    for name in names:
        _check(name, values.get(name))
    # Encoded dots are dots to many servers, and so is a slash that they decode.
    plain = _PARAMETER.sub(lambda found: values.get(found[1], "…"), route)
    if {".", ".."} & set(re.split(r"[/\\]", plain)):
        raise InvalidInput("a parameter would make the path lead elsewhere")
    return _PARAMETER.sub(lambda found: quote(values[found[1]], safe="") if found[1] != besides else found[0], route)


def _check(name: str, value: object) -> None:
    if not isinstance(value, str) or not value:
        raise InvalidInput("a string that is not empty is due", path=name)
    try:
        value.encode()
    except UnicodeEncodeError:
        raise InvalidInput("a lone surrogate, which UTF-8 cannot carry", path=name) from None
