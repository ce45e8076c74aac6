"""Variants of the document, as the vendor might write it: `python -m tests.codegen.variants FOLDER [SEED]` writes them.

Those of `SAME` mean what the document means, in other names, another arrangement, or other words of OpenAPI: they must
give the same code. `scrambled` has many of these at once, `next` is a new version on top of that. Each function changes
a copy of its own; `random` decides what no rule decides.
"""

from __future__ import annotations

import copy
import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

from codegen import yamlfile
from codegen.layout import HERE
from codegen.schema import ANNOTATIONS, UNIONS, children
from tests.codegen.versions import NEXT, changed, new_version, next_version

Json = dict[str, Any]
Change = Callable[[Json, Random], None]
VENDOR = frozenset(
    {
        "BulkEditProfile",
        "BulkMassUpdateProfile",
        "EditProfile",
        "ExportAttributeRequest",
        "oneAudience",
        "oneSegment",
        "field",
        "field_type",
        "field_action",
        "catalog",
        "attributes",
        "EmptyResponse",
        "Error",
        "campaign",
        "campaign_update",
        "when",
        "targeting",
        "Campaign",
        "CampaignRecurringAndWarmupStats",
        "StatsDetails",
        "StatsPlatform",
        "PushCampaignDetails",
        "request",
        "scope",
        "status",
    }
)
"""The schema names that are the vendor's own (PROVENANCE, "Schemas")."""
RECURSIVE = ("EventObject", "EventAttributeValue")


# -- finding one's way -------------------------------------------------------------------------------------------------


def operations(document: Json) -> Iterator[tuple[str, str, Json]]:
    for path, item in document["paths"].items():
        for method in item.keys() & {"get", "post", "put", "patch", "delete"}:
            yield path, method, item[method]


def holders(document: Json) -> Iterator[Any]:
    """Every mapping and list that may hold a schema or a reference; samples hold none."""
    waiting: list[Any] = [document]
    while waiting:
        value = waiting.pop()
        yield value
        for key, child in list(value.items()) if isinstance(value, dict) else list(enumerate(value)):
            if isinstance(child, (dict, list)) and key not in ("example", "examples"):
                waiting.append(child)


def places(document: Json) -> Iterator[tuple[Any, Any]]:
    """Every place of a schema inside another or in an operation, as what holds it and the key; the inner ones first."""
    for holder in list(holders(document)):
        if isinstance(holder, dict) and isinstance(holder.get("schema"), dict):
            yield from _inside(holder["schema"])
            yield holder, "schema"
    for schema in list(document["components"]["schemas"].values()):
        yield from _inside(schema)


def _inside(schema: Json) -> Iterator[tuple[Any, Any]]:
    for (keyword, key), child in list(children(schema)):
        if isinstance(child, dict):
            yield from _inside(child)
            yield (schema, keyword) if key is None else (schema[keyword], key)


def schemas(document: Json) -> list[Json]:
    """Every schema that is no mere reference."""
    found = [holder[key] for holder, key in places(document)] + list(document["components"]["schemas"].values())
    return [schema for schema in found if "$ref" not in schema]


def target(document: Json, reference: str) -> Json:
    value: Any = document
    for part in reference.split("/")[1:]:
        value = value[part]
    found: Json = value
    return found


# -- the same in other names -------------------------------------------------------------------------------------------


def numbered_operations(document: Json, random: Random) -> None:
    """operationIds that say nothing, and tags of another kind."""
    for path, method, operation in operations(document):
        operation |= {"operationId": f"op{random.randrange(10**9)}{method}", "tags": [f"tag {path[1:4]}"]}


def camel_operations(document: Json, random: Random) -> None:
    """postProfilesUpdate."""
    for path, method, operation in operations(document):
        words = re.findall(r"[a-z]+", path)
        operation["operationId"] = method + "".join(word.capitalize() for word in words)


def no_operation_names(document: Json, random: Random) -> None:
    """Neither operationIds nor tags."""
    for _, _, operation in operations(document):
        operation.pop("operationId", None)
        operation.pop("tags", None)
    document.pop("tags", None)


