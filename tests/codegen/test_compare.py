"""Planted changes are found, weighed for each direction, and reported in our words."""

from __future__ import annotations

import copy
import random
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from batch_api._generated.cep.document import SERVER_URL
from codegen import __main__ as command
from codegen import names
from codegen.diff import report
from codegen.diff.compare import changes
from codegen.diff.figures import Figures
from codegen.errors import CodegenError
from codegen.generate.normalise import normalise
from codegen.layout import HERE, Layout
from codegen.prose import changed_words
from tests.codegen import example, versions
from tests.codegen.variants import SAME, WORDS, Change, null_as_type, scrambled, varied
from tests.codegen.versions import new_version

Json = dict[str, Any]
Edit = Callable[[Json, Json, Json], object]


def normal(document: Json) -> Json:
    return normalise(document, names.load(HERE.names)).document


@pytest.fixture(scope="module")
def old(original: Json) -> Json:
    return normal(original)


def planted(original: Json, *edits: Edit) -> Json:
    new = copy.deepcopy(original)
    for edit in edits:
        edit(new["components"]["schemas"], new["paths"], new)
    return new


def found(old: Json, new: Json) -> list[str]:
    """The weight of each change, whom it concerns, where it is and what it is."""
    after = normal(new)
    figures = Figures(HERE, old, after)
    return [" | ".join(figures.judged(change)[:4]) for change in changes(old, after)]


def seg(s: Json, p: Json) -> Json:
    operation: Json = p["/segments/list"]["get"]
    return operation


def json_of(p: Json, path: str) -> Json:
    schema: Json = p[path]["post"]["requestBody"]["content"]["application/json"]["schema"]
    return schema


