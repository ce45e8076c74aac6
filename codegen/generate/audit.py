"""What the generator, or our templates, would silently drop from the prepared document.

Each finding must be repaired by an overlay or allowed, with a reason, in `audit-allow.yaml`: in that of all APIs if it
is a rule, else in that of the API. A finding has a kind, mostly the keyword that has no effect, and a place in the
words of names.yaml. `what` says what happens where the keyword does not say it by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from codegen import yamlfile
from codegen.document import Json
from codegen.errors import CodegenError
from codegen.schema import ANNOTATIONS, UNIONS, Schema, children

_UNDERSTOOD = {"$ref", "type", "properties", "required", "items", "enum", "const", "allOf", *UNIONS, *ANNOTATIONS}
_UNDERSTOOD -= {"deprecated", "externalDocs", "$comment"}
_FORMATS = {"date", "date-time"}
_PARAMETER = {"name", "in", "required", "schema", "description", "example", "examples"}
_STYLE = {"query": {"style": "form", "explode": True}, "path": {"style": "simple", "explode": False}}
"""What a parameter is without these keywords, and what we send."""


class Finding(NamedTuple):
    kind: str
    where: str
    what: str = ""

    def __str__(self) -> str:
        return f"{self.kind} at {self.where}" + (f": {self.what}" if self.what else "")


class Allowance(NamedTuple):
    kind: str
    where: str
    """A place, `*` for every one, or `* …` for those that end so."""
    reason: str

    @property
    def is_rule(self) -> bool:
        """Whether it applies to many places, and need not match any."""
        return self.where.startswith("*")

    def covers(self, finding: Finding) -> bool:
        fits = self.is_rule and finding.where.endswith(self.where[1:])
        return self.kind == finding.kind and (fits or self.where == finding.where)


_TOLD = {"unused schema", "optional header", "operation", "property", "value", "answer", "webhooks", "callbacks"}
"""What is reported on each run if only a rule allows it."""


def check(document: Json, dropped: Iterable[tuple[str, str]], *allowances: Path) -> list[str]:
    """Refuse findings that are neither repaired nor allowed, and allowances that nothing needs.

    Returns what a rule let pass, and people should know of all the same.
    """
    found = [*(Finding(*pair, "is not carried over") for pair in dropped), *findings(document)]
    allowed = [entry for path in allowances for entry in load(path)]
    by_kind: dict[str, list[Allowance]] = {}
    for entry in allowed:
        by_kind.setdefault(entry.kind, []).append(entry)
    covering = {each: [one for one in by_kind.get(each.kind, ()) if one.covers(each)] for each in found}
    last = allowances[-1]
    if open_findings := sorted(str(finding) for finding, entries in covering.items() if not entries):
        lines = "\n  ".join(open_findings)
        raise CodegenError(
            str(last), f"does not allow what would be dropped silently:\n  {lines}", "Repair or allow each."
        )
    used = {entry for entries in covering.values() for entry in entries}
    if idle := [f"{entry.kind} at {entry.where}" for entry in allowed if not entry.is_rule and entry not in used]:
        raise CodegenError(
            str(last), "allows findings that do not exist:\n  " + "\n  ".join(idle), "Remove these entries."
        )
    told: dict[str, list[str]] = {}
    for finding, entries in covering.items():
        if finding.kind in _TOLD and entries[0].where == "*":
            told.setdefault(f"{finding.kind}: {entries[0].reason}", []).append(finding.where)
    return [f"{said} {_listed(sorted(places))}" for said, places in sorted(told.items())]


def _listed(places: list[str]) -> str:
    return ", ".join(places[:10]) + (f" and {len(places) - 10} more" if len(places) > 10 else "")


def load(path: Path) -> list[Allowance]:
    entries = yamlfile.load_table(path).get("allow", [])
    for number, entry in enumerate(entries, 1):
        if entry.keys() != {"kinds", "where", "reason"} or not str(entry["reason"]).strip():
            raise CodegenError(f"{path}: entry {number}", "needs `kinds`, `where` and a `reason`", "Write all three.")
    return [
        Allowance(kind, where, " ".join(str(entry["reason"]).split()))
        for entry in entries
        for kind in entry["kinds"]
        for where in entry["where"]
    ]


def findings(document: Json) -> Iterator[Finding]:
    """All findings, in the order of the document."""
    for key in document.keys() & {"security", "tags", "jsonSchemaDialect"}:
        yield Finding(key, "$")
    for server in document.get("servers", []):
        yield from (Finding("server variable", name) for name in server.get("variables", {}))
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield from _operation(f"{method.upper()} {path}", operation)
    for name, schema in document["components"]["schemas"].items():
        yield from _schema(name, schema)


def _operation(where: str, operation: Json) -> Iterator[Finding]:
    for key in sorted(operation.keys() & {"deprecated", "security", "servers"}):
        yield Finding(key, where)
    for parameter in operation.get("parameters", []):
        yield from _parameter(f"{where} ?{parameter['name']}", parameter)
    body = operation.get("requestBody", {})
    if body and not body.get("required"):
        yield Finding("optional body", where, "the argument is required")
    yield from _content(f"{where} body", body)
    for status, response in operation["responses"].items():
        if status.startswith("3"):
            yield Finding("redirect", f"{where} {status}", "it has no body, and its Location is no field")
        if "headers" in response:
            yield Finding("headers", f"{where} {status}")
        yield from _content(f"{where} {status}", response)


def _parameter(where: str, parameter: Json) -> Iterator[Finding]:
    if parameter["in"] not in ("query", "path"):
        yield Finding("parameter in a header or cookie", where, "it must be sent, and the engine does not know it")
    for key in sorted(parameter.keys() - _PARAMETER):
        if parameter[key] != _STYLE.get(parameter["in"], {}).get(key):
            yield Finding(key, where)
    yield from _schema(where, parameter.get("schema", {}))


def _content(where: str, holder: Json) -> Iterator[Finding]:
    content = holder.get("content", {})
    if len(content) > 1:
        yield Finding("several media types", where, "only the first that is known counts")
    for media, entry in content.items():
        if media != "application/json":
            yield Finding("media type", where, media)
        if "encoding" in entry:
            yield Finding("encoding", where)
        yield from _schema(where, entry.get("schema", {}))


def _schema(where: str, schema: Schema) -> Iterator[Finding]:
    """The findings in a schema and in those inside it; references are not followed, components come by themselves."""
    for keyword in sorted(schema.keys() - _UNDERSTOOD):
        yield from _keyword(where, keyword, schema[keyword])
    if "$ref" in schema and schema.keys() - {"$ref", *ANNOTATIONS}:
        yield Finding("beside $ref", where, "the generator sees the reference only")
    if isinstance(schema.get("type"), list) and "enum" in schema:
        yield Finding("enum in a type list", where, "becomes one enumeration for each type")
    for keyword in UNIONS:
        if keyword in schema:
            yield from _union(where, schema, schema[keyword], exactly_one=keyword == "oneOf")
    for (keyword, key), child in children(schema):
        place = where + _step(keyword, key)
        if isinstance(child, dict):
            yield from _schema(place, child)
        elif keyword != "additionalProperties":
            yield Finding("boolean schema", place)


def _keyword(where: str, keyword: str, value: Any) -> Iterator[Finding]:
    if keyword == "additionalProperties":
        if value is False:
            yield Finding("closed object", where, "further fields are kept all the same")
        elif isinstance(value, dict) and value:
            yield Finding("typed map", where, "its values are kept as they come")
    elif keyword == "format":
        if value not in _FORMATS:
            yield Finding("format", where, str(value))
    elif keyword.startswith("x-"):
        yield Finding("extension", where, keyword)
    else:
        yield Finding(keyword, where)


def _union(where: str, schema: Schema, branches: list[Any], *, exactly_one: bool) -> Iterator[Finding]:
    plain = [branch for branch in branches if isinstance(branch, dict) and "$ref" not in branch]
    kinds = [branch.get("type") for branch in plain]
    if "properties" in schema:
        yield Finding("properties beside a union", where, "the properties are lost")
    if kinds.count("array") > 1:
        yield Finding("several arrays", where, "only the first can be parsed")
    strings = [branch.get("format") for branch in plain if branch.get("type") == "string"]
    if len(strings) > 1 and any(form in _FORMATS for form in strings):
        yield Finding("date among strings", where, "strings that look like dates are not read as dates")
    if exactly_one and (
        len(strings) > 1 or kinds.count("integer") > 1 or {"integer", "number"} <= set(map(str, kinds))
    ):
        yield Finding("overlapping oneOf", where, "refuses values that more than one branch accepts: make it anyOf")


def _step(keyword: str, key: str | int | None) -> str:
    if keyword == "properties":
        return f".{key}"
    if keyword == "items":
        return "[]"
    if keyword == "additionalProperties":
        return "{}"
    if keyword == "patternProperties":
        return f'{{"{key}"}}'
    return f"<{key}>" if isinstance(key, int) else f"({keyword})"
