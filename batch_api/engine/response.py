"""An answer of the API, kept as it came."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from batch_api.engine.attempt import Attempt

MAINTENANCE = "MAINTENANCE_ERROR"


class Headers(Mapping[str, str]):
    """Response headers, by name in any case. `repr` shows names alone: a `Location` may be a presigned link."""

    __slots__ = ("_values",)

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self._values: dict[str, str] = {}
        for name, value in pairs:
            key = name.lower()
            self._values[key] = f"{self._values[key]}, {value}" if key in self._values else value

    def __getitem__(self, name: str) -> str:
        return self._values[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"Headers({', '.join(self._values)})"


class Response:
    """One whole answer: `status`, `headers`, `content` in bytes, `json()`, and the `attempts` it took."""

    __slots__ = ("attempts", "content", "headers", "operation", "status")

    def __init__(self, operation: str, status: int, headers: Headers, content: bytes) -> None:
        self.operation = operation
        self.status = status
        self.headers = headers
        self.content = content
        self.attempts: tuple[Attempt, ...] = ()

    def json(self) -> Any:
        """The body read as JSON; `None` when it is empty or no JSON."""
        try:
            return orjson.loads(self.content)
        except orjson.JSONDecodeError:
            return None

    @property
    def is_maintenance(self) -> bool:
        """Whether this is the API's own word that it is down, and took nothing (fact sheet: catalogs, 1.4)."""
        body = self.json() if self.status == 503 else None
        return isinstance(body, dict) and body.get("error_code") == MAINTENANCE

    @property
    def summary(self) -> str:
        """One line about the answer that quotes nothing of it."""
        return f"{self.operation}: the last attempt was answered HTTP {self.status}."

    def __repr__(self) -> str:
        return f"<Response {self.status} to {self.operation}, {len(self.content)} bytes>"

    def __reduce__(self) -> str:
        raise TypeError("a response may hold people's data and is not pickled: keep the parts you need")
