"""A webhook receiver that answers at once: what it has accepted is on disk, and goes to Batch in a few full requests.

    export BATCH_REST_API_KEY=… BATCH_PROJECT_KEY=project_… WEBHOOK_SECRET=…
    uvicorn --factory examples.cookbook.webhook:create_app

The sender signs the body with HMAC-SHA256, in hexadecimal, in the header `X-Signature`.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, HTTPException, Request

from batch_api import BatchClient, BufferFull, Holding

HOLDING = Holding(most_items=5_000, when_full="raise")
"""Above this the sender is told to come again, which any sender of webhooks does by itself."""


def create_app(
    make_client: Callable[[], BatchClient] = BatchClient.from_env,
    secret: str | None = None,
    outbox: str = "webhook.outbox.db",
) -> FastAPI:
    """The application. Each process needs an outbox of its own."""
    key = (secret or os.environ["WEBHOOK_SECRET"]).encode()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with make_client() as client, client.profiles.buffer(outbox, holding=HOLDING) as buffer:
            app.state.buffer = buffer
            yield

    app = FastAPI(lifespan=lifespan)

    @app.post("/webhook", status_code=202)
    async def receive(request: Request) -> None:
        body = await request.body()
        if not is_signed(body, request.headers.get("x-signature", ""), key):
            raise HTTPException(401, "bad signature")
        try:
            await request.app.state.buffer.put(edit_of(json.loads(body)))
        except (KeyError, TypeError, ValueError):
            raise HTTPException(422, "not an order") from None
        except BufferFull:
            raise HTTPException(503, "try again later", {"Retry-After": "30"}) from None

    return app


def is_signed(body: bytes, signature: str, key: bytes) -> bool:
    return hmac.compare_digest(hmac.new(key, body, hashlib.sha256).hexdigest(), signature)


def edit_of(order: dict[str, Any]) -> dict[str, Any]:
    """What the shop says about an order, as an event of the customer."""
    attributes = {"order_id": str(order["id"]), "total": float(order["total"]), "$label": str(order["status"])}
    return {
        "identifiers": {"custom_id": str(order["customer_id"])},
        "events": [{"name": "order_changed", "attributes": attributes}],
    }
