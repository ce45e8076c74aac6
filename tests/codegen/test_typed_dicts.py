"""Types of bodies, and the keys that bodies may have: all that the document says of them, and no more."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from pprint import pformat
from typing import Any

import orjson
import pytest

from batch_api import app_models, app_types, models, types
from batch_api._generated.cep.keys import KEYS
from batch_api._generated.mep.keys import KEYS as APP_KEYS
from codegen.api import load
from codegen.generate.describe import Descriptions
from codegen.generate.keys import keys_of
from codegen.generate.models import sent
from codegen.generate.typed_dicts import TypedDicts
from codegen.layout import HERE
from codegen.schema import all_properties

ROOT = Path(__file__).resolve().parents[2]
APIS: dict[str, tuple[Any, Any, Any]] = {
    "cep": (types, models, KEYS),
    "mep": (app_types, app_models, APP_KEYS),
}


def document_of(api: str) -> dict[str, Any]:
    read: dict[str, Any] = orjson.loads((ROOT / "batch_api" / "_generated" / api / "openapi.json").read_bytes())
    return read


def keys_in(typed: Any) -> set[str]:
    return set(getattr(typed, "__annotations__", ()))


@pytest.mark.parametrize("api", APIS)
def test_every_body_has_a_type_with_the_keys_of_the_document(api: str) -> None:
    module, _, _ = APIS[api]
    document = document_of(api)
    schemas = document["components"]["schemas"]
    assert sent(document) <= set(module.__all__)
    for name in sent(document):
        free = isinstance(schemas[name].get("additionalProperties"), dict)
        if all_properties(name, schemas) and not free:
            assert keys_in(getattr(module, name)) == set(all_properties(name, schemas)), name
            # What must be there is told from what may be, as `NotRequired` says.
            hints = getattr(module, name).__annotations__
            optional = {key for key, hint in hints.items() if "NotRequired[" in str(hint)}
            assert set(hints) - optional == set(schemas[name].get("required", ())), name


@pytest.mark.parametrize("api", APIS)
def test_the_types_have_the_names_of_the_models(api: str) -> None:
    module, those, _ = APIS[api]
    assert set(module.__all__) <= set(those.__all__)


@pytest.mark.parametrize("api", APIS)
def test_known_keys_are_those_of_the_types_and_some_objects_are_open(api: str) -> None:
    module, _, known = APIS[api]
    schemas = document_of(api)["components"]["schemas"]
    for name, keys in known.items():
        assert keys.is_open == bool(schemas[name].get("additionalProperties")), name
        assert keys.names == set(all_properties(name, schemas))
        assert keys.is_open or keys.names == keys_in(getattr(module, name)), name
        assert keys.inside.keys() <= keys.names
    assert {keys.is_open for keys in known.values()} == {True, False}


def test_marks_and_unions_are_found() -> None:
    schemas = {
        "Mail": {"type": "object", "properties": {"kind": {"const": "mail"}, "to": {"type": "string"}}},
        "Push": {"type": "object", "properties": {"kind": {"const": "push"}}, "additionalProperties": True},
        "Either": {"oneOf": [{"$ref": "#/components/schemas/Mail"}, {"$ref": "#/components/schemas/Push"}]},
        "Body": {
            "type": "object",
            "properties": {"messages": {"type": "array", "items": {"$ref": "#/components/schemas/Either"}}},
        },
    }
    found = keys_of(_document(schemas))
    assert {name: keys.is_open for name, keys in found.items()} == {"Body": False, "Mail": False, "Push": True}
    assert found["Body"].inside == {"messages": ("Mail", "Push")}
    assert found["Mail"].mark == ("kind", "mail")


def test_what_is_part_of_itself_is_written_as_text() -> None:
    schemas: dict[str, Any] = {
        "Tree": {"type": "object", "additionalProperties": {"$ref": "#/components/schemas/Leaf"}},
        "Leaf": {"anyOf": [{"$ref": "#/components/schemas/Tree"}, {"type": "string"}]},
        "Body": {
            "type": "object",
            "required": ["tree"],
            "properties": {
                "tree": {"$ref": "#/components/schemas/Tree"},
                "from": {"type": "string", "deprecated": True},
                "kinds": {"type": "array", "items": {"enum": ["a", "b"], "type": "string"}},
            },
        },
    }
    document = _document(schemas)
    made = TypedDicts(document, load(HERE.description, _vendors()), Descriptions(schemas, {}), schemas)
    named = {entry.name: entry.type for entry in made.named()}
    assert named == {"Leaf": '"Tree | str"', "Tree": '"Mapping[str, Leaf]"'}
    (body,) = made.typed()
    assert [(entry.key, entry.type) for entry in body.entries] == [
        ("tree", "Tree"),
        ("kinds", "NotRequired[ListOf[Literal['a', 'b']]]"),
    ]
    assert [(entry.key, entry.type, entry.doc) for entry in body.odd] == [
        ("from", "NotRequired[str | datetime]", "Deprecated.")
    ]


@pytest.mark.slow
@pytest.mark.parametrize("api", APIS)
def test_the_examples_of_the_document_pass_a_type_checker(api: str, tmp_path: Path) -> None:
    module, _, _ = APIS[api]
    lines = ["from __future__ import annotations", f"from {module.__name__} import *"]
    for path, item in document_of(api)["paths"].items():
        for method, operation in item.items():
            for media in operation.get("requestBody", {}).get("content", {}).values():
                schema = media["schema"]
                inner = schema.get("items", schema)
                if "$ref" in inner:
                    name = inner["$ref"].rsplit("/", 1)[1]
                    values = [example["value"] for example in media.get("examples", {}).values()]
                    values += [media["example"]] if "example" in media else []
                    hint = f"list[{name}]" if "items" in schema else name
                    for value in values:
                        lines.append(f"body_{len(lines)}: {hint} = {pformat(value, width=100)}  # {method} {path}")
    assert len(lines) > 10
    page = tmp_path / "examples_of_bodies.py"
    page.write_text("\n".join(lines) + "\n")
    command = [sys.executable, "-m", "mypy", "--cache-dir", str(ROOT / ".mypy_cache"), str(page)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def _document(schemas: dict[str, Any]) -> dict[str, Any]:
    body = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Body"}}}}
    return {"paths": {"/x": {"post": {"requestBody": body}}}, "components": {"schemas": schemas}}


def _vendors() -> dict[str, Any]:
    """As much of a document as says how the key is sent."""
    return {
        "paths": {},
        "servers": [{"url": "https://api.batch.com/2.11"}],
        "security": [{"key": []}],
        "components": {"securitySchemes": {"key": {"type": "http", "scheme": "bearer"}}},
    }
