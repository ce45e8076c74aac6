"""What holds for an API as a whole: its security from the document, the rest from `overrides/<api>/api.yaml`."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from batch_api._operation import Dates
from codegen import yamlfile
from codegen.document import METHODS, Json, server
from codegen.errors import CodegenError

_KEYS = {"title", "scope", "scope_header", "scope_parameter", "error_code", "error_message", "maintenance"}
_KEYS |= {"dates", "datetimes", "objects", "host"}


class Api(NamedTuple):
    """The facts about an API, as `Api` of the generated package has them."""

    title: str
    """What it is called in docstrings."""
    key_header: str
    key_scheme: str
    scope: str
    scope_header: str | None
    scope_parameter: str | None
    error_code: str
    error_message: str
    maintenance: str
    dates: Dates
    datetimes: tuple[str, ...]
    """Fields that the document has as text, and that take a datetime."""
    objects: tuple[str, ...]
    """Fields that the document has as text, and that take the object which the text is made of."""


def load(path: Path, document: Json) -> Api:
    """The facts about the API of the vendor's `document`."""
    table = yamlfile.load_table(path)
    if unknown := table.keys() - _KEYS:
        raise CodegenError(
            str(path), f"unknown keys: {', '.join(sorted(unknown))}", "Use the keys listed at the top of the file."
        )
    header, scheme = _security(document)
    host = urlsplit(server(document)[0]).hostname
    if host != table.get("host"):
        raise CodegenError(
            str(path),
            f"`host` is {table.get('host')!r}, and the first server of the document is at {host!r}",
            "Correct it, if the API has moved: keys and data go there. Else put the right one first, in repairs.yaml.",
        )
    try:
        return Api(
            title=str(table["title"]),
            key_header=header,
            key_scheme=scheme,
            scope=str(table["scope"]),
            scope_header=table.get("scope_header"),
            scope_parameter=table.get("scope_parameter"),
            error_code=str(table["error_code"]),
            error_message=str(table["error_message"]),
            maintenance=str(table["maintenance"]),
            dates=Dates(bool(table["dates"]["offset"]), tuple(map(str, table["dates"]["named"]))),
            datetimes=tuple(map(str, table.get("datetimes", ()))),
            objects=tuple(map(str, table.get("objects", ()))),
        )
    except (KeyError, TypeError) as error:
        raise CodegenError(str(path), f"a fact is missing or unreadable: {error!r}", "Correct the file.") from None


def _security(document: Json) -> tuple[str, str]:
    """The header that carries the key, and the word before the key in it."""
    schemes = document.get("components", {}).get("securitySchemes", {})
    operations = [item[method] for item in document["paths"].values() for method in METHODS if method in item]
    asked = [document.get("security", []), *(operation.get("security", []) for operation in operations)]
    for name in (name for security in asked for entry in security for name in entry):
        scheme = schemes.get(name, {})
        if scheme.get("type") == "http" and str(scheme.get("scheme", "")).lower() == "bearer":
            return "Authorization", "Bearer"
        if scheme.get("type") == "apiKey" and scheme.get("in") == "header":
            return str(scheme["name"]), ""
    raise CodegenError(
        "the document", "asks for no bearer token and no key in a header", "Teach the engine its security."
    )
