"""An asyncio SDK for the Batch.com Customer Engagement Platform REST API.

    from batch_api import BatchClient

    async with BatchClient.from_env() as client:
        result = await client.profiles.update(
            [{"identifiers": {"custom_id": "u1"}, "attributes": {"tier": "gold"}}]
        )
        for error in result.errors:
            print(error.index, error.attribute, error.category)

Everything public is here; the models of bodies are in `batch_api.models`, and types for dicts that are bodies in
`batch_api.types`; those of the legacy app-level API, which `BatchAppClient` speaks, are in `batch_api.app_models` and
`batch_api.app_types`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from batch_api._version import __version__

if TYPE_CHECKING:
    from batch_api import app_models, app_types, models, types
    from batch_api._codec import UNSET
    from batch_api._document import DOCUMENT_SHA256, DOCUMENT_VERSION
    from batch_api.app.client import BatchAppClient
    from batch_api.client import BatchClient
    from batch_api.engine.attempt import Attempt
    from batch_api.engine.errors import (
        APIError,
        AuthenticationFailed,
        BadRequest,
        BatchError,
        BufferFull,
        ConfigurationError,
        DeadlineExceeded,
        ExportFailed,
        InvalidInput,
        Maintenance,
        NotFound,
        PermissionDenied,
        RateLimited,
        ServerError,
        TransportError,
        UnreadableAnswer,
        WaitTimeout,
    )
    from batch_api.engine.limits import Limit
    from batch_api.engine.response import Headers, Response
    from batch_api.engine.wire.aiohttp import AiohttpTransport as AiohttpTransport
    from batch_api.engine.wire.http import HttpxTransport
    from batch_api.engine.wire.transport import Request, Transport, WireError, WireResponse
    from batch_api.ingest.buffer.buffer import Buffer, Remainder
    from batch_api.ingest.buffer.outbox import OutboxError
    from batch_api.ingest.buffer.outboxfile import SetAside
    from batch_api.ingest.buffer.settings import Holding, Sending
    from batch_api.ingest.chunks.reference import ChunkReference
    from batch_api.ingest.chunks.split import split
    from batch_api.ingest.items.fates import (
        ChunkResult,
        Delivered,
        Fate,
        Invalid,
        PartlyApplied,
        Refused,
        Trouble,
        Unknown,
        Unsent,
    )
    from batch_api.ingest.items.summary import Summary
    from batch_api.ingest.job.forecast import Forecast, JobForecast
    from batch_api.ingest.job.job import IngestFailed, Job
    from batch_api.ingest.job.progress import Progress
    from batch_api.ingest.job.replace import AudienceIncomplete
    from batch_api.ingest.sources.csvfile import CsvFile, Line
    from batch_api.ingest.sources.tables.rows import Rows
    from batch_api.resources.files import FileStream
    from batch_api.resources.paging import Listing, Page
    from batch_api.results import (
        CreatedCampaign,
        Done,
        IndexingResult,
        PartialError,
        Receipt,
        RemovalToken,
        UpdateResult,
    )

__all__ = [
    "DOCUMENT_SHA256",
    "DOCUMENT_VERSION",
    "UNSET",
    "APIError",
    "Attempt",
    "AudienceIncomplete",
    "AuthenticationFailed",
    "BadRequest",
    "BatchAppClient",
    "BatchClient",
    "BatchError",
    "Buffer",
    "BufferFull",
    "ChunkReference",
    "ChunkResult",
    "ConfigurationError",
    "CreatedCampaign",
    "CsvFile",
    "DeadlineExceeded",
    "Delivered",
    "Done",
    "ExportFailed",
    "Fate",
    "FileStream",
    "Forecast",
    "Headers",
    "Holding",
    "HttpxTransport",
    "IndexingResult",
    "IngestFailed",
    "Invalid",
    "InvalidInput",
    "Job",
    "JobForecast",
    "Limit",
    "Line",
    "Listing",
    "Maintenance",
    "NotFound",
    "OutboxError",
    "Page",
    "PartialError",
    "PartlyApplied",
    "PermissionDenied",
    "Progress",
    "RateLimited",
    "Receipt",
    "Refused",
    "Remainder",
    "RemovalToken",
    "Request",
    "Response",
    "Rows",
    "Sending",
    "ServerError",
    "SetAside",
    "Summary",
    "Transport",
    "TransportError",
    "Trouble",
    "Unknown",
    "UnreadableAnswer",
    "Unsent",
    "UpdateResult",
    "WaitTimeout",
    "WireError",
    "WireResponse",
    "__version__",
    "app_models",
    "app_types",
    "models",
    "split",
    "types",
]

# Who asks for `batch_api.testing` in a test run without HTTP, or for `__version__`, pays for nothing else.
_HOMES = {
    "batch_api._document": ("DOCUMENT_SHA256", "DOCUMENT_VERSION"),
    "batch_api._codec": ("UNSET",),
    "batch_api.app.client": ("BatchAppClient",),
    "batch_api.client": ("BatchClient",),
    "batch_api.engine.attempt": ("Attempt",),
    "batch_api.engine.errors": (
        "APIError",
        "AuthenticationFailed",
        "BadRequest",
        "BatchError",
        "BufferFull",
        "ConfigurationError",
        "DeadlineExceeded",
        "ExportFailed",
        "InvalidInput",
        "Maintenance",
        "NotFound",
        "PermissionDenied",
        "RateLimited",
        "ServerError",
        "TransportError",
        "UnreadableAnswer",
        "WaitTimeout",
    ),
    "batch_api.engine.limits": ("Limit",),
    "batch_api.engine.response": ("Headers", "Response"),
    "batch_api.engine.wire.transport": ("Request", "Transport", "WireError", "WireResponse"),
    "batch_api.engine.wire.aiohttp": ("AiohttpTransport",),  # not in `__all__`: it needs the extra `aiohttp`
    "batch_api.engine.wire.http": ("HttpxTransport",),
    "batch_api.ingest.buffer.buffer": ("Buffer", "Remainder"),
    "batch_api.ingest.chunks.reference": ("ChunkReference",),
    "batch_api.ingest.sources.csvfile": ("CsvFile", "Line"),
    "batch_api.ingest.sources.tables.rows": ("Rows",),
    "batch_api.ingest.items.fates": (
        "ChunkResult",
        "Delivered",
        "Fate",
        "Invalid",
        "PartlyApplied",
        "Refused",
        "Trouble",
        "Unknown",
        "Unsent",
    ),
    "batch_api.ingest.job.forecast": ("Forecast", "JobForecast"),
    "batch_api.ingest.buffer.settings": ("Holding", "Sending"),
    "batch_api.ingest.job.job": ("IngestFailed", "Job"),
    "batch_api.ingest.buffer.outbox": ("OutboxError",),
    "batch_api.ingest.buffer.outboxfile": ("SetAside",),
    "batch_api.ingest.job.progress": ("Progress",),
    "batch_api.ingest.job.replace": ("AudienceIncomplete",),
    "batch_api.ingest.chunks.split": ("split",),
    "batch_api.ingest.items.summary": ("Summary",),
    "batch_api.resources.files": ("FileStream",),
    "batch_api.resources.paging": ("Listing", "Page"),
    "batch_api.results": (
        "CreatedCampaign",
        "Done",
        "IndexingResult",
        "PartialError",
        "Receipt",
        "RemovalToken",
        "UpdateResult",
    ),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

if not TYPE_CHECKING:  # a checker that saw this would take any name for public

    def __getattr__(name: str) -> Any:
        if name in ("app_models", "app_types", "models", "types"):
            return import_module(f"batch_api.{name}")
        if name not in _HOME_OF:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(_HOME_OF[name]), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