def renamed(document: Json, random: Random) -> None:
    """Other names for every component that is not the vendor's."""
    rename(document, random, VENDOR)


def all_renamed(document: Json, random: Random) -> None:
    """Other names for every component."""
    rename(document, random, frozenset())


def rename(document: Json, random: Random, keep: frozenset[str]) -> None:
    new: dict[str, str] = {}
    for section, table in document["components"].items():
        for name in list(table):
            if section == "schemas" and name in keep:
                continue
            other = random.choice(("Zz{}", "zz-{}", "api.v2.Model_{}", "get_{}_Response")).format(
                random.randrange(10**9)
            )
            table[other] = table.pop(name)
            new[f"#/components/{section}/{name}"] = f"#/components/{section}/{other}"
    schemes = {old.rsplit("/", 1)[1]: ref.rsplit("/", 1)[1] for old, ref in new.items() if "securitySchemes" in old}
    document["security"] = [{schemes[name]: []} for entry in document["security"] for name in entry]
    for holder in holders(document):
        for value in holder.values() if isinstance(holder, dict) else holder:
            if isinstance(value, dict) and isinstance(value.get("$ref"), str):
                value["$ref"] = new.get(value["$ref"], value["$ref"])


# -- the same in another arrangement -----------------------------------------------------------------------------------


def half_inlined(document: Json, random: Random) -> None:
    inline(document, lambda _: random.random() < 0.5)


def all_inlined(document: Json, random: Random) -> None:
    """Nothing is referred to but what refers to itself."""
    inline(document, lambda _: True)
    components = document["components"]
    kept = [name for name in components["schemas"] if name in RECURSIVE]
    document["components"] = {
        "schemas": {name: components["schemas"][name] for name in kept},
        "securitySchemes": components["securitySchemes"],
    }


def inline(document: Json, chosen: Callable[[str], bool]) -> None:
    for holder in holders(document):
        for key, value in list(holder.items()) if isinstance(holder, dict) else list(enumerate(holder)):
            if isinstance(value, dict) and isinstance(value.get("$ref"), str):
                recursive = value["$ref"].endswith(RECURSIVE)
                if not recursive and chosen(value["$ref"]):
                    remarks = {k: v for k, v in value.items() if k != "$ref"}
                    holder[key] = {**copy.deepcopy(target(document, value["$ref"])), **remarks}


def half_hoisted(document: Json, random: Random) -> None:
    """Half of what is written in place becomes a component."""
    hoist(document, lambda: random.random() < 0.5)


def all_hoisted(document: Json, random: Random) -> None:
    hoist(document, lambda: True)


def hoist(document: Json, chosen: Callable[[], bool]) -> None:
    found = document["components"].setdefault("schemas", {})
    for number, (holder, key) in enumerate(list(places(document))):
        schema = holder[key]
        if isinstance(schema, dict) and "$ref" not in schema and chosen():
            found[f"hoisted{number}"] = schema
            holder[key] = {"$ref": f"#/components/schemas/hoisted{number}"}


def bodies_and_answers_hoisted(document: Json, random: Random) -> None:
    """Parameters, request bodies, answers and examples are components."""
    components = document["components"]
    for number, (_, _, operation) in enumerate(list(operations(document))):
        if "requestBody" in operation:
            components.setdefault("requestBodies", {})[f"body{number}"] = operation["requestBody"]
            operation["requestBody"] = {"$ref": f"#/components/requestBodies/body{number}"}
        for status, answer in operation["responses"].items():
            if "$ref" not in answer:
                components["responses"][f"answer{number}-{status}"] = answer
                operation["responses"][status] = {"$ref": f"#/components/responses/answer{number}-{status}"}
        for index, parameter in enumerate(operation["parameters"]):
            if "$ref" not in parameter:
                components["parameters"][f"parameter{number}-{index}"] = parameter
                operation["parameters"][index] = {"$ref": f"#/components/parameters/parameter{number}-{index}"}


def shared_parameters(document: Json, random: Random) -> None:
    """The header is a parameter of the path as a whole."""
    for item in document["paths"].values():
        for operation in list(item.values()):
            item["parameters"] = [operation["parameters"].pop(0)]


