"""A request that has passed authentication, limits and validation, as handlers get it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple


class Call(NamedTuple):
    """A request of a client."""

    body: Any
    """The body, read as JSON; `None` where the operation has none."""
    query: Mapping[str, Any]
    """The parameters, in the types of the document."""
    base_url: str
    """The base URL at which the client reached the API: links in answers begin with it."""
    path: Mapping[str, str]
    """The values of the path's parameters."""
