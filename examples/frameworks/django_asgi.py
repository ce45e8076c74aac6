"""Django on ASGI: one client for the process, opened and closed by the lifespan of the ASGI server.

Run it with `uvicorn examples.frameworks.django_asgi:application`.
"""

from __future__ import annotations

from typing import Any

from asgiref.sync import async_to_sync
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.http import HttpRequest, JsonResponse
from django.urls import path

from batch_api import BatchClient
from batch_api.types import EditProfile

settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["127.0.0.1"])  # a project has a module for these

client = BatchClient.from_env(deadline=3)


async def set_tier(request: HttpRequest, customer_id: str, tier: str) -> JsonResponse:
    result = await client.profiles.update([{"identifiers": {"custom_id": customer_id}, "attributes": {"tier": tier}}])
    return JsonResponse({"refused": len(result.errors)})


def set_city(request: HttpRequest, customer_id: str, city: str) -> JsonResponse:
    """An ordinary view runs in a thread; its call goes to the loop that serves."""
    edit: EditProfile = {"identifiers": {"custom_id": customer_id}, "attributes": {"city": city}}
    result = async_to_sync(client.profiles.update)([edit])
    return JsonResponse({"refused": len(result.errors)})


urlpatterns = [
    path("customers/<customer_id>/tier/<tier>", set_tier),
    path("customers/<customer_id>/city/<city>", set_city),
]
django = get_asgi_application()


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """The ASGI application of the project: Django's knows nothing of lifespans."""
    if scope["type"] != "lifespan":
        await django(scope, receive, send)
        return
    await receive()  # lifespan.startup
    async with client:
        await send({"type": "lifespan.startup.complete"})
        await receive()  # lifespan.shutdown
    await send({"type": "lifespan.shutdown.complete"})
