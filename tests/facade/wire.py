"""A transport of the seam that answers by a script, for what the fake API would never say."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from typing import Any

import orjson

from batch_api import BatchClient
from batch_api.engine.response import Headers
from batch_api.engine.wire.transport import Request

KEY = "rest_0123456789abcdef"
PROJECT = "project_0123456789abcdef"


class Answer:
    """An answer. `body` is sent as JSON, or as it is in bytes, or in pieces; a piece that is an error is raised."""

    def __init__(self, status: int = 200, body: Any = b"", headers: dict[str, str] | None = None) -> None:
        self.status = status
        self.headers = Headers((headers or {}).items())
        self.pieces: Iterable[bytes | Exception] = body if isinstance(body, tuple) else (_bytes(body),)

    async def aiter_bytes(self) -> AsyncIterator[bytes]:
        for piece in self.pieces:
            if isinstance(piece, Exception):
                raise piece
            yield piece

    async def aclose(self) -> None:
        pass


class Wire:
    """Gives one answer after another, and the last one again and again."""

    def __init__(self, *answers: Answer | Exception) -> None:
        self.answers = answers
        self.requests: list[Request] = []
        self.closed = False

    async def send(self, request: Request) -> Answer:
        answer = self.answers[min(len(self.requests), len(self.answers) - 1)]
        self.requests.append(request)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def aclose(self) -> None:
        self.closed = True

    def client(self, **options: Any) -> BatchClient:
        return BatchClient(KEY, PROJECT, transport=self, **options)


def _bytes(body: Any) -> bytes:
    return body if isinstance(body, bytes) else orjson.dumps(body)
