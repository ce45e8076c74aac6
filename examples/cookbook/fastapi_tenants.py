"""FastAPI for two brands, each a project at Batch, with settings from the environment or an `.env` file.

    BATCH_REST_API_KEY=… BATCH_PROJECTS='{"shop": "project_…", "club": "project_…"}' \
        uvicorn --factory examples.cookbook.fastapi_tenants:create_app
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse
from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from batch_api import BatchClient, BatchError


class Settings(BaseSettings):
    """The company's key, and the key of each brand's project."""

    model_config = SettingsConfigDict(env_prefix="BATCH_", env_file=".env", extra="ignore")

    rest_api_key: SecretStr
    projects: dict[str, str]
    base_url: str | None = None
    deadline: float = 3.0


def create_app(settings: Settings | None = None, **client_options: Any) -> FastAPI:
    """The application. Tests pass in settings, and a transport to a fake."""
    chosen = settings or Settings.model_validate({})

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with opened(chosen, **client_options) as app.state.brands:
            yield

    app = FastAPI(lifespan=lifespan)
    app.put("/{brand}/customers/{customer_id}/tier/{tier}", status_code=202)(set_tier)
    app.exception_handler(BatchError)(on_batch_error)
    return app


@asynccontextmanager
async def opened(settings: Settings, **client_options: Any) -> AsyncIterator[dict[str, BatchClient]]:
    """A client for each brand. They share the key and the connections, and each has the limits of its project."""
    first = next(iter(settings.projects.values()))
    key = settings.rest_api_key.get_secret_value()
    options = {"base_url": settings.base_url, "deadline": settings.deadline, **client_options}
    async with BatchClient(key, first, **options) as client:
        yield {brand: client.for_project(project) for brand, project in settings.projects.items()}


async def brand_client(request: Request, brand: str) -> BatchClient:
    try:
        client: BatchClient = request.app.state.brands[brand]
    except KeyError:
        raise HTTPException(404, "no such brand") from None
    return client


async def set_tier(
    customer_id: str, tier: str, client: Annotated[BatchClient, Depends(brand_client)]
) -> dict[str, int]:
    result = await client.profiles.update([{"identifiers": {"custom_id": customer_id}, "attributes": {"tier": tier}}])
    return {"refused": len(result.errors)}


async def on_batch_error(request: Request, error: BatchError) -> JSONResponse:
    """502: it may have been applied. 503: try again later. 500: it will be refused again."""
    status = 502 if error.outcome == "unknown" else 503 if error.may_pass else 500
    headers = {"Retry-After": f"{error.retry_after:.0f}"} if status == 503 else {}
    return JSONResponse({"outcome": error.outcome}, status, headers)
