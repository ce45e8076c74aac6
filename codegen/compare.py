"""What a new version of the document changes, in our words: both are normalised first, so that names say nothing.

Each change is for what one sends or for what one gets, and is *breaking*, *additive* or a matter of *wording*.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from .document import Json
from .models import sent
from .schema import Schema, all_properties

_UPPER = ("maxItems", "maxLength", "maximum", "maxProperties")
_LOWER = ("minItems", "minLength", "minimum", "minProperties")
_MEANT = ("type", "const", "format", "pattern", "$ref", "anyOf", "oneOf", "allOf", "items", "additionalProperties")
_NUMBER = re.compile(r"(?<![\w.])\d{1,3}(?:[ ,\u202f\u00a0]\d{3})+(?![\w.])|(?<![\w.])\d+(?![\w]|\.\d)")


class Change(NamedTuple):
    weight: str
    """`breaking`, `additive` or `wording`."""
    side: str
    """`request`, `response`, `both`, or empty for an operation as a whole."""
    where: str
    what: str
    means: str
    """What it means for callers of this package."""


def changes(old: Json, new: Json) -> list[Change]:
    """All differences between two normalised documents, the breaking ones first."""
    found = [*_operations(_by_key(old), _by_key(new)), *_schemas(old, new)]
    order = ("breaking", "additive", "wording")
    return sorted(set(found), key=lambda change: (order.index(change.weight), change))


def _by_key(document: Json) -> dict[str, Json]:
    return {
        f"{method.upper()} {path}": operation
        for path, item in document["paths"].items()
        for method, operation in item.items()
    }


def _operations(old: Mapping[str, Json], new: Mapping[str, Json]) -> Iterator[Change]:
    for key in sorted(old.keys() - new.keys()):
        yield Change("breaking", "", key, "removed", "calls of it will fail; its method must go or be told otherwise")
    for key in sorted(new.keys() - old.keys()):
        yield Change("additive", "", key, "added", "no method yet: a generated function only")
    for key in sorted(old.keys() & new.keys()):
        yield from _operation(key, old[key], new[key])


def _operation(key: str, old: Json, new: Json) -> Iterator[Change]:
    if new.get("deprecated") and not old.get("deprecated"):
        yield Change("additive", "", key, "deprecated", "still works; look for what takes its place")
    before, after = ({one["name"]: one for one in entry.get("parameters", [])} for entry in (old, new))
    for name in sorted(before.keys() | after.keys()):
        yield from _parameter(f"{key} ?{name}", before.get(name), after.get(name))
    if ("requestBody" in old) != ("requestBody" in new):
        yield Change(
            "breaking", "request", key, f"{'lost' if 'requestBody' in old else 'got'} a body", "calls must change"
        )
    yield from _schema("request", f"{key} body", _body(old.get("requestBody", {})), _body(new.get("requestBody", {})))
    for status in sorted(old["responses"].keys() & new["responses"].keys()):
        was, now = _body(old["responses"][status]), _body(new["responses"][status])
        yield from _schema("response", f"{key} {status}", was, now)
    for status in sorted(old["responses"].keys() - new["responses"].keys()):
        yield Change("wording", "response", key, f"no longer declares {status}", "it is handled as before if it comes")
    for status in sorted(new["responses"].keys() - old["responses"].keys()):
        yield Change("additive", "response", key, f"declares {status}", "any 2xx is success, all else raises")
    for part in ("summary", "description"):
        yield from _words("both", key, str(old.get(part, "")), str(new.get(part, "")))


def _body(holder: Json) -> Schema:
    """The schema of a body that is not a component; of one that is, the reference without what is remarked on it."""
    schema: Schema = holder.get("content", {}).get("application/json", {}).get("schema", {})
    return {"$ref": schema["$ref"]} if "$ref" in schema else schema


def _parameter(where: str, old: Json | None, new: Json | None) -> Iterator[Change]:
    if new is None:
        yield Change("breaking", "request", where, "parameter removed", "the API may refuse or ignore it")
    elif old is None:
        weight = "breaking" if new.get("required") else "additive"
        means = "calls without it will fail" if new.get("required") else "nothing, until it is used"
        yield Change(
            weight, "request", where, f"{'required' if new.get('required') else 'optional'} parameter added", means
        )
    else:
        if new.get("required") and not old.get("required"):
            yield Change("breaking", "request", where, "is required now", "calls without it will fail")
        yield from _schema("request", where, old.get("schema", {}), new.get("schema", {}))
        yield from _words("request", where, str(old.get("description", "")), str(new.get("description", "")))


def _schemas(old: Json, new: Json) -> Iterator[Change]:
    before, after = (document["components"]["schemas"] for document in (old, new))
    requests, answers = sent(old) | sent(new), _received(old) | _received(new)
    for name in sorted(before.keys() - after.keys()):
        yield Change("breaking", "both", name, "schema gone", "the model of this name would disappear")
    for name in sorted(after.keys() - before.keys()):
        yield Change("additive", "both", name, "schema added", "a new model; give it a line in names.yaml")
    for name in sorted(before.keys() & after.keys()):
        side = "both" if name in requests & answers else "request" if name in requests else "response"
        yield from _schema(side, name, before[name], after[name])
        was, now = all_properties(name, before), all_properties(name, after)
        required = set(after[name].get("required", ())) - set(before[name].get("required", ()))
        for key in sorted(was.keys() | now.keys()):
            yield from _property(side, f"{name}.{key}", was.get(key), now.get(key), key in required)


def _received(document: Json) -> set[str]:
    """The components that can be part of an answer: those that `sent` finds where answers are put for bodies."""
    answers = {
        f"{path} {method} {status}": {"post": {"requestBody": response}}
        for path, item in document["paths"].items()
        for method, operation in item.items()
        for status, response in operation["responses"].items()
    }
    return sent({"paths": answers, "components": document["components"]})


def _property(side: str, where: str, old: Schema | None, new: Schema | None, required: bool) -> Iterator[Change]:
    if new is None:
        means = "the model loses it" if side == "response" else "the API may refuse or ignore it"
        yield Change("breaking", side, where, "field removed", f"{means}: code that uses the field must change")
    elif old is None:
        harm = required and side != "response"
        means = "bodies without it will be refused" if harm else "nothing, until it is used"
        yield Change("breaking" if harm else "additive", side, where, "field added", means)
    else:
        if required and side != "response":
            yield Change("breaking", side, where, "is required now", "bodies without it will be refused")
        yield from _schema(side, where, old, new)


def _schema(side: str, where: str, old: Schema, new: Schema) -> Iterator[Change]:
    was, now = ([str(value) for value in schema.get("enum", ())] for schema in (old, new))
    for value in (value for value in now if value not in was):
        yield Change("additive", side, where, f"value {value!r} added", "enumerations are open: it passes as it is")
    for value in (value for value in was if value not in now):
        weight = "additive" if side == "response" else "breaking"
        yield Change(weight, side, where, f"value {value!r} removed", "the API may refuse it, or never sends it again")
    for key in (*_UPPER, *_LOWER):
        if old.get(key) != new.get(key):
            yield _limit(side, where, key, old.get(key), new.get(key))
    for key in _MEANT:
        if _bare(old.get(key)) != _bare(new.get(key)):
            what = f"{key}: {_short(old.get(key))} → {_short(new.get(key))}"
            yield Change("breaking", side, where, what, "values may be refused, or come in another form")
    yield from _words(side, where, str(old.get("description", "")), str(new.get("description", "")))


def _limit(side: str, where: str, key: str, old: Any, new: Any) -> Change:
    looser = new is None or (old is not None and (new > old if key in _UPPER else new < old))
    weight = "additive" if looser or side == "response" else "breaking"
    means = "more is accepted" if looser else "the API refuses what it took before" if side != "response" else "nothing"
    return Change(weight, side, where, f"{key}: {_short(old)} → {_short(new)}", means)


def _words(side: str, where: str, old: str, new: str) -> Iterator[Change]:
    if " ".join(old.split()) != " ".join(new.split()):
        was, now = numbers(old), numbers(new)
        gone, come = [one for one in was if one not in now], [one for one in now if one not in was]
        if gone or come:
            what = f"numbers in the text: {', '.join(map(str, gone)) or '—'} → {', '.join(map(str, come)) or '—'}"
            yield Change("wording", side, where, what, "compare with operations.yaml, see below")
        else:
            yield Change("wording", side, where, "described in other words", "nothing")


def numbers(text: str) -> list[int]:
    """The whole numbers in prose, thousands put together, in their order."""
    return [int(re.sub(r"\D", "", found)) for found in _NUMBER.findall(text)]


def _bare(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: _bare(item)
            for key, item in value.items()
            if key not in ("description", "title", "example", "examples")
        }
    return [_bare(item) for item in value] if isinstance(value, list) else value


def _short(value: Any) -> str:
    text = "nothing" if value is None else str(value)
    return text if len(text) <= 60 else text[:57] + "…"