# One change at a time: what it is, the edit of schemas, paths or document, and all that is said about it.
PLANTED: list[tuple[str, Edit, list[str]]] = [
    (
        "op removed",
        lambda s, p, d: p.pop("/segments/list"),
        [
            "breaking |  | GET /segments/list | operation removed",
            "breaking | response | Segment | schema gone",
            "breaking | response | SegmentPage | schema gone",
        ],
    ),
    (
        "op deprecated",
        lambda s, p, d: seg(s, p).update(deprecated=True),
        ["additive |  | GET /segments/list | deprecated"],
    ),
    (
        "op moved",
        lambda s, p, d: p.update({"/segments/lists": p.pop("/segments/list")}),
        [
            "breaking |  | GET /segments/list | operation moved to GET /segments/lists",
            "wording |  | Segment | found elsewhere, as SegmentsListsAnswer200SegmentsItem",
            "wording |  | SegmentPage | found elsewhere, as SegmentsListsAnswer200",
        ],
    ),
    (
        "op method",
        lambda s, p, d: p["/segments/list"].update(post=p["/segments/list"].pop("get")),
        [
            "breaking |  | GET /segments/list | operation removed",
            "additive |  | POST /segments/list | operation added",
            "wording |  | Segment | found elsewhere, as SegmentsListAnswer200SegmentsItem",
            "wording |  | SegmentPage | found elsewhere, as SegmentsListAnswer200",
        ],
    ),
    (
        "path-level servers",
        lambda s, p, d: seg(s, p).update(servers=[{"url": "https://other.example"}]),
        ["breaking | request | GET /segments/list | address:  → https://other.example"],
    ),
    (
        "server",
        lambda s, p, d: d["servers"][0]["variables"]["version"].update(default="9.9"),
        [f"additive | request | the document | address: {SERVER_URL} → https://api.batch.com/9.9"],
    ),
    (
        "security op",
        lambda s, p, d: seg(s, p).update(security=[]),
        ["breaking | request | GET /segments/list | authorisation: http bearer → nothing"],
    ),
    (
        "security scheme",
        lambda s, p, d: d["components"]["securitySchemes"].update(
            rest_key={"type": "apiKey", "in": "header", "name": "X-Key"}
        ),
        ["breaking | request | the document | authorisation: http bearer → apiKey header X-Key"],
    ),
    (
        "param removed",
        lambda s, p, d: seg(s, p)["parameters"].pop(),
        ["breaking | request | GET /segments/list ?limit | parameter removed"],
    ),
    (
        "param required",
        lambda s, p, d: seg(s, p)["parameters"].append(
            {"name": "sort", "in": "query", "required": True, "schema": {"type": "string"}}
        ),
        ["breaking | request | GET /segments/list ?sort | required parameter added"],
    ),
    (
        "param optional",
        lambda s, p, d: seg(s, p)["parameters"].append({"name": "sort", "in": "query", "schema": {"type": "string"}}),
        ["additive | request | GET /segments/list ?sort | optional parameter added"],
    ),
    (
        "param moved",
        lambda s, p, d: seg(s, p)["parameters"][1].update({"in": "header"}),
        ["breaking | request | GET /segments/list ?from | parameter moved from the query to the header"],
    ),
    (
        "param is required",
        lambda s, p, d: seg(s, p)["parameters"][1].update(required=True),
        ["breaking | request | GET /segments/list ?from | is required now"],
    ),
    (
        "param style",
        lambda s, p, d: p["/orchestrations/list"]["get"]["parameters"][3].update(explode=False),
        ["breaking | request | GET /orchestrations/list ?status | written another way: explode nothing → False"],
    ),
    (
        "param enum",
        lambda s, p, d: p["/orchestrations/list"]["get"]["parameters"][3]["schema"]["items"]["enum"].append("paused"),
        ["additive | both | OrchestrationStatus | value 'paused' added"],
    ),
    (
        "param enum gone",
        lambda s, p, d: p["/orchestrations/list"]["get"]["parameters"][3]["schema"]["items"]["enum"].pop(),
        [
            "breaking | request | OrchestrationStatus | value 'stopped' removed",
            "additive | response | OrchestrationStatus | value 'stopped' removed",
        ],
    ),
    (
        "param default",
        lambda s, p, d: p["/orchestrations/list"]["get"]["parameters"][2]["schema"].update(default=50),
        ["breaking | request | GET /orchestrations/list ?limit | default: 10 → 50"],
    ),
    (
        "param max",
        lambda s, p, d: p["/orchestrations/list"]["get"]["parameters"][2]["schema"].update(maximum=50),
        ["breaking | request | GET /orchestrations/list ?limit | maximum: 100 → 50"],
    ),
    (
        "param deprecated",
        lambda s, p, d: p["/orchestrations/list"]["get"]["parameters"][2].update(deprecated=True),
        ["additive | request | GET /orchestrations/list ?limit | deprecated"],
    ),
    (
        "body optional",
        lambda s, p, d: p["/audiences/create"]["post"]["requestBody"].update(required=False),
        ["additive | request | POST /audiences/create | the body is optional now"],
    ),
    (
        "body gone",
        lambda s, p, d: p["/audiences/create"]["post"].pop("requestBody"),
        [
            "breaking | request | AudienceCreate | schema gone",
            "breaking | request | AudienceKind | schema gone",
            "breaking | request | POST /audiences/create | no body any more",
        ],
    ),
    (
        "body new",
        lambda s, p, d: p["/segments/list"]["get"].update(
            requestBody={"content": {"application/json": {"schema": {"type": "object"}}}}
        ),
        [
            "additive | request | GET /segments/list | takes an optional body now",
            "additive | request | SegmentListBody | schema added",
        ],
    ),
    (
        "media",
        lambda s, p, d: p["/audiences/create"]["post"]["requestBody"].update(
            content={"application/xml": {"schema": {"type": "object"}}}
        ),
        [
            "breaking | request | AudienceCreate | schema gone",
            "breaking | request | AudienceKind | schema gone",
            "breaking | request | POST /audiences/create body | no longer of type application/json",
            "additive | request | AudienceCreateBody | schema added",
            "additive | request | POST /audiences/create body | may be of type application/xml",
        ],
    ),
    (
        "body inline field",
        lambda s, p, d: p["/audiences/create"]["post"]["requestBody"]["content"]["application/json"]["schema"][
            "properties"
        ].update(ttl={"type": "integer"}),
        ["additive | request | AudienceCreate.ttl | field added"],
    ),
    (
        "status gone",
        lambda s, p, d: seg(s, p)["responses"].pop("429"),
        ["wording | response | GET /segments/list | no longer declares 429"],
    ),
    (
        "status new",
        lambda s, p, d: seg(s, p)["responses"].update({"409": {"description": "x"}}),
        ["additive | response | GET /segments/list | declares 409"],
    ),
    (
        "success changed",
        lambda s, p, d: seg(s, p)["responses"].update({"202": seg(s, p)["responses"].pop("200")}),
        [
            "additive | response | GET /segments/list | success is 202 now, was 200",
        ],
    ),
    (
        "header",
        lambda s, p, d: p["/exports/download"]["get"]["responses"].update({"307": {"description": "x"}}),
        [
            "breaking | response | GET /exports/download 307 header location | header removed",
            "wording | response | GET /exports/download 307 | says “x”, said “Temporary redirect to the file. The body is empty.”",
        ],
    ),
    (
        "field optional",
        lambda s, p, d: s["EditProfile"]["properties"].update(x={"type": "string"}),
        ["additive | request | EditProfile.x | field added"],
    ),
    (
        "field required",
        lambda s, p, d: (
            s["EditProfile"]["properties"].update(x={"type": "string"}),
            s["EditProfile"]["required"].append("x"),
        ),
        ["breaking | request | EditProfile.x | required field added"],
    ),
    (
        "response field gone",
        lambda s, p, d: s["oneSegment"]["properties"].pop("display_name"),
        ["breaking | response | Segment.display_name | field removed"],
    ),
    (
        "request field gone",
        lambda s, p, d: s["EditProfile"]["properties"].pop("events"),
        [
            "breaking | request | EditProfile.events | field removed",
            "breaking | request | EventAttributeValue | schema gone",
            "breaking | request | EventObject | schema gone",
            "breaking | request | ProfileEvent | schema gone",
            "breaking | request | ProfileEventAttributes | schema gone",
        ],
    ),
    (
        "field renamed ref",
        lambda s, p, d: (
            s["campaign"]["properties"].update(schedule=s["campaign"]["properties"].pop("when")),
            s["campaign"]["required"].remove("when"),
            s["campaign"]["required"].append("schedule"),
        ),
        [
            "breaking | request | Campaign.when | field renamed to 'schedule'",
            "wording |  | CampaignSchedule | found elsewhere, as CampaignSchedule2",
        ],
    ),
    (
        "field renamed",
        lambda s, p, d: s["oneSegment"]["properties"].update(label=s["oneSegment"]["properties"].pop("display_name")),
        ["breaking | response | Segment.display_name | field renamed to 'label'"],
    ),
    (
        "type resp",
        lambda s, p, d: s["oneSegment"]["properties"]["display_name"].update(type="integer"),
        ["breaking | response | Segment.display_name | type: string → integer"],
    ),
    (
        "nullable",
        lambda s, p, d: s["oneSegment"]["properties"]["display_name"].update(type=["string", "null"]),
        ["additive | response | Segment.display_name | may be null now"],
    ),
    (
        "int to number",
        lambda s, p, d: s["catalog"]["properties"]["size"].update(type="number"),
        ["breaking | response | Catalog.size | type: integer → number"],
    ),
    (
        "string to enum",
        lambda s, p, d: s["CatalogItemEdit"]["properties"]["action"].update(enum=["add", "remove"]),
        ["breaking | request | CatalogItemEdit.action | only these values now: 'add', 'remove'"],
    ),
    (
        "string to obj",
        lambda s, p, d: s["ExportFilter"]["properties"].update(
            segment={"type": "object", "properties": {"name": {"type": "string"}}}
        ),
        [
            "breaking | request | ExportFilter.segment | type: string → object",
            "breaking | response | ExportFilter.segment | type: string → object",
            "additive | both | ExportFilterSegment | schema added",
            "additive | request | ExportFilter.segment.name | field added",
            "additive | response | ExportFilter.segment.name | field added",
            "wording | both | ExportFilter.segment | says “nothing”, said “Code of a segment, as listed by `/segments/list`.”",
        ],
    ),
    (
        "enum gone",
        lambda s, p, d: s["field_type"]["enum"].pop(0),
        [
            "breaking | request | CatalogFieldType | value 'array' removed",
            "additive | response | CatalogFieldType | value 'array' removed",
        ],
    ),
    (
        "enum new",
        lambda s, p, d: s["field_type"]["enum"].append("x"),
        ["additive | both | CatalogFieldType | value 'x' added"],
    ),
    (
        "enum resp gone",
        lambda s, p, d: s["status"]["enum"].pop(),
        ["additive | response | ExportStatus | value 'ERROR' removed"],
    ),
    (
        "const changed",
        lambda s, p, d: s["oneAudience"]["properties"]["type"].update(enum=["CUSTOM_ID", "EMAIL"]),
        ["additive | response | Audience.type | value 'EMAIL' added"],
    ),
    (
        "maxItems less",
        lambda s, p, d: s["BulkEditProfile"].update(maxItems=100),
        ["breaking | request | POST /profiles/update body | maxItems: 200 → 100"],
    ),
    (
        "maxItems more",
        lambda s, p, d: s["BulkEditProfile"].update(maxItems=500),
        ["additive | request | POST /profiles/update body | maxItems: 200 → 500"],
    ),
    (
        "maxItems gone",
        lambda s, p, d: s["BulkEditProfile"].pop("maxItems"),
        ["additive | request | POST /profiles/update body | maxItems: 200 → nothing"],
    ),
    (
        "min",
        lambda s, p, d: s["campaign"]["properties"]["send_rate"].update(minimum=2000),
        ["breaking | request | Campaign.send_rate | minimum: 1000 → 2000"],
    ),
    (
        "nested items maxLength",
        lambda s, p, d: s["ArrayOperation"]["properties"]["$add"]["items"].update(maxLength=100),
        ["breaking | request | ArrayOperation.$add[] | maxLength: 300 → 100"],
    ),
    (
        "pattern",
        lambda s, p, d: s["ProfileEvent"]["properties"]["name"].update(pattern="^[a-z]+$"),
        ["breaking | request | ProfileEvent.name | pattern: ^[a-z0-9_]{1,30}$ → ^[a-z]+$"],
    ),
    (
        "format req",
        lambda s, p, d: s["EmailReplyTo"]["properties"]["email_address"].update(format="idn-email"),
        ["breaking | request | EmailReplyTo.email_address | format: email → idn-email"],
    ),
    (
        "format date resp",
        lambda s, p, d: s["oneSegment"]["properties"]["created_at"].pop("format"),
        ["breaking | response | Segment.created_at | format: date-time → nothing"],
    ),
    (
        "default",
        lambda s, p, d: s["when"]["properties"]["local_time"].update(default=True),
        ["breaking | request | CampaignSchedule.local_time | default: nothing → True"],
    ),
    (
        "required loosened",
        lambda s, p, d: s["EditProfile"].update(required=[]),
        ["additive | request | EditProfile.identifiers | is optional now"],
    ),
    (
        "now required",
        lambda s, p, d: s["targeting"].update(required=["query"]),
        ["breaking | request | CampaignTargeting.query | is required now"],
    ),
    (
        "resp required",
        lambda s, p, d: s["oneSegment"].update(required=["code"]),
        ["additive | response | Segment.code | is required now"],
    ),
    (
        "addl false",
        lambda s, p, d: s["EditProfile"].update(additionalProperties=False),
        ["breaking | request | EditProfile | no other fields allowed now"],
    ),
    (
        "addl schema",
        lambda s, p, d: s["AudienceAttributes"]["additionalProperties"]["anyOf"].append({"type": "boolean"}),
        ["additive | request | AudienceAttributes{} | one more kind of value: boolean"],
    ),
    (
        "patternProps",
        lambda s, p, d: s["ProfileEventAttributes"]["patternProperties"].popitem(),
        ['breaking | request | ProfileEventAttributes{"^url\\([a-z0-9_]{1,30}\\)$"} | names of this form removed'],
    ),
    (
        "variant gone",
        lambda s, p, d: s["ProfileAttributeValue"]["anyOf"].pop(0),
        ["breaking | request | ProfileAttributeValue | no longer of the kind string"],
    ),
    (
        "variant new",
        lambda s, p, d: s["ProfileIdentifiers"]["oneOf"].append(
            {"type": "object", "required": ["email"], "properties": {"email": {"type": "string"}}}
        ),
        [
            "additive | request | ProfileIdentifiers | one more kind of value: ProfileIdentifiersOption3",
            "additive | request | ProfileIdentifiersOption3 | schema added",
        ],
    ),
    (
        "variant field",
        lambda s, p, d: s["PushMessage"]["properties"].update(sound={"type": "string"}),
        ["additive | request | PushMessage.sound | field added"],
    ),
    (
        "anyOf to oneOf",
        lambda s, p, d: (body := json_of(p, "/profiles/export")).update(oneOf=body.pop("anyOf")),
        ["wording | request | ExportRequest | exactly one kind must fit now, where any did"],
    ),
    (
        "union from string",
        lambda s, p, d: s["ExportFilter"]["properties"].update(
            segment={"oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}
        ),
        [
            "additive | request | ExportFilter.segment | one more kind of value: array",
            "additive | response | ExportFilter.segment | one more kind of value: array",
            "wording | both | ExportFilter.segment | says “nothing”, said “Code of a segment, as listed by `/segments/list`.”",
        ],
    ),
    (
        "allOf part",
        lambda s, p, d: s["CampaignRecurringAndWarmupStats"]["properties"]["details"]["items"]["allOf"][1][
            "properties"
        ].update(hour={"type": "integer"}),
        ["additive | response | StatsDay.hour | field added"],
    ),
    (
        "uniqueItems",
        lambda s, p, d: s["BulkEditProfile"].update(uniqueItems=True),
        ["breaking | request | POST /profiles/update body | uniqueItems: nothing → True"],
    ),
    (
        "not",
        lambda s, p, d: s["ExportFilter"].update({"not": {"required": ["segment"]}}),
        ["breaking | both | ExportFilter | not: nothing → {'required': ['segment']}"],
    ),
    (
        "field deprecated",
        lambda s, p, d: s["ExportFilter"]["properties"]["segment"].update(deprecated=True),
        ["additive | both | ExportFilter.segment | deprecated"],
    ),
    (
        "words",
        lambda s, p, d: s["oneSegment"]["properties"]["display_name"].update(
            description="Label that the dashboard shows."
        ),
        [
            "wording | response | Segment.display_name | says “Label that the dashboard shows.”, said “Label shown in the dashboard.”"
        ],
    ),
    (
        "limit down",
        lambda s, p, d: p["/profiles/update"]["post"].update(
            description=p["/profiles/update"]["post"]["description"].replace("300", "100")
        ),
        [
            "breaking | both | POST /profiles/update | says “…Rate limit: 100 updates per…”, said “…Rate limit: 300 updates per…”"
        ],
    ),
    (
        "catalog limit",
        lambda s, p, d: p["/catalogs/items/edit"]["post"].update(
            description=p["/catalogs/items/edit"]["post"]["description"]
            .replace("1000", "2000")
            .replace("1 000", "2 000")
            .replace("1,000", "2,000")
        ),
        [
            "additive | both | POST /catalogs/items/edit | says “…second and 2 000 items…”, said “…second and 1 000 items…”"
        ],
    ),
    (
        "info text",
        lambda s, p, d: d["info"].update(description="x"),
        [
            "wording | both | the document | says “x”, said “Project-level REST API of the Batch customer engagement platform: profiles, audiences, campaigns, catalogs, orchestrations, exports and segments. Every call carries the REST API key of the company as…”"
        ],
    ),
    ("example only", lambda s, p, d: s["EditProfile"].update(example={"a": 1}), []),
    ("x-ext", lambda s, p, d: s["EditProfile"].update({"x-thing": {"a": 1}}), []),
    ("tags", lambda s, p, d: d.update(tags=[]), []),
]


@pytest.mark.parametrize(("edit", "rows"), [entry[1:] for entry in PLANTED], ids=[entry[0] for entry in PLANTED])
def test_a_planted_change_is_found(original: Json, old: Json, edit: Edit, rows: list[str]) -> None:
    assert found(old, planted(original, edit)) == rows


def test_many_changes_at_once_hide_none(original: Json, old: Json) -> None:
    """Those that do not touch each other are found as they are alone."""
    apart = (
        "param required",
        "field optional",
        "resp required",
        "enum new",
        "maxItems less",
        "nested items maxLength",
        "pattern",
        "format date resp",
        "default",
        "addl schema",
        "variant new",
        "limit down",
        "words",
    )
    entries = [entry for entry in PLANTED if entry[0] in apart]
    assert len(entries) == len(apart)
    rows = {row for entry in entries for row in entry[2]}
    assert set(found(old, planted(original, *(edit for _, edit, _ in entries)))) == rows


@pytest.mark.parametrize("change", SAME, ids=lambda change: change.__name__)
def test_what_means_the_same_is_no_change(original: Json, old: Json, change: Change) -> None:
    rows = found(old, varied(original, change))
    if change is null_as_type:  # it says of fields what was said of their enumeration
        rows = [row for row in rows if not row.startswith("wording | ")]
    assert rows == []


@pytest.mark.parametrize("seed", range(5))
def test_other_names_and_order_are_no_change(original: Json, old: Json, seed: int) -> None:
    assert found(old, varied(original, scrambled, seed=seed)) == []


@pytest.mark.parametrize("change", WORDS, ids=lambda change: change.__name__)
def test_other_words_are_no_more_than_that(original: Json, old: Json, change: Change) -> None:
    weights = {change.weight for change in changes(old, normal(varied(original, change)))}
    assert weights <= {"wording", "additive"}


@pytest.mark.parametrize("change", versions.NEXT, ids=lambda change: change.__name__)
def test_changes_look_the_same_under_other_names(original: Json, old: Json, change: versions.Change) -> None:
    new = copy.deepcopy(original)
    change(new)
    rows = found(old, new)
    assert rows or change in (versions.unused_schema, versions.webhooks, versions.answers_in_other_words)
    # What a schema without a line is called depends on where it stands first.
    named = [row for row in found(old, varied(new, scrambled)) if "| schema added" not in row]
    assert named == [row for row in rows if "| schema added" not in row]


def test_backwards_what_was_added_is_gone(original: Json) -> None:
    rows = found(normal(new_version(original)), original)
    assert "breaking |  | GET /segments/view | operation removed" in rows
    assert "additive | response | Audience.display_name | field added" in rows
    assert "additive | response | ExportStatus | value 'EXPIRED' removed" in rows


# The report


def outcome(old: Json, new: Json) -> str:
    try:
        return report.write(HERE, old, new)
    except CodegenError as error:
        return f"refused: {error}"


def test_a_report_on_no_change_is_short(original: Json) -> None:
    text = report.write(HERE, original, varied(original, scrambled, seed=3))
    assert text.splitlines() == [
        text.splitlines()[0],
        "",
        "**Nothing has changed, whatever its parts are called and however they are arranged.**",
        "",
        "- Nothing in it stops the build.",
        "- Operations without a method: 0.",
    ]


def test_the_report_on_a_new_version(original: Json) -> None:
    text = report.write(HERE, original, varied(new_version(original), scrambled))
    assert "**3 breaking, 11 additive, 0 wording.**" in text
    assert "| `Audience.display_name` (`audiences.list`, `audiences.view`) | response | field removed | " in text
    limits = text.split("## Limits")[1]
    assert (
        "| `POST /profiles/update` | 300 updates per second → 500 updates per second | 300 items per second, burst 1000; "
        "at most 200 items a call |" in limits
    )
    assert "- `segments_view`: `GET /segments/view`" in text.split("## Operations without a method")[1]
    assert "GET /segments/view: {name: segment_view, area: segments}" in text.split("## New parts")[1]
    assert str(HERE.root) not in text


def test_the_example_in_the_docs_is_the_report_on_that_version(original: Json) -> None:
    """Written by `python -m tests.codegen.example`. It may stay when the document moves on: then it is history."""
    shown = example.PAGE.read_text(encoding="utf-8")
    if example.stamp() not in shown:
        pytest.skip("the page is of an earlier document")
    assert shown == example.text(original)


def test_a_lower_limit_in_the_text_is_breaking(original: Json) -> None:
    edit = next(entry[1] for entry in PLANTED if entry[0] == "limit down")
    text = report.write(HERE, original, planted(original, edit))
    (row,) = [
        line
        for line in text.split("## Breaking")[1].split("##")[0].splitlines()
        if line.startswith("| `POST /profiles/update`")
    ]
    assert (
        "we keep to 300 updates per second until overrides/cep/operations.yaml is corrected: until then calls may be refused"
        in row
    )


def test_the_limit_of_a_new_operation_is_beside_what_is_assumed(original: Json) -> None:
    def add(schemas: Json, paths: Json, document: Json) -> None:
        answer = {"responses": {"204": {"description": "Done."}}}
        paths["/segments/remove"] = {"post": {"description": "Removes one. At most 7 requests per second.", **answer}}

    text = report.write(HERE, original, planted(original, add))
    assert (
        "| `POST /segments/remove` | no figure → 7 requests per second | 1 request per second |"
        in text.split("## Limits")[1]
    )


def test_what_will_stop_the_build_is_in_the_report(original: Json) -> None:
    new = copy.deepcopy(original)
    properties = new["components"]["schemas"]["campaign"]["properties"]
    properties["schedule"] = properties.pop("when")
    new["components"]["schemas"]["oneAudience"]["properties"]["type"] = {"type": "string"}
    text = report.write(HERE, original, new)
    stops = text.split("## What stops the build")[1].split("##")[0]
    assert "Campaign.when is not in the document" in stops
    assert "CampaignSchedule: ['Campaign.schedule']" in stops
    assert "Audience.properties.type.const" in stops
    assert "It stops the build: 1 in names.yaml, 1 in the overlays." in text


def test_text_of_the_document_cannot_break_the_table(original: Json) -> None:
    new = copy.deepcopy(original)
    evil = "a|b\n# `<script>"
    new["components"]["schemas"]["oneSegment"]["properties"][evil] = {"type": "string", "description": evil}
    new["components"]["schemas"]["status"]["enum"].append(evil)
    new["paths"][f"/{evil}"] = {"get": {**new["paths"]["/segments/list"]["get"], "operationId": "evil"}}
    text = report.write(HERE, original, new)
    assert "<script>" not in text
    assert "\n# " not in text[2:]
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert {line.count("|") for line in rows} <= {5, 4}


@pytest.mark.parametrize(
    "odd",
    [
        {},
        {"openapi": "3.0.3"},
        {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}},
        {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {}},
        {
            "openapi": "3.1.0",
            "info": {"title": "t", "version": "1"},
            "servers": [{"url": "https://x"}],
            "paths": {"/a": {}},
        },
        {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "servers": [{"url": "https://x"}], "webhooks": {}},
        {"openapi": "3.1.0", "info": 5, "paths": []},
    ],
    ids=str,
)
def test_an_odd_document_is_reported_on_or_refused(original: Json, odd: Json) -> None:
    for pair in ((original, odd), (odd, original), (odd, odd)):
        assert outcome(*pair).startswith(("# The document: ", "refused: "))


