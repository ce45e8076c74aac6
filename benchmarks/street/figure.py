"""What each scenario gets, and what it gives."""

from __future__ import annotations

import json
import random
from typing import Any, NamedTuple

from batch_api import BatchClient


class Figure(NamedTuple):
    """One case: what was measured beside what was asked for beforehand."""

    case: str
    said: str
    bar: str
    good: bool

    def dumps(self) -> str:
        """One line, for the process that prints it."""
        return json.dumps(self)

    @classmethod
    def loads(cls, line: str) -> Figure:
        return cls(*json.loads(line))


class Street:
    """Makes the clients of a scenario, all over the same transport."""

    def __init__(self, transport: str) -> None:
        self.dice = random.Random(1)
        # An earlier state of the package knows no transports by name.
        self._options: dict[str, Any] = {} if transport == "httpx" else {"transport": transport}

    def client(self, url: str, **options: Any) -> BatchClient:
        return BatchClient("key", "project_street", base_url=url, **self._options, **options)


def edit(name: str = "u1", **more: object) -> dict[str, Any]:
    return {"identifiers": {"custom_id": name}, "attributes": {"tier": "gold"}, **more}
