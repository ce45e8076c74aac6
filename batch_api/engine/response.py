"""An answer of the API, kept as received."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

import orjson

from batch_api._operation import Api, Operation

if TYPE_CHECKING:
    from batch_api.engine.attempt import Attempt

_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_NOT_READ: Final = object()


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

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"Headers({', '.join(self._values)})"


class Response:
    """One whole answer: `status`, `headers`, `content` in bytes, `json()`, and the `attempts` it took.

    `content` is decoded where the answer came as gzip or deflate, and as it came where that cannot be done.
    """

    __slots__ = ("_api", "_json", "attempts", "content", "defect", "headers", "operation", "route", "status")

    def __init__(self, api: Api, operation: Operation, status: int, headers: Headers, content: bytes) -> None:
        self._api = api
        self.operation: str = operation.name
        self.route: str = operation.route
        self.status = status
        self.headers = headers
        plain = _decoded(content, headers["content-encoding"]) if "content-encoding" in headers else content
        self.content: bytes = content if plain is None else plain
        self._json: Any = _NOT_READ
        self.attempts: tuple[Attempt, ...] = ()
        self.defect = self._defect(is_decoded=plain is not None) if 200 <= status < 300 else None
        """Why this is not a success despite its 2xx status, without quoting the body; `None` otherwise."""

    def json(self) -> Any:
        """The body parsed as JSON, once for all callers; `None` if it is empty or not JSON."""
        try:
            return self._read()
        except orjson.JSONDecodeError:
            return None

    @property
    def error_code(self) -> str | None:
        """The symbolic code of an error, if the body has one where this API puts it."""
        return self._text(self._api.error_code)

    @property
    def error_message(self) -> str | None:
        """The explanation of an error, likewise."""
        return self._text(self._api.error_message)

    @property
    def field(self) -> str | None:
        """The field of the request that the explanation names, if the document has it: nobody's data, then."""
        message = self.error_message
        if message is None:
            return None
        from batch_api.engine.named_field import named_field

        return named_field(message, self._api.keys)

    @property
    def is_maintenance(self) -> bool:
        """Whether the API itself says that it is down for maintenance, and so has applied nothing."""
        return self.status == 503 and self.error_code == self._api.maintenance

    @property
    def summary(self) -> str:
        """One line about the answer, without quoting its body."""
        where = "" if self.operation == self.route else f" ({self.route})"
        but = "" if self.defect is None else f", but {self.defect}"
        return f"{self.operation}: the last attempt was answered with HTTP {self.status}{but}{where}."

    def _defect(self, *, is_decoded: bool) -> str | None:
        if self.status == 206:
            return "with only a part of the content"
        if not is_decoded:
            return "its body cannot be decoded"
        try:
            body = self._read()
        except orjson.JSONDecodeError:
            return "its body is not JSON" if self.content.removeprefix(_BYTE_ORDER_MARK).strip() else None
        return "its body describes an error" if self._is_error(body) else None

    def _read(self) -> Any:
        if self._json is _NOT_READ:
            self._json = None
            self._json = orjson.loads(self.content.removeprefix(_BYTE_ORDER_MARK))
        return self._json

    def _is_error(self, body: Any) -> bool:
        """An error is a code with an explanation or nothing else: other answers may have a field of the same name."""
        code, message = self._api.error_code, self._api.error_message
        if not isinstance(body, dict) or not isinstance(body.get(code), str):
            return False
        return isinstance(body.get(message), str) or body.keys() == {code}

    def _text(self, field: str) -> str | None:
        body = self.json()
        value = body.get(field) if isinstance(body, dict) else None
        return value if isinstance(value, str) else None

    def __repr__(self) -> str:
        return f"<Response {self.status} to {self.operation}, {len(self.content)} bytes>"

    def __reduce__(self) -> str:
        raise TypeError("a response may hold personal data and cannot be pickled: keep only the parts you need")


def _decoded(content: bytes, encoding: str) -> bytes | None:
    from batch_api.engine.content import decoded  # seldom needed: we ask for no encoding

    return decoded(content, encoding)
