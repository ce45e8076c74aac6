"""Each quirk of the vendor's document (PROVENANCE, "Quirks") and what became of it."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from batch_api import models
from batch_api._generated.cep import document
from batch_api._generated.cep.endpoints import orchestrations, segments
from batch_api._generated.cep.registry import OPERATIONS
from codegen.generate.pipeline import Prepared

Json = dict[str, Any]


@pytest.fixture
def schemas(prepared: Prepared) -> Json:
    found: Json = prepared.document["components"]["schemas"]
    return found


@pytest.fixture
def operations(prepared: Prepared) -> dict[str, Json]:
    return {
        operation["operationId"]: operation
        for item in prepared.document["paths"].values()
        for operation in item.values()
    }


def test_1_the_version_is_that_of_the_server(prepared: Prepared) -> None:
    assert prepared.document["info"]["version"] == document.VERSION
    assert document.SERVER_URL.endswith(f"/{document.VERSION}")


def test_2_campaign_written_and_campaign_listed_are_two_models() -> None:
    assert "messages" in models.Campaign.__annotations__
    assert "messages" not in models.CampaignSummary.__annotations__
    assert "platforms" in models.CampaignSummary.__annotations__


def test_3_names_say_what_they_name() -> None:
    vendors = {"Field", "Attributes", "Request", "Scope", "Status", "When", "Targeting", "OneAudience", "OneSegment"}
    assert not vendors & set(models.__all__)


def test_4_one_record_for_all_exports(schemas: Json) -> None:
    assert schemas["ExportRecord"]["required"] == ["id", "request", "scope", "status"]
    record = models.ExportRecord.from_dict({"id": "e", "status": "CREATED", "request_date": "2026-02-01T06:00:00Z"})
    assert record.files is None
    assert record.request_date is not None
    for kind, model in (
        ("ATTRIBUTES", models.ExportAttributesRequest),
        ("EVENTS", models.ExportEventsRequest),
        ("REACHABILITY", models.ExportReachabilityRequest),
    ):
        assert isinstance(models.ExportRecord.from_dict({"request": {"export_type": kind}}).request, model)
    assert not [name for name in schemas if name.endswith("ExportRecord") and name != "ExportRecord"]


def test_5_the_pattern_of_field_names_has_an_anchor(schemas: Json) -> None:
    assert schemas["CatalogField"]["properties"]["name"]["pattern"] == "^[a-z0-9_]+$"


def test_6_values_of_catalog_items_match_one_branch_and_stay_what_they_are(schemas: Json) -> None:
    values = schemas["CatalogItemAttributes"]["additionalProperties"]
    assert "oneOf" not in values
    assert sorted(branch["type"] for branch in values["anyOf"]) == ["array", "boolean", "number", "string"]
    attributes = {"code": "20240101", "week": "2024-W01", "date(at)": "2026-03-01T00:00:00Z", "stock": 3, "in": True}
    edit = models.CatalogItemEdit.from_dict({"id": "1", "action": "add", "attributes": dict(attributes)})
    assert edit.attributes == attributes
    assert edit.to_dict()["attributes"] == attributes


def test_7_audiences_of_other_kinds(schemas: Json) -> None:
    assert schemas["Audience"]["properties"]["type"] == {
        "type": "string",
        "description": "Kind of id that the audience holds.",
    }
    assert models.Audience.from_dict({"type": "EMAIL"}).type_ == "EMAIL"
    assert models.Audience.from_dict({"type": "CUSTOM_ID"}).type_ == "CUSTOM_ID"


def test_8_a_204_has_no_body(operations: dict[str, Json]) -> None:
    assert "content" not in operations["campaign_delete"]["responses"]["204"]


def test_9_the_redirect_is_the_success_of_a_download() -> None:
    assert OPERATIONS["export_download"].success == (307,)


def test_10_the_declared_errors_have_no_holes(operations: dict[str, Json]) -> None:
    for name, operation in operations.items():
        declared = set(operation["responses"])
        assert {"400", "401", "429", "500", "503"} <= declared, name
        if name.startswith("campaign_"):
            assert "403" in declared
    for name in ("catalog_items_edit", "catalog_update", "audience_update", "profile_export", "orchestration_stats"):
        assert "404" in operations[name]["responses"]


def test_11_a_page_has_at_least_one_row(operations: dict[str, Json]) -> None:
    limits = [
        parameter["schema"]
        for operation in operations.values()
        for parameter in operation.get("parameters", [])
        if parameter["name"] == "limit"
    ]
    assert len(limits) >= 5
    assert {(limit["minimum"], limit["maximum"]) for limit in limits} == {(1, 100)}


def test_12_from_is_a_date_for_statistics_and_a_cursor_elsewhere() -> None:
    assert orchestrations.orchestration_stats.__annotations__["from_"] == "datetime.date"
    assert orchestrations.orchestration_list.__annotations__["from_"] == "str | Unset"
    assert segments.segment_list.__annotations__["from_"] == "str | Unset"


def test_13_dates_without_an_offset_stay_without_one() -> None:
    row = models.CampaignSummary.from_dict(
        {"created_date": "2026-01-02T03:04:05", "start_time": "2026-01-02T03:04:05Z"}
    )
    assert row.created_date is not None
    assert row.created_date.tzinfo is None
    assert row.start_time is not None
    assert row.start_time.tzinfo is not None
    assert row.to_dict() == {"created_date": "2026-01-02T03:04:05", "start_time": "2026-01-02T03:04:05Z"}


def test_14_every_operation_has_an_area(prepared: Prepared, operations: dict[str, Json]) -> None:
    assert {operation["tags"][0] for operation in operations.values()} == set(prepared.names.areas)
    assert "default" not in prepared.names.areas


def test_15_the_answer_to_a_new_campaign_is_one_model(operations: dict[str, Json]) -> None:
    for status in ("200", "201"):
        schema = operations["campaign_create"]["responses"][status]["content"]["application/json"]["schema"]
        assert schema == {"$ref": "#/components/schemas/CampaignCreated"}


def test_16_catalogs_and_audiences_have_their_own_states() -> None:
    assert set(get_args(get_args(models.CatalogIndexingState)[0])) == {"IN_PROGRESS", "APPLIED"}
    assert set(get_args(get_args(models.AudienceIndexingState)[0])) == {"IN_PROGRESS", "APPLIED", "REPLACED"}
    assert "bool" in get_args(get_args(models.CatalogFieldType)[0])
    assert models.Catalog.from_dict({"items": 1204}).items == 1204


def test_silent_the_project_is_no_argument(prepared: Prepared, operations: dict[str, Json]) -> None:
    for operation in operations.values():
        assert [entry for entry in operation.get("parameters", []) if entry["in"] not in ("query", "path")] == []
    assert "security" not in prepared.document
    assert "securitySchemes" not in prepared.document["components"]


def test_silent_five_indexing_tokens_are_one(schemas: Json, operations: dict[str, Json]) -> None:
    assert schemas["IndexingToken"]["properties"].keys() == {"indexing_token"}
    token = {"$ref": "#/components/schemas/IndexingToken"}
    names = ["audience_create", "audience_update", "audience_replace", "audience_remove", "catalog_items_edit"]
    for name in names:
        assert operations[name]["responses"]["202"]["content"]["application/json"]["schema"] == token


def test_silent_dates_are_written_with_z() -> None:
    text = "2026-02-03T04:05:06Z"
    assert models.ProfileEvent.from_dict({"name": "e", "time": text}).to_dict()["time"] == text
