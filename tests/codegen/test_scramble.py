"""The vendor's own document has other names and another arrangement than ours: the code must be the same."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from codegen import pipeline
from codegen.layout import Layout
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


@pytest.mark.parametrize(("seed", "keep"), [(1, tuple(VENDOR)), (2, ())])
def test_other_names_and_another_arrangement_give_the_same_code(
    seed: int,
    keep: tuple[str, ...],
    original: Json,
    with_document: Callable[[Json], Layout],
    tree: Path,
    tmp_path: Path,
) -> None:
    scrambled = Scrambler(original, seed, keep).run()
    assert sorted(scrambled["components"]["schemas"]) != sorted(original["components"]["schemas"])

    notes = pipeline.build(with_document(scrambled), tmp_path)

    assert notes == []
    differences = [line for line in pipeline.compare(tree, tmp_path) if line[0] in "+-" and "SHA256" not in line]
    assert [line for line in differences if not line.endswith("cep/document.py")] == []
