"""Variants of the document, as the vendor might write it: `python -m tests.codegen.variants FOLDER` writes two.

`scrambled.yaml` says the same with other operationIds, other schema names, other arrangement and order.
`next.yaml` is a new version on top of that.
"""

from __future__ import annotations

import copy
import json
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from codegen import yamlfile
from codegen.layout import HERE
from codegen.schema import children

Json = dict[str, Any]
VENDOR = """
    BulkEditProfile BulkMassUpdateProfile EditProfile ExportAttributeRequest oneAudience oneSegment field field_type
    field_action catalog attributes EmptyResponse Error campaign campaign_update when targeting Campaign
    CampaignRecurringAndWarmupStats StatsDetails StatsPlatform PushCampaignDetails request scope status
""".split()  # noqa: SIM905


class Scrambler:
    """Says the same as a document in other words."""

    def __init__(self, document: Json, seed: int, keep: tuple[str, ...]) -> None:
        self.document = copy.deepcopy(document)
        self.random = random.Random(seed)
        self.keep = keep

    def run(self) -> Json:
        for path, item in self.document["paths"].items():
            for method, operation in item.items():
                operation["operationId"] = f"op{self.random.randrange(10**9)}{method}"
                operation["tags"] = [f"tag {path[1:4]}"]
            item["parameters"] = [operation["parameters"].pop(0)]  # the header, for the path as a whole
        self.inline()
        self.hoist()
        self.rename()
        shuffled: Json = self.shuffle(self.document)
        return shuffled

    def inline(self) -> None:
        """Write out half of what is referred to."""
        for holder in self.places():
            for key, value in list(holder.items()) if isinstance(holder, dict) else list(enumerate(holder)):
                if isinstance(value, dict) and isinstance(value.get("$ref"), str) and self.random.random() < 0.5:
                    target = self.target(value["$ref"])
                    if not any(name in value["$ref"] for name in ("EventObject", "EventAttributeValue")):
                        holder[key] = {**copy.deepcopy(target), **{k: v for k, v in value.items() if k != "$ref"}}

    def hoist(self) -> None:
        """Move half of what is written in place to components of its own."""
        found = self.document["components"]["schemas"]
        for number, (holder, key) in enumerate(list(self.schemas())):
            schema = holder[key]
            if isinstance(schema, dict) and "$ref" not in schema and self.random.random() < 0.5:
                found[f"hoisted{number}"] = schema
                holder[key] = {"$ref": f"#/components/schemas/hoisted{number}"}

    def rename(self) -> None:
        """Other names for all components but those in `keep`."""
        new: dict[str, str] = {}
        for section, table in self.document["components"].items():
            for name in list(table):
                if section == "schemas" and name in self.keep:
                    continue
                new[f"#/components/{section}/{name}"] = other = f"Zz{self.random.randrange(10**9)}"
                table[other] = table.pop(name)
                new[f"#/components/{section}/{name}"] = f"#/components/{section}/{other}"
        schemes = {old.rsplit("/", 1)[1]: ref.rsplit("/", 1)[1] for old, ref in new.items() if "securitySchemes" in old}
        self.document["security"] = [{schemes[name]: []} for entry in self.document["security"] for name in entry]
        for holder in self.places():
            for value in holder.values() if isinstance(holder, dict) else holder:
                if isinstance(value, dict) and isinstance(value.get("$ref"), str):
                    value["$ref"] = new.get(value["$ref"], value["$ref"])

    def shuffle(self, value: Any) -> Any:
        if isinstance(value, dict):
            keys = list(value)
            self.random.shuffle(keys)
            return {key: self.shuffle(value[key]) for key in keys}
        return [self.shuffle(item) for item in value] if isinstance(value, list) else value

    def target(self, reference: str) -> Any:
        value: Any = self.document
        for part in reference.split("/")[1:]:
            value = value[part]
        return value

    def places(self) -> Iterator[Any]:
        """Every mapping and list that may hold a reference; samples hold none."""
        waiting: list[Any] = [self.document]
        while waiting:
            value = waiting.pop()
            yield value
            for key, child in list(value.items()) if isinstance(value, dict) else list(enumerate(value)):
                if isinstance(child, (dict, list)) and key not in ("example", "examples"):
                    waiting.append(child)

    def schemas(self) -> Iterator[tuple[Any, Any]]:
        """Every place of a schema, as what holds it and the key."""
        for holder in list(self.places()):
            if isinstance(holder, dict) and isinstance(holder.get("schema"), dict):
                yield from self.below(holder, "schema")
        for name in list(self.document["components"]["schemas"]):
            for keyword, key, schema in self.inside(self.document["components"]["schemas"][name]):
                yield (schema, keyword) if key is None else (schema[keyword], key)

    def below(self, holder: Any, key: Any) -> Iterator[tuple[Any, Any]]:
        for keyword, inner, schema in self.inside(holder[key]):
            yield (schema, keyword) if inner is None else (schema[keyword], inner)
        yield holder, key

    def inside(self, schema: Json) -> Iterator[tuple[str, Any, Json]]:
        for (keyword, key), child in children(schema):
            if isinstance(child, dict):
                yield from self.inside(child)
                yield keyword, key, schema


def new_version(document: Json) -> Json:
    """A later version: a new operation, field and enum value, a changed limit in prose, one field removed."""
    document = copy.deepcopy(document)
    document["info"]["version"] = "2.13"
    schemas, paths = document["components"]["schemas"], document["paths"]
    segment = {"type": "object", "properties": {"name": {"type": "string"}, "size": {"type": "integer"}}}
    answer = {"description": "One segment.", "content": {"application/json": {"schema": segment}}}
    name = {"name": "name", "in": "query", "required": True, "schema": {"type": "string"}}
    project = paths["/segments/list"]["get"]["parameters"][0]
    paths["/segments/view"] = {
        "get": {"operationId": "segment_view", "parameters": [project, name], "responses": {"200": answer}}
    }
    schemas["oneSegment"]["properties"]["created_by"] = {"type": "string", "description": "Who made it."}
    del schemas["oneAudience"]["properties"]["display_name"]
    schemas["status"]["enum"].append("EXPIRED")
    update = paths["/profiles/update"]["post"]
    update["description"] = str(update.get("description", "")).replace("300", "500")
    return document


def main(folder: Path) -> None:
    document = yamlfile.load_table(HERE.document)
    folder.mkdir(parents=True, exist_ok=True)
    for name, source in (("scrambled", document), ("next", new_version(document))):
        variant = Scrambler(source, 1, tuple(VENDOR)).run()
        (folder / f"{name}.yaml").write_text(json.dumps(variant, indent=1), encoding="utf-8")  # JSON is YAML


if __name__ == "__main__":
    main(Path(sys.argv[1]))
