"""What a new version of the document may bring. Each function changes a document of its own."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from codegen.document import server

Json = dict[str, Any]
Change = Callable[[Json], None]

FORMS: dict[str, Json] = {
    "text": {"type": "string", "description": "Who made it."},
    "text_or_null": {"type": ["string", "null"]},
    "nullable": {"type": "string", "nullable": True},
    "whole_number": {"type": "integer", "format": "int64", "minimum": 0, "default": 0},
    "number": {"type": "number", "exclusiveMinimum": 0, "multipleOf": 0.5},
    "flag": {"type": "boolean", "default": False, "readOnly": True},
    "moment": {"type": "string", "format": "date-time"},
    "day": {"type": "string", "format": "date"},
    "address": {"type": "string", "format": "uri", "maxLength": 2048, "pattern": "^https://"},
    "one_of_some": {"type": "string", "enum": ["a", "b"], "deprecated": True},
    "one_of_some_or_null": {"type": ["string", "null"], "enum": ["a", "b", None]},
    "one_number_of_some": {"type": "integer", "enum": [1, 2]},
    "single_value": {"const": "x"},
    "words": {"type": "array", "items": {"type": "string"}, "uniqueItems": True, "maxItems": 5},
    "object": {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "integer"}}, "required": ["a"]},
    "objects": {"type": "array", "items": {"type": "object", "properties": {"a": {"type": "string"}}}},
    "map": {"type": "object", "additionalProperties": {"type": "string"}},
    "map_of_objects": {
        "type": "object",
        "additionalProperties": {"type": "object", "properties": {"a": {"type": "string"}}},
    },
    "map_by_pattern": {"type": "object", "patternProperties": {"^a": {"type": "integer"}}},
    "closed": {"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": False},
    "anything": {},
    "scalar_union": {"oneOf": [{"type": "string"}, {"type": "integer"}, {"type": "number"}]},
    "moment_or_text": {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "string"}]},
    "object_union": {
        "oneOf": [
            {"type": "object", "properties": {"kind": {"const": "a"}, "x": {"type": "string"}}, "required": ["kind"]},
            {"type": "object", "properties": {"kind": {"const": "b"}, "y": {"type": "string"}}, "required": ["kind"]},
        ],
        "discriminator": {"propertyName": "kind"},
    },
    "tree": {
        "type": "object",
        "properties": {"name": {"type": "string"}, "left": {"$ref": "#/components/schemas/Segment"}},
    },
    "pair": {"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}]},
    "constrained": {"type": "object", "properties": {"a": {}}, "not": {"required": ["b"]}, "minProperties": 1},
    "dependent": {"type": "object", "properties": {"a": {}, "b": {}}, "dependentRequired": {"a": ["b"]}},
    "named": {"type": "object", "propertyNames": {"pattern": "^x"}},
    "file": {"type": "string", "contentEncoding": "base64", "contentMediaType": "image/png"},
    "from": {"type": "string"},
    "with-hyphen": {"type": "string"},
    "camelCase": {"type": "string"},
    "2nd": {"type": "string"},
}
"""Fields of every kind, by a name for each."""


def read_fields(document: Json) -> None:
    """New optional fields in an answer."""
    schemas = document["components"]["schemas"]
    schemas["Segment"] = {"type": "object", "properties": {"label": {"type": "string"}}}
    schemas["oneSegment"]["properties"] |= FORMS


def sent_fields(document: Json) -> None:
    """New optional fields in a request."""
    schemas = document["components"]["schemas"]
    schemas["Segment"] = {"type": "object", "properties": {"label": {"type": "string"}}}
    schemas["campaign"]["properties"] |= FORMS


def new_operations(document: Json) -> None:
    """Operations in a known area and in one of their own, with bodies, arrays, and answers of several kinds."""
    paths = document["paths"]
    project = paths["/segments/list"]["get"]["parameters"][0]
    segment = {"type": "object", "properties": {"name": {"type": "string"}, "size": {"type": "integer"}}}
    document["components"]["schemas"]["SegmentDetails"] = segment
    reference = {"$ref": "#/components/schemas/SegmentDetails"}
    error = {"$ref": "#/components/responses/400"}
    name = {"name": "name", "in": "query", "required": True, "schema": {"type": "string"}}
    paths["/segments/view"] = {"get": _operation(project, reference, name) | {"operationId": "segment_view"}}
    paths["/segments/create"] = {"post": _operation(project, reference) | {"requestBody": _body(segment)}}
    paths["/segments/create"]["post"]["responses"]["400"] = error
    paths["/segments/all"] = {"get": _operation(project, {"type": "array", "items": reference}, name)}
    number = {"name": "segment_id", "in": "path", "required": True, "schema": {"type": "integer"}}
    trace = {"name": "X-Trace", "in": "header", "schema": {"type": "string"}}
    paths["/segments/{segment_id}/users"] = {"get": _operation(project, reference, number, trace)}
    paths["/segments/{segment_id}/users"]["post"] = _operation(project, reference, number)
    paths["/segments/{segment_id}/users"]["post"]["requestBody"] = {"content": _body(segment)["content"]}
    paths["/webhooks/list"] = {"get": _operation(project, {"type": "array", "items": {"type": "string"}})}
    paths["/webhooks/remove"] = {"post": {"parameters": [project], "responses": {"204": {"description": "Done."}}}}
    paths["/webhooks/remove"]["post"]["requestBody"] = _body({"type": "array", "items": {"type": "string"}})
    paths["/webhooks/replace"] = {"put": _operation(project, reference) | {"requestBody": _body(reference)}}


def _operation(*parts: Json) -> Json:
    project, answer, *parameters = parts
    content = {"application/json": {"schema": answer}}
    return {"parameters": [project, *parameters], "responses": {"200": {"description": "Fine.", "content": content}}}


def _body(schema: Json) -> Json:
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def new_parameters(document: Json) -> None:
    """Query parameters of every kind."""
    names = (
        "text",
        "whole_number",
        "flag",
        "moment",
        "day",
        "one_of_some",
        "single_value",
        "words",
        "from",
        "camelCase",
    )
    document["paths"]["/segments/list"]["get"]["parameters"] += [
        {"name": f"q_{name}", "in": "query", "description": "New.", "schema": FORMS[name]} for name in names
    ]
    document["paths"]["/segments/list"]["get"]["parameters"] += [
        {"name": name, "in": "query", "schema": {"type": "string"}} for name in ("query", "reply", "class")
    ]


def new_values(document: Json) -> None:
    """Enumerations got one more value; a plain string became an enumeration."""
    schemas = document["components"]["schemas"]
    schemas["status"]["enum"].append("EXPIRED")
    schemas["field_type"]["enum"].append("geo point")
    schemas["scope"]["enum"] = ["PROFILE_ATTRIBUTES", "PROFILE_EVENTS"]
    schemas["ProfileUpdateError"]["properties"]["category"]["enum"] = ["attribute", "event"]


def new_branch(document: Json) -> None:
    """A campaign may have a third kind of message."""
    sms = {
        "type": "object",
        "properties": {"channel_type": {"const": "sms"}, "body": {"type": "string"}},
        "required": ["channel_type", "body"],
    }
    items = document["components"]["schemas"]["campaign"]["properties"]["messages"]["items"]
    next(items[key] for key in ("oneOf", "anyOf") if key in items).append(sms)


def changed_limits(document: Json) -> None:
    """Other figures in prose, and looser ones in keywords."""
    update = document["paths"]["/profiles/update"]["post"]
    update["description"] = update["description"].replace("300", "500").replace("1 000", "2 000")
    document["components"]["schemas"]["BulkEditProfile"]["maxItems"] = 500
    document["components"]["schemas"]["EditProfile"]["properties"]["events"]["maxItems"] = 20
    for parameter in document["paths"]["/audiences/list"]["get"]["parameters"]:
        if parameter.get("name") == "limit":
            parameter["schema"]["maximum"] = 200


def removed_field(document: Json) -> None:
    del document["components"]["schemas"]["oneAudience"]["properties"]["display_name"]


def deprecated(document: Json) -> None:
    document["paths"]["/audiences/replace"]["post"]["deprecated"] = True
    document["components"]["schemas"]["oneAudience"]["properties"]["nb_ids"]["deprecated"] = True


def nullable_parts(document: Json) -> None:
    """Fields that have a name of ours may be null now."""
    schemas = document["components"]["schemas"]
    campaign = schemas["campaign"]["properties"]
    campaign["when"] = {"anyOf": [campaign["when"], {"type": "null"}]}
    campaign["targeting"] = {"oneOf": [{"type": "null"}, campaign["targeting"]]}
    campaign["messages"] = campaign["messages"] | {"type": ["array", "null"]}
    schemas["oneAudience"]["properties"]["indexing_state"] |= {"type": ["string", "null"]}
    schemas["oneSegment"]["type"] = ["object", "null"]


def wider_types(document: Json) -> None:
    schemas = document["components"]["schemas"]
    schemas["oneAudience"]["properties"]["nb_ids"] = {"type": ["integer", "null"]}
    schemas["StatsDetails"]["properties"]["sent"] = {"type": "number"}
    schemas["ExportFile"]["properties"]["id"] = {"oneOf": [{"type": "string"}, {"type": "integer"}]}


def new_errors(document: Json) -> None:
    """More statuses, and an answer to all that is not said."""
    error = document["paths"]["/audiences/create"]["post"]["responses"]["400"]
    for item in document["paths"].values():
        for operation in item.values():
            operation["responses"] |= {"409": error, "default": error, "5XX": error}


def answers_in_other_words(document: Json) -> None:
    """Media types with parameters, and vendor types of JSON."""
    for item in document["paths"].values():
        for operation in item.values():
            for holder in [operation.get("requestBody", {}), *operation["responses"].values()]:
                for media in list(holder.get("content", {})):
                    holder["content"]["application/json; charset=utf-8"] = holder["content"].pop(media)


def unused_schema(document: Json) -> None:
    """A component that no operation uses yet."""
    document["components"]["schemas"]["Coming"] = {"type": "object", "properties": {"soon": {"type": "boolean"}}}


def webhooks(document: Json) -> None:
    document["webhooks"] = {"done": {"post": {"responses": {"200": {"description": "Fine."}}}}}
    document["paths"]["/profiles/export"]["post"]["callbacks"] = {}


NEXT: tuple[Change, ...] = (
    read_fields,
    sent_fields,
    new_operations,
    new_parameters,
    new_values,
    new_branch,
    changed_limits,
    removed_field,
    deprecated,
    nullable_parts,
    wider_types,
    new_errors,
    answers_in_other_words,
    unused_schema,
    webhooks,
)
"""None of them moves a name of ours: the build goes on."""


def changed(document: Json, change: Change) -> Json:
    """A copy of `document` with this change."""
    document = copy.deepcopy(document)
    change(document)
    return document


def next_version(document: Json) -> str:
    """A version that the API may have some day: 2.13 after 2.11."""
    major, _, minor = server(document)[1].partition(".")
    return f"{major}.{int(minor or 0) + 2}"


def new_version(document: Json) -> Json:
    """A copy, as the next version, with changes of more than ten kinds, none of which stops the build."""
    document, version = copy.deepcopy(document), next_version(document)
    document["info"]["version"] = document["servers"][0]["variables"]["version"]["default"] = version
    paths, schemas = document["paths"], document["components"]["schemas"]
    segment = {"type": "object", "properties": {"name": {"type": "string"}, "size": {"type": "integer"}}}
    name = {"name": "name", "in": "query", "required": True, "schema": {"type": "string"}}
    paths["/segments/view"] = {"get": _operation(paths["/segments/list"]["get"]["parameters"][0], segment, name)}
    paths["/segments/view"]["get"]["operationId"] = "segment_view"
    schemas["oneSegment"]["properties"]["created_by"] = {"type": "string", "description": "Who made it."}
    schemas["status"]["enum"].append("EXPIRED")
    update = paths["/profiles/update"]["post"]
    update["description"] = update["description"].replace("300", "500")
    export = paths["/profiles/export"]["post"]
    export["description"] += "\n\nAll exports of a company together: at most 20 per hour."
    paths["/audiences/replace"]["post"]["deprecated"] = True
    sort = {"name": "sort", "in": "query", "schema": {"type": "string", "enum": ["name", "created"]}}
    paths["/catalogs/list"]["get"]["parameters"].append(sort)
    schemas["campaign"]["properties"]["name"]["maxLength"] = 500
    once = {"name": "Idempotency-Key", "in": "header", "schema": {"type": "string"}}
    for operation in (item["post"] for item in paths.values() if "post" in item):
        operation["parameters"].append(once)
    done = {"type": "object", "properties": {"id": {"type": "string"}, "status": {"type": "string"}}}
    answer = {"responses": {"200": {"description": "Thank you."}}}
    document["webhooks"] = {"export_done": {"post": {"requestBody": _body(done), **answer}}}
    removed_field(document)
    return document
