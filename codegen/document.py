"""The vendor's document: read, checked against its lock file, and validated."""

from __future__ import annotations

import hashlib
import re
from itertools import islice
from pathlib import Path
from typing import Any

from openapi_spec_validator import OpenAPIV31SpecValidator

from codegen import composition, yamlfile
from codegen.errors import CodegenError
from codegen.schema import mappings

Json = dict[str, Any]
METHODS = ("delete", "get", "head", "options", "patch", "post", "put", "trace")
_MOST_REASONS = 5
_DIALECTS = ("https://spec.openapis.org/oas/3.1/", "https://json-schema.org/draft/")
_VERSION = re.compile(r"v?[0-9]+(\.[0-9]+)*")


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def check_lock(path: Path, lock: Path) -> None:
    if not path.is_file():
        raise CodegenError(str(path), "no such file", "Put an exact copy of the vendor's document there.")
    if yamlfile.load_table(lock).get("sha256") != sha256(path):
        raise CodegenError(
            str(lock), f"its sha256 is not that of {path}", "If the document was replaced on purpose, write a new lock."
        )


def validate(document: Json, where: str, remedy: str = "Correct the overlays.") -> None:
    """Refuse what is not OpenAPI 3.1, with the first few reasons."""
    version = document.get("openapi", document.get("swagger"))
    if not str(version).startswith("3.1."):
        kind = "Swagger" if "swagger" in document else "OpenAPI"
        raise CodegenError(where, f"is {kind} {version!r}", "Expected OpenAPI 3.1, or 3.0: convert it.")
    _refuse_elsewhere(document, where)
    composition.check(document, where)
    try:
        problems = list(islice(OpenAPIV31SpecValidator(_without_defaults(document)).iter_errors(), _MOST_REASONS))
    except Exception as error:  # the validator stumbles over some documents in ways of its own
        said = f"{type(error).__name__} {error}".splitlines()[0][:200]
        raise CodegenError(where, f"cannot be validated: {said}", remedy) from None
    if problems:
        places = ["$" + "".join(f"[{step!r}]" for step in problem.absolute_path) for problem in problems]
        reasons = [problem.message.splitlines()[0][:200] for problem in problems]
        lines = "\n  ".join(f"{place}: {reason}" for place, reason in zip(places, reasons, strict=True))
        raise CodegenError(where, f"is not valid OpenAPI:\n  {lines}", remedy)


def _refuse_elsewhere(document: Json, where: str) -> None:
    """Refuse references that the validator would fetch from a network or a disk."""
    for value in mappings(document):
        for key in ("$ref", "$id", "$dynamicRef", "$schema", "jsonSchemaDialect"):
            target = value.get(key)
            if isinstance(target, str) and not target.startswith(("#", *_DIALECTS)):
                raise CodegenError(
                    where, f"has the {key} {target[:200]!r}", "All of it must be in the document itself: bundle it."
                )


def _without_defaults(value: Any) -> Any:
    """A copy without the defaults of schemas: matching one against a pattern may take for ever, for no benefit."""
    if isinstance(value, list):
        return [_without_defaults(item) for item in value]
    if not isinstance(value, dict):
        return value
    is_schema = isinstance(value.get("type"), (str, list)) or "pattern" in value
    return {key: _without_defaults(item) for key, item in value.items() if key != "default" or not is_schema}


def server(document: Json) -> tuple[str, str]:
    """The address of the API with its variables filled in, and the version of the API that it ends in.

    `info.version` counts only if the address ends in none: it says 2.9 where the server says 2.11 (quirk 1).
    """
    servers = document.get("servers") or []
    if not servers:
        raise CodegenError("the document", "has no `servers`", "Add one with an address, or use another document.")
    url: str = servers[0]["url"]
    for name, variable in servers[0].get("variables", {}).items():
        url = url.replace("{" + name + "}", str(variable["default"]))
    url = url.rstrip("/")
    if not url.startswith("https://"):
        raise CodegenError(
            "the document",
            f"its first server is {url!r}, and not an address of https",
            "Put the right one there by an action in repairs.yaml.",
        )
    last = url.rsplit("/", 1)[-1]
    return url, last if _VERSION.fullmatch(last) else str(document["info"]["version"])


def is_optional_header(parameter: Json) -> bool:
    """Whether it is an optional header or cookie, which is left out: the engine sends only its own headers."""
    return parameter["in"] in ("header", "cookie") and not parameter.get("required")


def without_optional_headers(document: Json) -> Json:
    """The normalised document without them. The audit tells of each."""

    def kept(operation: Json) -> Json:
        parameters = [entry for entry in operation.get("parameters", []) if not is_optional_header(entry)]
        return operation | ({"parameters": parameters} if "parameters" in operation else {})

    paths = {
        path: {method: kept(operation) for method, operation in item.items()}
        for path, item in document["paths"].items()
    }
    return {**document, "paths": paths}
