"""Nothing of the vendor's document is lost on the way: what can be reached in it can be reached in the prepared one.

Both are walked at once, from the operations down, by the names of parameters, properties and values alone. How schemas
are cut into components, unions and `allOf` makes no difference to that. What is missing is a finding for the audit.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import unquote

from codegen.document import METHODS, Json, is_optional_header
from codegen.schema import Schema

_INSIDE = ("allOf", "anyOf", "oneOf")
_ALSO = ("if", "then", "else")
_MOST_KINDS = 100
_PREFIX = "#/components/schemas/"


class _Meeting(NamedTuple):
    """Schemas of the vendor's document, and those of ours that stand for them."""

    where: str
    theirs: list[Any]
    ours: list[Any]


class _Shape(NamedTuple):
    """What some schemas, read through references and unions, have inside them together."""

    parts: list[Schema]
    properties: dict[str, list[Any]]
    items: list[Any]
    values: list[Any]
    """The schemas of what stands under names that are not known beforehand."""
    words: set[tuple[str, Any]]
    """The values of enumerations, each with its type."""
    objects: list[set[str]]
    """The properties of each kind of object that it may be."""


def lost(original: Json, prepared: Json) -> Iterator[tuple[str, str]]:
    """What is missing in `prepared`, as pairs of a kind and a place in the words of names.yaml."""
    meetings: list[_Meeting] = []
    for path, item in original["paths"].items():
        theirs = _target(original, item)
        ours = prepared["paths"].get(path, {})
        for method in METHODS:
            key = f"{method.upper()} {path}"
            if method in theirs and method not in ours:
                yield "operation", key
            elif method in theirs:
                yield from _operation(original, theirs, theirs[method], ours[method], key, meetings)
    used: set[int] = set()
    yield from _schemas(original, prepared, meetings, used)
    for name, schema in original.get("components", {}).get("schemas", {}).items():
        if id(schema) not in used:
            yield "unused schema", name


def _operation(
    document: Json, item: Json, theirs: Json, ours: Json, key: str, meetings: list[_Meeting]
) -> Iterator[tuple[str, str]]:
    here = {(entry["in"], entry["name"]): entry for entry in ours.get("parameters", [])}
    for reference in [*item.get("parameters", []), *theirs.get("parameters", [])]:
        parameter = _target(document, reference)
        found = here.get((parameter["in"], parameter["name"]))
        if found is None:
            kind = "optional header" if is_optional_header(parameter) else "parameter"
            yield kind, f"{key} ?{parameter['name']}"
        else:
            where = f"{key} ?{parameter['name']}"
            meetings.append(_Meeting(where, [parameter.get("schema", {})], [found.get("schema", {})]))
    if "requestBody" in theirs:
        body = _target(document, theirs["requestBody"])
        meetings.append(_Meeting(f"{key} body", _content(body), _content(ours.get("requestBody", {}))))
    for status, reference in theirs.get("responses", {}).items():
        answer, found = _target(document, reference), ours["responses"].get(status)
        if found is None:
            yield "answer", f"{key} {status}"
        else:
            meetings.append(_Meeting(f"{key} {status}", _content(answer), _content(found)))


def _content(holder: Json) -> list[Any]:
    return [media["schema"] for media in holder.get("content", {}).values() if "schema" in media]


def _schemas(original: Json, prepared: Json, meetings: list[_Meeting], used: set[int]) -> Iterator[tuple[str, str]]:
    seen: set[tuple[frozenset[int], frozenset[int]]] = set()
    reader, our_reader = _Reader(original), _Reader(prepared)
    while meetings:
        meeting = meetings.pop()
        theirs, ours = reader.shape(meeting.theirs), our_reader.shape(meeting.ours)
        pair = (frozenset(map(id, theirs.parts)), frozenset(map(id, ours.parts)))
        if pair in seen:
            continue
        seen.add(pair)
        used |= pair[0]
        where = _named(meeting)
        yield from (("value", f"{where}: {value}") for _, value in sorted(theirs.words - ours.words))
        for key, schemas in sorted(theirs.properties.items()):
            if key in ours.properties:
                meetings.append(_Meeting(f"{where}.{key}", schemas, ours.properties[key]))
            else:
                yield "property", f"{where}.{key}"
        # Properties that another branch of a union has as well must not be missing in this one.
        missing = {key for keys in _unmatched(theirs.objects, ours.objects) for key in keys}
        yield from (("property", f"{where}.{key}") for key in sorted(missing & ours.properties.keys()))
        for step, schemas, found in (("[]", theirs.items, ours.items), ("{}", theirs.values, ours.values)):
            if schemas and not found and reader.says_something(schemas):
                yield "property", f"{where}{step}"
            elif schemas:
                meetings.append(_Meeting(f"{where}{step}", schemas, found))


