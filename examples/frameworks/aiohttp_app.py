"""aiohttp: a cleanup context opens the client when the application starts, and closes it when that stops.

Run it with `python -m aiohttp.web examples.frameworks.aiohttp_app:create_app`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

from aiohttp import web

from batch_api import BatchClient
from batch_api.types import EditProfile

BATCH = web.AppKey("batch", BatchClient)


async def open_client(app: web.Application) -> AsyncIterator[None]:
    async with BatchClient.from_env(deadline=3) as client:
        app[BATCH] = client
        yield


async def set_tier(request: web.Request) -> web.Response:
    customer_id, tier = request.match_info["customer_id"], request.match_info["tier"]
    edit: EditProfile = {"identifiers": {"custom_id": customer_id}, "attributes": {"tier": tier}}
    result = await request.app[BATCH].profiles.update([edit])
    return web.json_response({"refused": len(result.errors)})


def create_app(arguments: list[str] | None = None) -> web.Application:
    app = web.Application()
    app.cleanup_ctx.append(open_client)
    app.router.add_put("/customers/{customer_id}/tier/{tier}", set_tier)
    return app
