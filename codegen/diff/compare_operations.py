"""Two operations, old and new: parameters, bodies and answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from codegen.diff.changes import LOOK, NOTHING, Change, Verdict, changed, said, short
from codegen.diff.compare_schemas import Schemas
from codegen.document import Json

_FAILS = Verdict("breaking", "calls will fail until they change")


def operation(key: str, old: Json, new: Json, schemas: Schemas) -> Iterator[Change]:
    """All differences between two operations, where the first of them is."""
    if bool(new.get("deprecated")) != bool(old.get("deprecated")):
        what = "deprecated" if new.get("deprecated") else "no longer deprecated"
        yield Change("additive", "", key, what, "still works; look for what takes its place")
    if server_of(old) != server_of(new):
        yield Change("breaking", "request", key, f"address: {server_of(old)} → {server_of(new)}", LOOK.means)
    yield from _parameters(key, old, new, schemas)
    yield from _body(key, old.get("requestBody"), new.get("requestBody"), schemas)
    yield from _answers(key, old["responses"], new["responses"], schemas)
    for part in ("summary", "description"):
        yield from said("both", key, old.get(part), new.get(part))


def _parameters(key: str, old: Json, new: Json, schemas: Schemas) -> Iterator[Change]:
    before, after = ({_spot(one): one for one in entry.get("parameters", [])} for entry in (old, new))
    for spot in sorted(before.keys() | after.keys()):
        place, name = spot
        where = f"{key} ?{name}" if place == "query" else f"{key} {place} {name}"
        moved = [other for other in after.keys() - before.keys() if other[1] == name]
        if spot in before and spot in after:
            yield from _parameter(where, before[spot], after[spot], schemas)
        elif spot in before and moved:
            what = f"parameter moved from the {place} to the {moved[0][0]}"
            yield Change("breaking", "request", where, what, _FAILS.means)
        elif spot in before:
            yield Change("breaking", "request", where, "parameter removed", "the API may refuse or ignore it")
        elif not any(other[1] == name for other in before.keys() - after.keys()):
            due = bool(after[spot].get("required"))
            spare = "`client.call` takes it" if place in ("query", "path") else "the client does not send it"
            verdict = _FAILS if due else Verdict("additive", f"nothing, until it is used: {spare}")
            what = f"{'required' if due else 'optional'} parameter added"
            yield Change(verdict.weight, "request", where, what, verdict.means)


def _spot(parameter: Json) -> tuple[str, str]:
    place, name = str(parameter["in"]), str(parameter["name"])
    return place, name.lower() if place == "header" else name


def _parameter(where: str, old: Json, new: Json, schemas: Schemas) -> Iterator[Change]:
    if bool(old.get("required")) != bool(new.get("required")):
        verdict = _FAILS if new.get("required") else Verdict("additive", "it may be left out")
        what = "is required now" if new.get("required") else "is optional now"
        yield Change(verdict.weight, "request", where, what, verdict.means)
    for part in ("style", "explode", "allowReserved"):
        if old.get(part) != new.get(part):
            what = f"written another way: {part} {short(old.get(part))} → {short(new.get(part))}"
            yield Change("breaking", "request", where, what, LOOK.means)
    if bool(new.get("deprecated")) and not old.get("deprecated"):
        yield Change("additive", "request", where, "deprecated", "still works; look for what takes its place")
    yield from schemas.compare(("request",), where, _schema(old), _schema(new))
    yield from said("request", where, old.get("description"), new.get("description"))


def _schema(holder: Json) -> Any:
    """The schema of a parameter, a header or a media type, without what is remarked on it here."""
    schema = holder.get("schema", next((media.get("schema") for media in holder.get("content", {}).values()), True))
    return {"$ref": schema["$ref"]} if isinstance(schema, dict) and "$ref" in schema else schema


# Bodies


def _body(key: str, old: Json | None, new: Json | None, schemas: Schemas) -> Iterator[Change]:
    if old is None and new is None:
        return
    if old is None or new is None:
        due = new is not None and bool(new.get("required"))
        verdict = _FAILS if due or new is None else Verdict("additive", "nothing, until it is used")
        what = "no body any more" if new is None else f"takes {'a' if due else 'an optional'} body now"
        yield Change(verdict.weight, "request", key, what, verdict.means)
        return
    if bool(old.get("required")) != bool(new.get("required")):
        verdict = _FAILS if new.get("required") else Verdict("additive", "it may be left out")
        what = "the body is required now" if new.get("required") else "the body is optional now"
        yield Change(verdict.weight, "request", key, what, verdict.means)
    yield from _content("request", f"{key} body", old, new, schemas)
    yield from said("request", f"{key} body", old.get("description"), new.get("description"))


def _answers(key: str, old: Mapping[str, Json], new: Mapping[str, Json], schemas: Schemas) -> Iterator[Change]:
    gone, come = sorted(old.keys() - new.keys()), sorted(new.keys() - old.keys())
    moved = {}
    if (
        len(was := [one for one in gone if one[0] == "2"]) == 1
        and len(now := [one for one in come if one[0] == "2"]) == 1
    ):
        moved = {was[0]: now[0]}
        what, means = f"success is {now[0]} now, was {was[0]}", "nothing: any 2xx is success"
        yield Change("additive", "response", key, what, means)
    for status in gone:
        if status not in moved:
            lost = (
                Verdict("breaking", "find out what replaces it") if status[0] in "23" else Verdict("wording", NOTHING)
            )
            what = f"no longer declares {status}"
            yield from changed(("response",), key, what, lost)
    for status in come:
        if status not in moved.values():
            means = "it is success" if status[0] == "2" else "it raises, as every status does that is no success"
            yield Change("additive", "response", key, f"declares {status}", means)
    for status in sorted(old.keys() & new.keys() | moved.keys()):
        yield from _answer(f"{key} {status}", old[status], new[moved.get(status, status)], schemas)


def _answer(where: str, old: Json, new: Json, schemas: Schemas) -> Iterator[Change]:
    yield from _content("response", where, old, new, schemas)
    before, after = ({name.lower(): one for name, one in entry.get("headers", {}).items()} for entry in (old, new))
    for name in sorted(before.keys() | after.keys()):
        at = f"{where} header {name}"
        if name not in after:
            yield Change("breaking", "response", at, "header removed", "code that reads it must change")
        elif name not in before:
            yield Change("additive", "response", at, "header added", "nothing, until it is used")
        else:
            yield from schemas.compare(("response",), at, _schema(before[name]), _schema(after[name]))
            yield from said("response", at, before[name].get("description"), after[name].get("description"))
    yield from said("response", where, old.get("description"), new.get("description"))


def _content(side: str, where: str, old: Json, new: Json, schemas: Schemas) -> Iterator[Change]:
    before, after = (_media(holder) for holder in (old, new))
    for media in sorted(before.keys() - after.keys()):
        weight = "breaking" if "json" in media or side == "request" else "additive"
        means = LOOK.means if after else "the answer is empty" if side == "response" else LOOK.means
        yield Change(weight, side, where, f"no longer of type {media}", means)
    for media in sorted(after.keys() - before.keys()):
        yield Change("additive", side, where, f"may be of type {media}", "nothing: the client speaks JSON")
    for media in sorted(before.keys() & after.keys()):
        at = where if "json" in media else f"{where} ({media})"
        yield from schemas.compare((side,), at, _schema(before[media]), _schema(after[media]))


def _media(holder: Json) -> dict[str, Json]:
    return {media.partition(";")[0].strip().lower(): entry for media, entry in holder.get("content", {}).items()}


def server_of(holder: Json) -> str:
    """The first address that a document or an operation names, with its variables filled in."""
    entries = holder.get("servers") or [{}]
    url = str(entries[0].get("url", ""))
    for name, variable in (entries[0].get("variables") or {}).items():
        url = url.replace("{" + name + "}", str(variable.get("default", "")))
    return url
