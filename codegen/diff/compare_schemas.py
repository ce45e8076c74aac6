"""Two schemas, old and new: what the difference is to those who send such values, and to those who get them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from codegen.diff import pairs
from codegen.diff.changes import LOOK, NOTHING, Change, Verdict, changed, said, short
from codegen.diff.unions import kinds, matched, normal
from codegen.schema import ANNOTATIONS, LISTS, MAPS, SINGLES, UNIONS, Schema, const_of, shape, target_of

_UPPER = ("maxItems", "maxLength", "maximum", "exclusiveMaximum", "maxProperties")
_LOWER = ("minItems", "minLength", "minimum", "exclusiveMinimum", "minProperties")
_READ = {"type", "enum", "const", "properties", "required", "pattern", "format", "default", "items", "$ref", "allOf"}
_READ |= {"additionalProperties", "patternProperties", "deprecated", *_UPPER, *_LOWER, *UNIONS, *ANNOTATIONS}
_DATES = ("date", "date-time")

_REFUSED = Verdict("breaking", "the API may refuse what it accepted before")
_ACCEPTED = Verdict("additive", "more is accepted")
_UNHARMED = Verdict("additive", NOTHING)
_OTHER_FORM = Verdict("breaking", "the field may hold something else now: code that reads it must be ready for it")


class Schemas:
    """The components of both documents, and which of the old ones is which of the new ones."""

    def __init__(self, old: Mapping[str, Schema], new: Mapping[str, Schema]) -> None:
        self.old = dict(old)
        self.new = dict(new)
        self.same = pairs.components(old, new)
        self._inside: set[tuple[str, ...]] = set()
        """The pairs of references that are being compared in place, so that a recursion ends."""

    def compare(self, sides: tuple[str, ...], where: str, old: Any, new: Any) -> Iterator[Change]:
        """All differences. References to what is compared by itself are not followed."""
        old, new = normal(old), normal(new)
        step = tuple(target_of(schema) if "$ref" in schema else "" for schema in (old, new))
        if step[0] and self.same.get(step[0]) == step[1]:
            if "description" in old and "description" in new:
                yield from said(_side(sides), where, old["description"], new["description"])
            return
        if step in self._inside:
            return
        self._inside |= {step} if any(step) else set()
        yield from self._whole(sides, where, self.flat(old, self.old), self.flat(new, self.new))
        self._inside -= {step}

    def compare_components(self, sides: tuple[str, ...], old: str, new: str) -> Iterator[Change]:
        """All differences between two components, under the old name."""
        yield from self._whole(sides, old, self.flat(self.old[old], self.old), self.flat(self.new[new], self.new))

    def _whole(self, sides: tuple[str, ...], where: str, old: Schema, new: Schema) -> Iterator[Change]:
        if any(key in schema for schema in (old, new) for key in UNIONS):
            yield from self._unions(sides, where, old, new)
            old, new = ({key: value for key, value in schema.items() if key not in UNIONS} for schema in (old, new))
            if not (old.keys() - {*ANNOTATIONS} and new.keys() - {*ANNOTATIONS}):
                yield from _remarks(sides, where, old, new)
                return
        else:
            yield from _kinds(sides, where, kinds(old), kinds(new))
        yield from _values(sides, where, old, new)
        yield from _limits(sides, where, old, new)
        yield from _form(sides, where, old, new)
        yield from self._properties(sides, where, old, new)
        yield from self._inner(sides, where, old, new)
        yield from _others(sides, where, old, new)
        yield from _remarks(sides, where, old, new)

    def flat(self, schema: Schema, schemas: Mapping[str, Schema], depth: int = 20) -> Schema:
        """`schema` with references followed, and the parts of its `allOf` put into one as far as they fit together."""
        remarks = {key: value for key, value in schema.items() if key == "description"}
        for _ in range(depth):
            if "$ref" not in schema:
                break
            schema = normal(schemas.get(target_of(schema), {}))
        whole = {**{key: value for key, value in schema.items() if key != "allOf"}, **remarks}
        rest = []
        for part in map(normal, schema.get("allOf", ())):
            inner = self.flat(part, schemas, depth - 1) if depth else part
            if not _merge(whole, inner):
                rest.append(part)
        return {**whole, "allOf": rest} if rest else whole

    # What a schema is made of

    def _unions(self, sides: tuple[str, ...], where: str, old: Schema, new: Schema) -> Iterator[Change]:
        found = matched(old, new, self)
        for was, now, name in found:
            at = f"{where}<{name}>"
            if was is None:
                kept = Verdict("additive", "values of it are kept as they come, until the client is generated anew")
                yield from changed(sides, where, f"one more kind of value: {name}", _ACCEPTED, kept)
            elif now is None:
                yield from changed(sides, where, f"no longer of the kind {name}", _REFUSED, _UNHARMED)
            else:
                yield from self.compare(sides, at if len(found) > 1 else where, was, now)
        if "oneOf" in new and "anyOf" in old and "oneOf" not in old:
            strict = Verdict("wording", "what fits several of them may be refused")
            unharmed = Verdict("wording", NOTHING)
            yield from changed(sides, where, "exactly one kind must fit now, where any did", strict, unharmed)

    def _properties(self, sides: tuple[str, ...], where: str, old: Schema, new: Schema) -> Iterator[Change]:
        was, now = (dict(schema.get("properties", {})) for schema in (old, new))
        before, after = (set(schema.get("required", ())) for schema in (old, new))
        found = pairs.properties(was, now, self.same)
        for key in sorted(was):
            at, other = f"{where}.{key}", found.get(key)
            if other is None:
                ignored = Verdict("breaking", "the API may refuse it or ignore it: stop sending it")
                lost = Verdict(
                    "breaking", "it is no longer sent, and its model loses it: code that reads it must change"
                )
                yield from changed(sides, at, "field removed", ignored, lost)
                continue
            if other != key:
                sent = Verdict("breaking", "the old name may be refused or ignored: send the new one")
                got = Verdict("breaking", "it comes under the new name: code that reads it must change")
                yield from changed(sides, at, f"field renamed to {other!r}", sent, got)
            yield from _required(sides, at, key in before, other in after)
            yield from self.compare(sides, at, was[key], now[other])
        for key in sorted(now.keys() - set(found.values())):
            due = Verdict("breaking", "bodies without it will be refused")
            spare = Verdict("additive", "nothing, until it is used")
            got = Verdict("additive", "nothing; a field of the model once the client is generated anew")
            what = "required field added" if key in after else "field added"
            yield from changed(sides, f"{where}.{key}", what, due if key in after else spare, got)
        for key in sorted((after - before) - now.keys() - was.keys()):
            yield from _required(sides, f"{where}.{key}", False, True)

    def _inner(self, sides: tuple[str, ...], where: str, old: Schema, new: Schema) -> Iterator[Change]:
        """What is inside arrays, and under names that are not listed."""
        if "items" in old or "items" in new:
            yield from self.compare(sides, f"{where}[]", old.get("items", True), new.get("items", True))
        was, now = (schema.get("additionalProperties", True) for schema in (old, new))
        if (was is False) != (now is False):
            what = "no other fields allowed now" if now is False else "other fields allowed now"
            yield from changed(sides, where, what, _REFUSED if now is False else _ACCEPTED, _UNHARMED)
        elif was != now:
            yield from self.compare(sides, f"{where}{{}}", was, now)
        before, after = (schema.get("patternProperties", {}) for schema in (old, new))
        for pattern in sorted(before.keys() | after.keys()):
            at = f'{where}{{"{pattern}"}}'
            if pattern not in after:
                yield from changed(sides, at, "names of this form removed", _REFUSED, _UNHARMED)
            elif pattern not in before:
                yield from changed(sides, at, "names of this form added", _ACCEPTED, _UNHARMED)
            else:
                yield from self.compare(sides, at, before[pattern], after[pattern])


def _kinds(sides: tuple[str, ...], where: str, old: frozenset[str], new: frozenset[str]) -> Iterator[Change]:
    """A change of types. No types stand for any."""
    if old and new and old ^ new == {"null"}:
        if "null" in new:
            kept = Verdict("additive", "nothing: the field of a model that is received may be None anyway")
            yield from changed(sides, where, "may be null now", _ACCEPTED, kept)
        else:
            yield from changed(sides, where, "may not be null any more", _REFUSED, _UNHARMED)
        return
    if old == new:
        return
    what = f"type: {_types(old)} → {_types(new)}"
    narrower = bool(new) and (not old or new < old or (old == {"number"} and new == {"integer"}))
    wider = bool(old) and (not new or old < new or (old == {"integer"} and new == {"number"}))
    request = _ACCEPTED if wider else _REFUSED
    yield from changed(sides, where, what, request, _UNHARMED if narrower else _OTHER_FORM)


def _types(types: frozenset[str]) -> str:
    return " or ".join(sorted(types)) or "any"


def _values(sides: tuple[str, ...], where: str, old: Schema, new: Schema) -> Iterator[Change]:
    was, now = _enum(old), _enum(new)
    if was is None and now is not None:
        listed = ", ".join(map(short, now[:10]))
        yield from changed(sides, where, f"only these values now: {listed}", _REFUSED, _UNHARMED)
    elif was is not None and now is None:
        yield from changed(
            sides, where, "any value now, not just the listed ones", _ACCEPTED, Verdict("additive", "others may come")
        )
    else:
        for value in (value for value in now or () if value not in (was or ())):
            opened = Verdict("additive", "enumerations are open: it passes as it is")
            yield from changed(sides, where, f"value {short(value)} added", opened)
        for value in (value for value in was or () if value not in (now or ())):
            refused = Verdict("breaking", "the API may refuse it: stop sending it")
            gone = Verdict("additive", "nothing; it is documented as no longer sent")
            yield from changed(sides, where, f"value {short(value)} removed", refused, gone)


def _enum(schema: Schema) -> list[str] | None:
    """The values that are allowed, if they are listed, as they are written in JSON."""
    if "const" in schema or const_of(schema) is not None:
        return [repr(const_of(schema))]
    values = schema.get("enum")
    return [repr(value) for value in values] if isinstance(values, list) else None


def _limits(sides: tuple[str, ...], where: str, old: Schema, new: Schema) -> Iterator[Change]:
    for key in (*_UPPER, *_LOWER):
        was, now = old.get(key), new.get(key)
        if was == now:
            continue
        looser = now is None
        if isinstance(was, int | float) and isinstance(now, int | float):
            looser = now > was if key in _UPPER else now < was
        verdict = Verdict("additive", "more may come") if looser else _UNHARMED
        yield from changed(
            sides, where, f"{key}: {short(was)} → {short(now)}", _ACCEPTED if looser else _REFUSED, verdict
        )


def _form(sides: tuple[str, ...], where: str, old: Schema, new: Schema) -> Iterator[Change]:
    """Pattern, format and default."""
    if old.get("pattern") != new.get("pattern"):
        what = f"pattern: {short(old.get('pattern'))} → {short(new.get('pattern'))}"
        yield from changed(sides, where, what, _REFUSED if "pattern" in new else _ACCEPTED, _UNHARMED)
    was, now = old.get("format"), new.get("format")
    if was != now:
        parsed = Verdict("breaking", "the model gives it as another Python type once it is generated anew")
        response = parsed if was in _DATES or now in _DATES else _UNHARMED
        what = f"format: {short(was)} → {short(now)}"
        yield from changed(sides, where, what, _REFUSED if now is not None else _ACCEPTED, response)
    if old.get("default") != new.get("default"):
        meant = Verdict("breaking", "leaving it out has another meaning now: send the value explicitly")
        what = f"default: {short(old.get('default'))} → {short(new.get('default'))}"
        yield from changed(sides, where, what, meant, Verdict("wording", NOTHING))


def _required(sides: tuple[str, ...], where: str, old: bool, new: bool) -> Iterator[Change]:
    if new and not old:
        due = Verdict("breaking", "bodies without it will be refused")
        yield from changed(sides, where, "is required now", due, _UNHARMED)
    elif old and not new:
        spare = Verdict("additive", "it may be left out")
        missing = Verdict("additive", "it may be missing: the field of the model is then None, as it always could be")
        yield from changed(sides, where, "is optional now", spare, missing)


def _others(sides: tuple[str, ...], where: str, old: Schema, new: Schema) -> Iterator[Change]:
    """Whatever else says something about values: rare, and for a person to judge."""
    for key in sorted((old.keys() | new.keys()) - _READ):
        if not key.startswith("x-") and _meaning(key, old.get(key)) != _meaning(key, new.get(key)):
            yield from changed(sides, where, f"{key}: {short(old.get(key))} → {short(new.get(key))}", LOOK)
    if "allOf" in old or "allOf" in new:
        was, now = ([_meaning("allOf", part) for part in schema.get("allOf", ())] for schema in (old, new))
        if was != now:
            yield from changed(sides, where, "parts that must all fit have changed", LOOK)


def _meaning(key: str, value: Any) -> Any:
    """A keyword's value without what is only remarked in it."""
    if key in SINGLES or key == "allOf":
        return shape(value) if isinstance(value, dict) else value
    if key in MAPS and isinstance(value, dict):
        return {name: shape(one) if isinstance(one, dict) else one for name, one in value.items()}
    if key in LISTS and isinstance(value, list):
        return [shape(one) if isinstance(one, dict) else one for one in value]
    return value


def _remarks(sides: tuple[str, ...], where: str, old: Schema, new: Schema) -> Iterator[Change]:
    if bool(new.get("deprecated")) != bool(old.get("deprecated")):
        what = "deprecated" if new.get("deprecated") else "no longer deprecated"
        yield from changed(sides, where, what, Verdict("additive", "still works; look for its replacement"))
    yield from said(_side(sides), where, old.get("description"), new.get("description"))


def _side(sides: tuple[str, ...]) -> str:
    return "both" if len(sides) == 2 else "".join(sides)


def _merge(whole: Schema, part: Schema) -> bool:
    """Put a part into the whole, if they do not contradict each other."""
    for key, value in part.items():
        if key not in ("properties", "required") and key not in ANNOTATIONS and key in whole and whole[key] != value:
            return False
    for key, value in part.items():
        if key == "properties":
            whole[key] = {**value, **whole.get(key, {})}
        elif key == "required":
            whole[key] = sorted({*value, *whole.get(key, ())})
        else:
            whole.setdefault(key, value)
    return True