def split_objects(document: Json, random: Random) -> None:
    """Objects as an `allOf` of two halves, as inheritance is written."""
    for schema in schemas(document):
        names = sorted(schema.get("properties", ()))
        if len(names) > 1 and not schema.keys() & {"patternProperties", "additionalProperties", "allOf", "title"}:
            first = {name: schema["properties"].pop(name) for name in names[::2]}
            required = schema.pop("required", [])
            half = {"type": "object", "properties": first}
            rest = {"type": schema.pop("type"), "properties": schema.pop("properties")}
            for part in (half, rest):
                needed = [name for name in required if name in part["properties"]]
                part |= {"required": needed} if needed else {}
            odd = [name for name in required if name not in half["properties"] | rest["properties"]]
            rest |= {"required": [*rest.get("required", []), *odd]} if odd else {}
            schema["allOf"] = [half, rest]


def wrapped_references(document: Json, random: Random) -> None:
    """`allOf` of a single reference, as OpenAPI 3.0 needs it for a description beside one."""
    for holder, key in places(document):
        schema = holder[key]
        if "$ref" in schema:
            notes = {name: value for name, value in schema.items() if name in ANNOTATIONS}
            holder[key] = {"allOf": [{"$ref": schema["$ref"]}], **notes}


def wrapped_with_remarks(document: Json, random: Random) -> None:
    """`allOf` of a reference and a remark."""
    for holder, key in places(document):
        if "$ref" in holder[key]:
            holder[key] = {"allOf": [holder[key], {"description": "As it is here."}]}


# -- the same in another order -----------------------------------------------------------------------------------------


def shuffled(document: Json, random: Random) -> None:
    """Keys and paths in another order."""
    other = _shuffled(document, random)
    document.clear()
    document.update(other)


def _shuffled(value: Any, random: Random) -> Any:
    if isinstance(value, dict):
        keys = list(value)
        random.shuffle(keys)
        return {key: _shuffled(value[key], random) for key in keys}
    return [_shuffled(item, random) for item in value] if isinstance(value, list) else value


def shuffled_lists(document: Json, random: Random) -> None:
    """Lists whose order means nothing: parameters, required names, values, branches."""
    for holder in holders(document):
        if isinstance(holder, dict):
            for key in ("parameters", "required", "enum", *UNIONS):
                if isinstance(holder.get(key), list):
                    random.shuffle(holder[key])


# -- the same in other words -------------------------------------------------------------------------------------------


def null_as_branch(document: Json, random: Random) -> None:
    """`type: [string, null]` as `anyOf`."""
    for schema in schemas(document):
        if isinstance(schema.get("type"), list):
            notes = {key: schema.pop(key) for key in list(schema) if key in ANNOTATIONS}
            rest = {**schema, "type": next(kind for kind in schema["type"] if kind != "null")}
            schema.clear()
            schema.update({**notes, "anyOf": [rest, {"type": "null"}]})


def null_as_keyword(document: Json, random: Random) -> None:
    """`nullable: true`, left over from OpenAPI 3.0."""
    for schema in schemas(document):
        if isinstance(schema.get("type"), list):
            schema |= {"type": next(kind for kind in schema["type"] if kind != "null"), "nullable": True}
        for key in UNIONS:
            if {"type": "null"} in schema.get(key, []):
                schema[key].remove({"type": "null"})
                schema["nullable"] = True


def null_as_type(document: Json, random: Random) -> None:
    """A union with null whose other branch has a type of its own, as a list of types, written in place."""
    all_inlined(document, random)
    for schema in schemas(document):
        for key in UNIONS:
            branches = schema.get(key, [])
            if len(branches) == 2 and {"type": "null"} in branches:
                (other,) = (branch for branch in branches if branch != {"type": "null"})
                if isinstance(other.get("type"), str):
                    del schema[key]
                    schema |= {**other, "type": [other["type"], "null"]}


def single_values_as_const(document: Json, random: Random) -> None:
    for schema in schemas(document):
        if len(schema.get("enum", ())) == 1:
            schema["const"] = schema.pop("enum")[0]


