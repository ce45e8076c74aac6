"""Starlette: what the lifespan yields is in the state of every request.

Run it with `uvicorn examples.frameworks.starlette_app:app`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypedDict

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from batch_api import BatchClient


class State(TypedDict):
    batch: BatchClient


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[State]:
    async with BatchClient.from_env(deadline=3) as client:
        yield {"batch": client}


async def set_tier(request: Request) -> JSONResponse:
    customer_id, tier = request.path_params["customer_id"], request.path_params["tier"]
    client: BatchClient = request.state.batch
    result = await client.profiles.update([{"identifiers": {"custom_id": customer_id}, "attributes": {"tier": tier}}])
    return JSONResponse({"refused": len(result.errors)})


app = Starlette(
    routes=[Route("/customers/{customer_id}/tier/{tier}", set_tier, methods=["PUT"])],
    lifespan=lifespan,
)
