"""The document that this package was generated from: the version of the API it describes, and its sha256."""

from __future__ import annotations

from batch_api._generated.cep.document import DOCUMENT_SHA256 as DOCUMENT_SHA256
from batch_api._generated.cep.document import VERSION as DOCUMENT_VERSION

__all__ = ["DOCUMENT_SHA256", "DOCUMENT_VERSION"]