def single_values_as_enum(document: Json, random: Random) -> None:
    for schema in schemas(document):
        if "const" in schema:
            schema["enum"] = [schema.pop("const")]


def values_as_branches(document: Json, random: Random) -> None:
    """An enumeration as a union of its values, each with a title."""
    for schema in schemas(document):
        if len(schema.get("enum", ())) > 1:
            kind = schema.pop("type")
            schema["oneOf"] = [{"const": value, "type": kind, "title": "One"} for value in schema.pop("enum")]


def objects_without_type(document: Json, random: Random) -> None:
    """`properties` alone say that it is an object."""
    for schema in schemas(document):
        if "properties" in schema:
            schema.pop("type", None)


def types_as_lists(document: Json, random: Random) -> None:
    """`type: [string]`."""
    for schema in schemas(document):
        if isinstance(schema.get("type"), str):
            schema["type"] = [schema["type"]]


def open_objects_said(document: Json, random: Random) -> None:
    """`additionalProperties: true`, which goes without saying."""
    for schema in schemas(document):
        if "properties" in schema and "allOf" not in schema:
            schema.setdefault("additionalProperties", random.choice((True, {})))


def discriminators(document: Json, random: Random) -> None:
    """A `discriminator` at each union of objects told apart by a value."""
    for schema in schemas(document):
        for key in UNIONS:
            branches = [target(document, b["$ref"]) if "$ref" in b else b for b in schema.get(key, [])]
            tables = [branch.get("properties", {}) for branch in branches]
            for name in ("channel_type", "export_type", "action", "code"):
                if tables and all(name in table for table in tables):
                    schema["discriminator"] = {"propertyName": name}


def titles(document: Json, random: Random) -> None:
    """A `title` everywhere, the same one for all."""
    for schema in schemas(document):
        schema["title"] = "A title"


def extensions(document: Json, random: Random) -> None:
    """`x-` everywhere, as editors and gateways leave them."""
    for schema in schemas(document):
        schema["x-internal-id"] = 7
    for _, _, operation in operations(document):
        operation["x-codeSamples"] = [{"lang": "curl", "source": "curl"}]
        operation["externalDocs"] = {"url": "https://example.org"}
    document["x-tagGroups"] = []
    document["info"]["x-logo"] = {"url": "https://example.org/logo.png"}
    for item in document["paths"].values():
        item["x-gateway"] = {}
    document["externalDocs"] = {"url": "https://example.org"}


def security_for_each(document: Json, random: Random) -> None:
    """`security` at each operation, and none at the root."""
    for _, _, operation in operations(document):
        operation["security"] = copy.deepcopy(document["security"])
    del document["security"]


def no_examples(document: Json, random: Random) -> None:
    for holder in list(holders(document)):
        if isinstance(holder, dict):
            holder.pop("example", None)
            holder.pop("examples", None)


def redundant_descriptions(document: Json, random: Random) -> None:
    """A description beside each reference that is that of its target."""
    for holder, key in places(document):
        schema = holder[key]
        if "$ref" in schema and "description" in (found := target(document, schema["$ref"])):
            schema.setdefault("description", found["description"])


def patch_version(document: Json, random: Random) -> None:
    document["openapi"] = "3.1.1"


# -- the same, but for the text ----------------------------------------------------------------------------------------


def other_words(document: Json, random: Random) -> None:
    """Every description and summary says something else."""
    for holder in list(holders(document)):
        if isinstance(holder, dict):
            for key in ("description", "summary"):
                if isinstance(holder.get(key), str):
                    holder[key] = f"{holder[key][::-1]} (reworded)"


def no_words(document: Json, random: Random) -> None:
    """No description but where OpenAPI asks for one, and no summary."""
    for holder in list(holders(document)):
        if isinstance(holder, dict):
            for key in ("description", "summary"):
                if isinstance(holder.get(key), str):
                    holder.pop(key)
    for _, _, operation in operations(document):
        for answer in operation["responses"].values():
            if "$ref" not in answer:
                answer["description"] = ""
    for answer in document["components"].get("responses", {}).values():
        answer["description"] = ""


