"""What this package was generated from, and with what."""

from __future__ import annotations

from typing import Final

SERVER_URL: Final = "https://api.batch.com"
TITLE: Final = "Batch - MEP REST API"
VERSION: Final = "1.1"
"""The version of the API, which is part of `SERVER_URL`."""
DOCUMENT_SHA256: Final = "d3c22aa8cbd61d2c70aa9d991b87be7844d419f353be8dea82abbbe2a5e63623"
OVERRIDES_SHA256: Final = "db3809faf871d2d28ab6408760c6edb7a2fd0b001f763b397f00a4f9561e7dfd"
GENERATOR: Final = "openapi-python-client 0.29.1, ruff 0.17.6"
