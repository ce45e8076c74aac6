"""What this package was generated from, and with what."""

from __future__ import annotations

from typing import Final

SERVER_URL: Final = "https://api.batch.com/2.11"
TITLE: Final = "Batch - REST API"
VERSION: Final = "2.11"
"""The version of the API, which is part of `SERVER_URL`."""
DOCUMENT_SHA256: Final = "58257dd87c4c334ec2dbd3593689b8151adfb42cdb2b5c76120c43644ee2700a"
OVERRIDES_SHA256: Final = "cf33c5d56926706ae09d2b1b21a8b0bc314bc7a32886668396ab0b28670b08cb"
GENERATOR: Final = "openapi-python-client 0.29.1, ruff 0.17.6"