def server_with_variable(document: Json, random: Random) -> None:
    """The next version of the API, as the variable of its address."""
    version = next_version(document)
    document["servers"][0]["variables"]["version"]["default"] = document["info"]["version"] = version


def server_without_variable(document: Json, random: Random) -> None:
    """The next version of the API, written out in its address."""
    document["servers"] = [{"url": f"https://api.batch.com/{next_version(document)}/"}]


def optional_bodies(document: Json, random: Random) -> None:
    """Nobody said that bodies are required."""
    for _, _, operation in operations(document):
        operation.get("requestBody", {}).pop("required", None)


def other_media_types(document: Json, random: Random) -> None:
    """All may be XML as well."""
    for holder in list(holders(document)):
        if isinstance(holder, dict) and isinstance(holder.get("content"), dict):
            for media in list(holder["content"].values()):
                holder["content"]["application/xml"] = copy.deepcopy(media)


def optional_headers(document: Json, random: Random) -> None:
    """A header that may be sent with everything."""
    for _, _, operation in operations(document):
        operation["parameters"].append({"name": "X-Request-Id", "in": "header", "schema": {"type": "string"}})


def one_of_as_any_of(document: Json, random: Random) -> None:
    """Unions that are not said to exclude each other."""
    for schema in schemas(document):
        if "oneOf" in schema:
            schema["anyOf"] = schema.pop("oneOf")


def any_of_as_one_of(document: Json, random: Random) -> None:
    for schema in schemas(document):
        if "anyOf" in schema:
            schema["oneOf"] = schema.pop("anyOf")


SAME: tuple[Change, ...] = (
    numbered_operations,
    camel_operations,
    no_operation_names,
    renamed,
    all_renamed,
    half_inlined,
    all_inlined,
    half_hoisted,
    all_hoisted,
    bodies_and_answers_hoisted,
    shared_parameters,
    split_objects,
    wrapped_references,
    wrapped_with_remarks,
    shuffled,
    shuffled_lists,
    null_as_branch,
    null_as_keyword,
    null_as_type,
    single_values_as_const,
    single_values_as_enum,
    values_as_branches,
    objects_without_type,
    types_as_lists,
    open_objects_said,
    discriminators,
    titles,
    extensions,
    security_for_each,
    no_examples,
    redundant_descriptions,
    patch_version,
)
"""They mean the same: but for the hashes, the code is the same."""
WORDS: tuple[Change, ...] = (
    other_words,
    no_words,
    server_with_variable,
    server_without_variable,
    optional_bodies,
    other_media_types,
    optional_headers,
    one_of_as_any_of,
    any_of_as_one_of,
)
"""They change texts and addresses, but no public name and no type."""


def scrambled(document: Json, random: Random, keep: frozenset[str] = VENDOR) -> None:
    """Everything at once that names, arrangement and order can be: as the vendor's own document may look."""
    random.choice((numbered_operations, camel_operations))(document, random)
    half_inlined(document, random)
    half_hoisted(document, random)
    shared_parameters(document, random)
    bodies_and_answers_hoisted(document, random)
    rename(document, random, keep)
    shuffled_lists(document, random)
    shuffled(document, random)


def varied(document: Json, *changes: Change, seed: int = 1) -> Json:
    """A copy of `document` with these changes."""
    random = Random(seed)
    for change in changes:
        document = json.loads(json.dumps(document))  # no part of it is in two places
        change(document, random)
    return document


def main(folder: Path, seed: int = 1) -> None:
    document = yamlfile.load_table(HERE.document)
    folder.mkdir(parents=True, exist_ok=True)
    made = {change.__name__: varied(document, change, seed=seed) for change in (*SAME, *WORDS, scrambled)}
    for change in NEXT:
        made[change.__name__] = varied(changed(document, change), scrambled, seed=seed)
    made["next"] = varied(new_version(document), scrambled, seed=seed)
    for name, variant in made.items():
        (folder / f"{name}.yaml").write_text(json.dumps(variant, indent=1), encoding="utf-8")  # JSON is YAML


if __name__ == "__main__":
    main(Path(sys.argv[1]), *map(int, sys.argv[2:3]))
