"""FastAPI: one client for the application, opened and closed by its lifespan.

Run it with `uvicorn examples.frameworks.fastapi_app:app`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from anyio import from_thread
from fastapi import Depends, FastAPI, Request

from batch_api import BatchClient
from batch_api.types import EditProfile


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with BatchClient.from_env(deadline=3) as client:
        app.state.batch = client
        yield


def client_of(request: Request) -> BatchClient:
    client: BatchClient = request.app.state.batch
    return client


app = FastAPI(lifespan=lifespan)
Client = Annotated[BatchClient, Depends(client_of)]


@app.put("/customers/{customer_id}/tier/{tier}")
async def set_tier(customer_id: str, tier: str, client: Client) -> dict[str, int]:
    result = await client.profiles.update([{"identifiers": {"custom_id": customer_id}, "attributes": {"tier": tier}}])
    return {"refused": len(result.errors)}


@app.put("/customers/{customer_id}/city/{city}")
def set_city(customer_id: str, city: str, client: Client) -> dict[str, int]:
    """A `def` endpoint runs in a thread; its call goes to the loop that the client belongs to."""
    edit: EditProfile = {"identifiers": {"custom_id": customer_id}, "attributes": {"city": city}}
    result = from_thread.run(client.profiles.update, [edit])
    return {"refused": len(result.errors)}
