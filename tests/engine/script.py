"""A transport that answers by a script, and operations to send over it."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from typing import Any

import httpx
import orjson

from batch_api._generated.cep.registry import API
from batch_api._operation import Api, Condition, LimitFact, Operation
from batch_api.engine.attempt import Attempt
from batch_api.engine.engine import Engine
from batch_api.engine.response import Headers
from batch_api.engine.wire.transport import Request

KEY = "rest_secret_0123456789"
PROJECT = "project_0a1b2c3d"

READ = Operation("thing_view", "GET", "/things/view", (200,), (LimitFact(100, burst=1000),), replay=True)
WRITE = Operation("thing_write", "POST", "/things/write", (202,), (LimitFact(100, burst=1000),), replay=True)
CREATE = Operation("thing_create", "POST", "/things/create", (201,), (LimitFact(100, burst=1000),))
UPDATE = Operation(
    "profile_update",
    "POST",
    "/profiles/update",
    (202,),
    (LimitFact(300, unit="items", burst=1000),),
    items=(),
    max_items=200,
    replay=True,
    replay_unless=Condition(("*", "events")),
)
DEFAULT = Operation("thing_list", "GET", "/things/list", (200,), (LimitFact(1, spacing=0.02),), replay=True)


def api_of(*operations: Operation) -> Api:
    """An API with these operations alone."""
    return API._replace(operations={operation.name: operation for operation in operations})


class Answer:
    """One step of a script: an answer after some time, or a failure before or after the body left."""

    def __init__(
        self,
        status: int = 202,
        body: Any = None,
        *,
        after: float = 0.01,
        headers: dict[str, str] | None = None,
        error: Exception | None = None,
        sent: bool = True,
        cut_short: bool = False,
    ) -> None:
        self.status, self.after, self.error, self.sent, self.cut_short = status, after, error, sent, cut_short
        self.body = body if isinstance(body, bytes) else b"" if body is None else orjson.dumps(body)
        self.headers = Headers((headers or {}).items())

    async def aiter_bytes(self) -> AsyncIterator[bytes]:
        yield self.body
        if self.cut_short:
            raise httpx.ReadError("")

    async def aclose(self) -> None:
        return


OK = Answer(202, {"code": "SUCCESS"})
TOO_MANY = Answer(429, {"error_code": "TOO_MANY_REQUESTS", "error_message": "slow down"})
BROKEN = Answer(500, {"error_code": "SERVER_ERROR", "error_message": "oops"})
MAINTENANCE = Answer(503, {"error_code": "MAINTENANCE_ERROR", "error_message": "soon"})
NO_CONNECTION = Answer(error=httpx.ConnectError("refused"), sent=False)
RESET = Answer(error=httpx.ReadError("reset"))
NEVER = Answer(after=10_000)


class Script:
    """Answers requests in the order of the script; the last step answers all that follow."""

    def __init__(self, *steps: Answer) -> None:
        self.steps = list(steps)
        self.requests: list[Request] = []
        self.times: list[float] = []

    async def send(self, request: Request) -> Answer:
        self.requests.append(request)
        self.times.append(asyncio.get_running_loop().time())
        step = self.steps.pop(0) if len(self.steps) > 1 else self.steps[0]
        request.sent = False
        if step.sent:
            request.sent = True
        await asyncio.sleep(step.after)
        if step.error is not None:
            raise step.error
        return step

    async def aclose(self) -> None:
        return


class Seen(list[Attempt]):
    """An observer that keeps what it sees."""

    def __call__(self, attempt: Attempt) -> None:
        self.append(attempt)


def engine_on(script: Script, **options: Any) -> Engine:
    """An engine whose network is the script, at an address of its own."""
    settings: dict[str, Any] = {
        "api": api_of(READ, WRITE, CREATE, UPDATE, DEFAULT),
        "base_url": f"https://api-{id(script)}.example/2.11",
        "user_agent": "tests",
        "transport": script,
        "rng": random.Random(1),
    }
    return Engine(KEY, PROJECT, **(settings | options))


def an_edit(**more: object) -> dict[str, object]:
    return {"identifiers": {"custom_id": "u1"}, **more}


def edits(count: int, **more: object) -> Sequence[dict[str, object]]:
    return [an_edit(**more) for _ in range(count)]
