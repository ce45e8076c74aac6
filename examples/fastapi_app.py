"""A web backend that reports to Batch what its customers do.

    BATCH_REST_API_KEY=… BATCH_PROJECT_KEY=project_… uvicorn --factory examples.fastapi_app:create_app

- One client and one buffer for the whole application, opened and closed with it: a thousand requests that come at once
  leave as a few calls. With several worker processes give each its part: `BatchClient.from_env(share=0.25)` for four.
- Web requests wait for seconds, not for minutes. What did not leave by then is withdrawn.
- Each fate decides an answer: 503 where sending again is safe, 502 where it is not known whether Batch took it.

Whoever calls this backend is taken for someone who may: put your own authentication before it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from batch_api import (
    BadRequest,
    BatchClient,
    Buffer,
    BufferFull,
    Fate,
    Holding,
    Invalid,
    PartlyApplied,
    Refused,
    Sending,
    Unknown,
    Unsent,
)

WEB_DEADLINE = 3.0
"""Seconds that a user in front of a screen waits for Batch at most."""
LATER = 5
"""Seconds after which to retry."""
SENDING = Sending(patience=WEB_DEADLINE, drain=10.0)
"""If nothing gets through, fail soon; when the application stops, take ten seconds to send what is left."""
HOLDING = Holding(most_items=900, when_full="raise")
"""As many edits as can be sent within three seconds. More would only wait in vain."""


class Event(BaseModel):
    """Something a customer did."""

    name: str = Field(pattern="^[a-z0-9_]{1,30}$")
    attributes: dict[str, Any] = Field(default_factory=dict, max_length=20)


def create_app(make_client: Callable[[], BatchClient] = BatchClient.from_env) -> FastAPI:
    """The application. Tests pass in a `make_client` of their own."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with make_client() as client, client.profiles.buffer(sending=SENDING, holding=HOLDING) as buffer:
            app.state.profiles = buffer
            yield

    app = FastAPI(title="A backend with batch_api", lifespan=lifespan)
    app.put("/customers/{customer_id}", status_code=202)(update_customer)
    app.post("/customers/{customer_id}/events", status_code=202)(track_event)
    return app


async def profiles(request: Request) -> Buffer:
    """The application's buffer. Not a plain function: FastAPI would run that in a thread."""
    buffer: Buffer = request.app.state.profiles
    return buffer


Profiles = Annotated[Buffer, Depends(profiles)]


async def update_customer(customer_id: str, attributes: dict[str, Any], profiles: Profiles) -> JSONResponse:
    """Set attributes of a customer; `null` deletes one."""
    return await _answer(profiles, {"identifiers": {"custom_id": customer_id}, "attributes": attributes})


async def track_event(customer_id: str, event: Event, profiles: Profiles) -> JSONResponse:
    """Track an event of a customer, now."""
    return await _answer(profiles, {"identifiers": {"custom_id": customer_id}, "events": [event.model_dump()]})


async def _answer(profiles: Buffer, edit: dict[str, Any]) -> JSONResponse:
    try:
        return answer_to(await profiles.update(edit, timeout=WEB_DEADLINE))
    except BufferFull:
        return _problem(503, "Too much is on its way to Batch. Send it again later.")


def answer_to(fate: Fate) -> JSONResponse:
    """The HTTP answer for a fate. The API's own texts stay here: they may quote personal data."""
    match fate:
        case PartlyApplied(error=errors):
            refused = [{"attribute": error.attribute, "category": error.category} for error in errors]
            return JSONResponse({"refused": refused}, 422)
        case Invalid(error=error):
            return _problem(422, f"{error.path}: {error.reason}")
        case Refused(error=BadRequest()):
            return _problem(422, "Batch refused this as it stands.")
        case Refused():
            return _problem(500, "Batch refused the call: this backend is not set up as it should be.")
        case Unknown():
            return _problem(502, "Batch may have taken this, or may still. Sending it again may do it twice.")
        case Unsent():
            return _problem(503, "Batch has not taken this. Send it again later.")
    return JSONResponse({"refused": []}, 202)


def _problem(status: int, detail: str) -> JSONResponse:
    return JSONResponse({"detail": detail}, status, {"Retry-After": str(LATER)} if status == 503 else None)
