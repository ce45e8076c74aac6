"""What a new version of the document changes, in our terms: both are normalised first, so that names do not matter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from codegen.diff import pairs
from codegen.diff.changes import BOTH, WEIGHTS, Change, Verdict, changed, said, short
from codegen.diff.compare_operations import operation, server_of
from codegen.diff.compare_schemas import Schemas
from codegen.document import Json
from codegen.generate.models import sent
from codegen.prose import figures, plain
from codegen.schema import is_object


def changes(old: Json, new: Json) -> list[Change]:
    """All differences between two normalised documents, the most severe first."""
    schemas = Schemas(*(document["components"]["schemas"] for document in (old, new)))
    found = {*_document(old, new), *_operations(old, new, schemas), *_components(old, new, schemas)}
    return sorted(found, key=lambda change: (WEIGHTS.index(change.weight), change))


def by_key(document: Json) -> dict[str, Json]:
    """The operations, by method and path."""
    return {
        f"{method.upper()} {path}": operation
        for path, item in document["paths"].items()
        for method, operation in item.items()
    }


def sides_of(document: Json) -> dict[str, tuple[str, ...]]:
    """For each component, whether it can be part of a request, of an answer, or of both."""
    operations = by_key(document).values()
    asked = [{"content": {"": one}} for operation in operations for one in operation.get("parameters", [])]
    requests = sent(document) | _reached(document, asked)
    answers = _reached(document, [one for operation in operations for one in operation["responses"].values()])
    return {
        name: tuple(side for side, names in zip(BOTH, (requests, answers), strict=True) if name in names)
        for name in document["components"]["schemas"]
    }


def _reached(document: Json, holders: list[Json]) -> set[str]:
    """The components that `sent` finds where these are put for bodies."""
    paths = {str(number): {"post": {"requestBody": holder}} for number, holder in enumerate(holders)}
    return sent({"paths": paths, "components": document["components"]})


# The document as a whole, and its components


def _document(old: Json, new: Json) -> Iterator[Change]:
    was, now = server_of(old), server_of(new)
    if was != now:
        means = "the default `base_url` once the client is generated anew; until then it stays"
        yield Change("additive", "request", "the document", f"address: {was} → {now}", means)
    yield from said("both", "the document", old["info"].get("description"), new["info"].get("description"))


def _components(old: Json, new: Json, schemas: Schemas) -> Iterator[Change]:
    before, after = sides_of(old), sides_of(new)
    for name in sorted(schemas.old):
        other = schemas.same.get(name)
        if other is None:
            lost = Verdict("breaking", f"the model `{name}` disappears")
            yield from changed(before[name] or BOTH, name, "schema gone", lost)
            continue
        if other != name:
            means = f"nothing, if its line in names.yaml is corrected, or it gets one: {name} is a public name"
            yield Change("wording", "", name, f"found elsewhere, as {other}", means)
        sides = tuple(side for side in BOTH if side in before[name] or side in after[other]) or BOTH
        yield from schemas.compare_components(sides, name, other)
    for name in sorted(schemas.new.keys() - set(schemas.same.values())):
        if is_object(schemas.new[name]):
            added = Verdict("additive", "a new model; give it a line in names.yaml before anyone uses it")
            yield from changed(after[name] or BOTH, name, "schema added", added)


# Operations


def _operations(old: Json, new: Json, schemas: Schemas) -> Iterator[Change]:
    before, after = by_key(old), by_key(new)
    same = pairs.operations(before, after)
    for key in sorted(before):
        if key not in same:
            yield Change("breaking", "", key, "operation removed", "calls of it will fail: its method must go")
            continue
        other = same[key]
        if other != key:
            what, means = f"operation moved to {other}", "calls will fail: correct its line in names.yaml"
            yield Change("breaking", "", key, what, means)
        yield from operation(key, before[key], after[other], schemas)
    for key in sorted(after.keys() - set(same.values())):
        come = figures(plain(after[key].get("description")))
        yield Change("additive", "", key, "operation added", "no method yet: `client.call` reaches it", (), tuple(come))
    yield from _authorisations(
        {key: (_security(before[key], old), _security(after[other], new)) for key, other in same.items()}
    )


def _authorisations(by_key: Mapping[str, tuple[str, str]]) -> Iterator[Change]:
    """What calls must show, said once if all of them change in the same way."""
    means = "calls may be refused: the client sends the REST API key as it did before"
    found = {key: f"authorisation: {short(was)} → {short(now)}" for key, (was, now) in by_key.items() if was != now}
    if len(found) == len(by_key) > 1 and len(set(found.values())) == 1:
        yield Change("breaking", "request", "the document", next(iter(found.values())), means)
    else:
        yield from (Change("breaking", "request", key, what, means) for key, what in found.items())


def _security(operation: Json, document: Json) -> str:
    """What a call must show, whatever the schemes are called."""
    schemes = document["components"].get("securitySchemes", {})
    stated = operation.get("security", document.get("security")) or []
    ways = [
        " and ".join(sorted(_scheme(schemes.get(name, {}), scopes) for name, scopes in way.items())) for way in stated
    ]
    return " or ".join(sorted(way or "nothing" for way in ways)) or "nothing"


def _scheme(scheme: Json, scopes: object) -> str:
    said = [str(scheme.get(key)) for key in ("type", "scheme", "in", "name", "openIdConnectUrl") if key in scheme]
    return " ".join([*said, *(sorted(map(str, scopes)) if isinstance(scopes, list) else ())]) or "something"
