"""Django with ordinary views, and many threads: all of them share one client through a portal.

Run it with `gunicorn --threads 8 examples.frameworks.django_wsgi:application`.
"""

from __future__ import annotations

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, JsonResponse
from django.urls import path

from batch_api import BatchClient
from batch_api.types import EditProfile
from examples.frameworks.portal import BatchPortal

settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["127.0.0.1"])  # a project has a module for these

batch = BatchPortal(lambda: BatchClient.from_env(deadline=3))


def set_tier(request: HttpRequest, customer_id: str, tier: str) -> JsonResponse:
    edit: EditProfile = {"identifiers": {"custom_id": customer_id}, "attributes": {"tier": tier}}
    result = batch.call(lambda client: client.profiles.update([edit]))
    return JsonResponse({"refused": len(result.errors)})


urlpatterns = [path("customers/<customer_id>/tier/<tier>", set_tier)]
application = get_wsgi_application()
