"""What this package was generated from, and with what."""

from __future__ import annotations

from typing import Final

SERVER_URL: Final = "https://api.batch.com"
TITLE: Final = "Batch - MEP REST API"
VERSION: Final = "1.1"
"""The version of the API, which is part of `SERVER_URL`."""
DOCUMENT_SHA256: Final = "d3c22aa8cbd61d2c70aa9d991b87be7844d419f353be8dea82abbbe2a5e63623"
OVERRIDES_SHA256: Final = "c53f9dd7aa8253a9363943466b76ea4e34d741ab684d828e61d072c9ab4cccc2"
GENERATOR: Final = "openapi-python-client 0.29.1, ruff 0.17.6"
