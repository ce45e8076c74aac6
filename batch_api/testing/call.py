"""A request that has passed auth, limits and validation, as the areas of the API get it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple


class Call(NamedTuple):
    """What the client asks for."""

    body: Any
    """The body, read as JSON; `None` where the operation has none."""
    query: Mapping[str, Any]
    """The parameters, in the types of the document."""
    base_url: str
    """Where the client reached the API: links in answers begin with it."""
    path: Mapping[str, str]
    """What the path has in the places of its parameters."""