def test_a_reference_to_elsewhere_is_refused_and_not_fetched(original: Json) -> None:
    for target in ("http://127.0.0.1:9/x", "file:///etc/passwd", "other.yaml"):
        new = planted(original, lambda s, p, d: s["ExportFilter"]["properties"].update(segment={"$ref": target}))  # noqa: B023
        with pytest.raises(CodegenError, match=r"has the \$ref"):
            report.write(HERE, original, new)


ODD: list[Any] = [None, True, 0, "", [], {}, [None], {"$ref": "#/components/schemas/campaign"}, {"$ref": "#"}]
ODD += [
    {"type": []},
    {"enum": [None, 1]},
    {"oneOf": []},
    {"anyOf": [True, False]},
    {"properties": 5},
    {"required": "a"},
]


@pytest.mark.parametrize("seed", range(10))
def test_a_mutated_document_is_reported_on_or_refused(original: Json, seed: int) -> None:
    dice, new = random.Random(seed), copy.deepcopy(original)
    for _ in range(dice.choice((1, 2, 5))):
        places: list[tuple[Any, Any]] = []
        waiting: list[Any] = [new]
        while waiting:
            holder = waiting.pop()
            keys = list(holder) if isinstance(holder, dict) else range(len(holder))
            places += [(holder, key) for key in keys]
            waiting += [holder[key] for key in keys if isinstance(holder[key], (dict, list))]
        holder, key = dice.choice(places)
        if dice.random() < 0.3:
            del holder[key]
        else:
            holder[key] = copy.deepcopy(dice.choice(ODD))
    assert outcome(original, new).startswith(("# The document: ", "refused: "))


