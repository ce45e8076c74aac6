"""The vendor's document: read, checked against its lock file, and validated."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

from openapi_spec_validator import OpenAPIV31SpecValidator

from . import yamlfile
from .errors import CodegenError

Json = dict[str, Any]
_VERSION = re.compile(r"v?[0-9]+(\.[0-9]+)*")


def read(path: Path, lock: Path) -> Json:
    """The document, once its bytes are known to be those that the lock file names."""
    check_lock(path, lock)
    document = yamlfile.load_table(path)
    validate(document, str(path))
    return document


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def check_lock(path: Path, lock: Path) -> None:
    if not path.is_file():
        raise CodegenError(str(path), "no such file", "Put the vendor's document there, byte for byte.")
    if yamlfile.load_table(lock).get("sha256") != sha256(path):
        raise CodegenError(
            str(lock), f"its sha256 is not that of {path}", "If the document was replaced on purpose, write a new lock."
        )


def validate(document: Json, where: str) -> None:
    """Refuse what is not OpenAPI 3.1, with the first few reasons."""
    if not str(document.get("openapi", "")).startswith("3.1."):
        raise CodegenError(
            where, f"is OpenAPI {document.get('openapi')!r}", "Only OpenAPI 3.1 is understood: convert it."
        )
    problems = list(OpenAPIV31SpecValidator(document).iter_errors())
    if problems:
        places = ["/".join(map(str, problem.absolute_path)) or "/" for problem in problems]
        reasons = [problem.message.splitlines()[0][:200] for problem in problems]
        lines = "\n  ".join(f"{place}: {reason}" for place, reason in zip(places[:5], reasons, strict=False))
        raise CodegenError(where, f"is not valid OpenAPI:\n  {lines}", "Repair or replace the document.")


def server(document: Json) -> tuple[str, str]:
    """The address of the API with its variables filled in, and the version of the API that it ends in.

    `info.version` counts only if the address ends in none: it says 2.9 where the server says 2.11 (quirk 1).
    """
    servers = document.get("servers") or []
    if not servers:
        raise CodegenError("the document", "has no `servers`", "Add one with an address, or take another.")
    url: str = servers[0]["url"]
    for name, variable in servers[0].get("variables", {}).items():
        url = url.replace("{" + name + "}", str(variable["default"]))
    url = url.rstrip("/")
    last = url.rsplit("/", 1)[-1]
    return url, last if _VERSION.fullmatch(last) else str(document["info"]["version"])
