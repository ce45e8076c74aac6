"""What this package was generated from, and with what."""

from __future__ import annotations

from typing import Final

SERVER_URL: Final = "https://api.batch.com/2.11"
TITLE: Final = "Batch - REST API"
VERSION: Final = "2.11"
"""The version of the API, which is part of `SERVER_URL`."""
DOCUMENT_SHA256: Final = "58257dd87c4c334ec2dbd3593689b8151adfb42cdb2b5c76120c43644ee2700a"
OVERRIDES_SHA256: Final = "82eb4b1f4e5e6d3cb3db0d0be5b414c15e2135d2426ec8cbe17d88daeec37c6b"
GENERATOR: Final = "openapi-python-client 0.29.1, ruff 0.17.6"
