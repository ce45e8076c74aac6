"""A web backend that tells Batch what its customers do.

    BATCH_REST_API_KEY=… BATCH_PROJECT_KEY=project_… uvicorn --factory examples.fastapi_app:create_app

- One client for the whole application, opened and closed with it: its connections and its limits are shared by all
  requests. With several worker processes give each its part: `BatchClient.from_env(share=0.25)` for four.
- Web requests wait for seconds, not for minutes: a sibling with a short `deadline`, on the same connections and limits.
- Each error says by its `outcome` whether anything was taken, and that decides the answer: 503 where sending again is
  safe, 502 where it is not known.

Whoever calls this backend is taken for someone who may: put your own authentication before it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from batch_api import BadRequest, BatchClient, BatchError, InvalidInput, Maintenance, RateLimited, UpdateResult

WEB_DEADLINE = 3.0
"""Seconds that someone in front of a screen is made to wait for Batch at most."""
LATER = 5
"""Seconds after which to try again, where nothing better is known."""


class Event(BaseModel):
    """Something a customer did."""

    name: str = Field(pattern="^[a-z0-9_]{1,30}$")
    attributes: dict[str, Any] = Field(default_factory=dict, max_length=20)


def create_app(make_client: Callable[[], BatchClient] = BatchClient.from_env) -> FastAPI:
    """The application. Tests hand in a `make_client` of their own."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with make_client() as client:
            app.state.batch = client.with_options(deadline=WEB_DEADLINE)
            yield

    app = FastAPI(title="A backend with batch_api", lifespan=lifespan)
    app.add_exception_handler(BatchError, answer_to)
    app.put("/customers/{customer_id}", status_code=202)(update_customer)
    app.post("/customers/{customer_id}/events", status_code=202)(track_event)
    return app


def batch(request: Request) -> BatchClient:
    """The application's client."""
    client: BatchClient = request.app.state.batch
    return client


Batch = Annotated[BatchClient, Depends(batch)]


async def update_customer(customer_id: str, attributes: dict[str, Any], batch: Batch, response: Response) -> Any:
    """Set attributes of a customer; `null` deletes one."""
    edit = {"identifiers": {"custom_id": customer_id}, "attributes": attributes}
    return _taken(await batch.profiles.update([edit]), response)


async def track_event(customer_id: str, event: Event, batch: Batch, response: Response) -> Any:
    """Track an event of a customer, now."""
    edit = {"identifiers": {"custom_id": customer_id}, "events": [event.model_dump()]}
    return _taken(await batch.profiles.update([edit]), response)


def _taken(result: UpdateResult, response: Response) -> Any:
    """What was refused while the rest was taken. The API's own words stay here: they may quote someone's data."""
    if result.errors:
        response.status_code = 422
    return {"refused": [{"attribute": error.attribute, "category": error.category} for error in result.errors]}


async def answer_to(request: Request, error: Exception) -> JSONResponse:
    """The HTTP answer for an error of the client."""
    if isinstance(error, InvalidInput):
        return _problem(422, f"{error.path}: {error.reason}")
    if not isinstance(error, BatchError):
        raise error
    if error.outcome == "unknown":
        return _problem(502, "Batch may have taken this. Sending it again may do it twice.")
    if error.outcome == "not_sent" or isinstance(error, RateLimited | Maintenance):
        wait = request.app.state.batch.wait_time("profile_update")
        return _problem(
            503, "Batch has not taken this. Send it again later.", {"Retry-After": str(max(LATER, int(wait)))}
        )
    if isinstance(error, BadRequest):
        return _problem(422, "Batch refused this as it stands.")
    return _problem(500, "Batch refused the call: this backend is not set up as it should be.")


def _problem(status: int, detail: str, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"detail": detail}, status, headers)
