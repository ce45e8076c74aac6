"""An answer of the API, kept as it came."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import orjson

from batch_api._generated.runtime import Api, Operation

if TYPE_CHECKING:
    from batch_api.engine.attempt import Attempt


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

    __slots__ = ("_api", "attempts", "content", "headers", "operation", "route", "status")

    def __init__(self, api: Api, operation: Operation, status: int, headers: Headers, content: bytes) -> None:
        self._api = api
        self.operation: str = operation.name
        self.route: str = operation.route
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
    def error_code(self) -> str | None:
        """The name of an error, if the body holds one where this API puts it."""
        return self._text(self._api.error_code)

    @property
    def error_message(self) -> str | None:
        """The words of an error, likewise."""
        return self._text(self._api.error_message)

    @property
    def is_maintenance(self) -> bool:
        """Whether this is the API's own word that it is down, and took nothing."""
        return self.status == 503 and self.error_code == self._api.maintenance

    @property
    def summary(self) -> str:
        """One line about the answer that quotes nothing of it."""
        where = "" if self.operation == self.route else f" ({self.route})"
        return f"{self.operation}: the last attempt was answered HTTP {self.status}{where}."

    def _text(self, field: str) -> str | None:
        body = self.json()
        value = body.get(field) if isinstance(body, dict) else None
        return value if isinstance(value, str) else None

    def __repr__(self) -> str:
        return f"<Response {self.status} to {self.operation}, {len(self.content)} bytes>"

    def __reduce__(self) -> str:
        raise TypeError("a response may hold people's data and is not pickled: keep the parts you need")