def test_a_recursion_without_names_ends(original: Json, old: Json) -> None:
    def tree(schemas: Json, paths: Json, document: Json) -> None:
        schemas["node"] = {"type": "object", "properties": {"next": {"$ref": "#/components/schemas/node"}}}
        schemas["other"] = {"type": "object", "properties": {"next": {"$ref": "#/components/schemas/other"}, "x": {}}}
        schemas["ExportFilter"]["properties"]["segment"] = {"$ref": "#/components/schemas/node"}

    def other(schemas: Json, paths: Json, document: Json) -> None:
        schemas["ExportFilter"]["properties"]["segment"] = {"$ref": "#/components/schemas/other"}

    first = planted(original, tree)
    rows = found(normal(first), planted(first, other))
    assert any("x | field added" in row for row in rows)


@pytest.mark.parametrize(
    ("old", "new", "parts"),
    [
        ("", "new words here", ("nothing", "new words here")),
        (
            "at most 300 updates a second in all",
            "at most 500 updates a second in all",
            ("at most 300 updates a…", "at most 500 updates a…"),
        ),
        ("a b c d e f", "a b c d e f g", ("…e f", "…e f g")),
        ("same a same", "same b same a same", ("same a…", "same b same a…")),
    ],
)
def test_the_words_that_changed(old: str, new: str, parts: tuple[str, str]) -> None:
    assert changed_words(old, new) == parts


def test_the_command_compares_with_the_head_of_git(
    original: Json, inputs: Layout, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "HERE", inputs)
    assert command.main(["diff"]) == 1
    assert "Pass OLD=file." in capsys.readouterr().err
    who = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"]
    for arguments in (["init", "-q"], ["add", "openapi"], [*who, "commit", "-qm", "one"]):
        subprocess.run(["git", *arguments], cwd=inputs.root, check=True)
    text = inputs.document.read_text().replace("title: Batch - REST API", "title: Other")
    inputs.document.write_text(text)
    assert command.main(["diff"]) == 0
    assert "**Nothing has changed" in capsys.readouterr().out
    assert command.main(["diff", "--new", str(inputs.root / "none.yaml")]) == 1
    assert "cannot be read" in capsys.readouterr().err