def _named(meeting: _Meeting) -> str:
    """A place starts anew at each name of ours."""
    names = [str(one["$ref"]).removeprefix(_PREFIX) for one in meeting.ours if isinstance(one, dict) and "$ref" in one]
    return names[0] if len(names) == 1 else meeting.where


class _Reader:
    """Reads schemas of one document."""

    def __init__(self, document: Json) -> None:
        self.document = document
        self.shapes: dict[frozenset[int], _Shape] = {}
        self.kinds: dict[int, list[set[str]]] = {}

    def shape(self, schemas: list[Any]) -> _Shape:
        key = frozenset(map(id, schemas))
        if key not in self.shapes:
            self.shapes[key] = self._read(schemas)
        return self.shapes[key]

    def says_something(self, schemas: list[Any]) -> bool:
        shape = self.shape(schemas)
        return bool(shape.properties or shape.items or shape.values or shape.words)

    def _read(self, schemas: list[Any]) -> _Shape:
        objects = [keys for schema in schemas for keys in self._objects(schema)]
        shape = _Shape(self._parts(schemas), {}, [], [], set(), objects)
        for part in shape.parts:
            for name, child in part.get("properties", {}).items():
                shape.properties.setdefault(name, []).append(child)
            shape.items.extend([part["items"]] if "items" in part else part.get("prefixItems", []))
            shape.values.extend([part["additionalProperties"]] if part.get("additionalProperties") else [])
            shape.values.extend(part.get("patternProperties", {}).values())
            said = [*part.get("enum", []), *([part["const"]] if "const" in part else [])]
            shape.words.update((type(value).__name__, str(value)) for value in said if value is not None)
        return shape

    def _parts(self, schemas: list[Any]) -> list[Schema]:
        """These schemas, and those that they refer to or are made of."""
        parts: dict[int, Schema] = {}
        waiting = list(schemas)
        while waiting:
            schema = waiting.pop()
            if not isinstance(schema, dict) or id(schema) in parts:
                continue
            parts[id(schema)] = schema
            if isinstance(schema.get("$ref"), str):
                waiting.append(_at(self.document, schema["$ref"]))
            waiting += [part for keyword in _INSIDE for part in schema.get(keyword, [])]
            waiting += [schema[keyword] for keyword in _ALSO if keyword in schema]
        return list(parts.values())

    def _objects(self, schema: Any) -> list[set[str]]:
        """The properties of each kind of object that a schema accepts."""
        if not isinstance(schema, dict):
            return []
        if id(schema) not in self.kinds:
            self.kinds[id(schema)] = []  # until it is known, for a schema that is made of itself
            self.kinds[id(schema)] = self._kinds(schema)
        return self.kinds[id(schema)]

    def _kinds(self, schema: Schema) -> list[set[str]]:
        unions = [schema.get(keyword, []) for keyword in _INSIDE[1:]]
        branches = [keys for union in unions for branch in union for keys in self._objects(branch)]
        parts = list(schema.get("allOf", []))
        parts += [_at(self.document, schema["$ref"])] if isinstance(schema.get("$ref"), str) else []
        own = set(schema.get("properties", ()))
        found = [own | keys for keys in branches or [set()]]
        for part in parts:
            more = self._objects(part) or [set()]
            found = [keys | others for keys in found for others in more][:_MOST_KINDS]
        return [keys for keys in found if keys]


def _unmatched(theirs: list[set[str]], ours: list[set[str]]) -> Iterator[set[str]]:
    """What each kind of object has that its like has not. Each of ours is the like of one, if there are enough."""
    likeness = {
        (number, index): len(keys & own) / len(keys | own)
        for number, keys in enumerate(theirs)
        for index, own in enumerate(ours)
    }
    open_theirs, open_ours = set(range(len(theirs))), set(range(len(ours)))
    for number, index in sorted(likeness, key=lambda pair: (-likeness[pair], pair)):
        if number in open_theirs and index in open_ours:
            open_theirs.discard(number)
            open_ours.discard(index)
            yield theirs[number] - ours[index]
    for number in open_theirs if ours else ():
        yield min((theirs[number] - own for own in ours), key=len)


def _target(document: Json, value: Json) -> Json:
    for _ in range(100):
        if not isinstance(value.get("$ref"), str):
            break
        value = _at(document, value["$ref"])
    return value


def _at(document: Json, pointer: str) -> Any:
    value: Any = document
    for part in pointer.split("/")[1:]:
        key = unquote(part).replace("~1", "/").replace("~0", "~")
        value = value[int(key)] if isinstance(value, list) else value[key]
    return value
