"""The examples of the document go through the generated models, and come out as they went in."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest

from batch_api import models
from codegen.generate.pipeline import Prepared
from codegen.generate.views import module_of
from codegen.layout import HERE
from codegen.schema import target_of
from tests.codegen.conftest import prepared_from

Json = dict[str, Any]


def examples(document: Json) -> Iterator[tuple[str, str, Any]]:
    """Each example of a body whose schema has a name: where it is, the name, and the example."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            for part, holder in [("body", operation.get("requestBody", {})), *operation["responses"].items()]:
                for media in holder.get("content", {}).values():
                    yield from _of_media(f"{method.upper()} {path} {part}", media)


def _of_media(where: str, media: Json) -> Iterator[tuple[str, str, Any]]:
    schema = media.get("schema", {})
    found = [media["example"]] if "example" in media else []
    found += [one["value"] for one in media.get("examples", {}).values() if "value" in one]
    for value in found:
        if "$ref" in schema:
            yield where, target_of(schema), value
        elif "$ref" in schema.get("items", {}):
            yield from ((where, target_of(schema["items"]), each) for each in value)


def is_model(name: str) -> bool:
    """Whether it is a class or a union of classes, and no name for a plain dict."""
    return hasattr(getattr(models, name), "from_dict") or hasattr(_module(name), f"parse_{module_of(name)}")


def _module(name: str) -> Any:
    return import_module(f"batch_api._generated.cep.models.{module_of(name)}")


ALL = [one for one in examples(prepared_from(HERE).document) if is_model(one[1])]


def keys(value: Any) -> Any:
    """A value without its leaves: dates may be written in more than one way."""
    if isinstance(value, dict):
        return {key: keys(inner) for key, inner in value.items()}
    return [keys(inner) for inner in value] if isinstance(value, list) else None


def parsed(name: str, value: Any) -> Any:
    """The example as a model; of a union, by the function that finds its branch."""
    of_union = getattr(_module(name), f"parse_{module_of(name)}", None)
    return of_union(value) if of_union else getattr(models, name).from_dict(value)


@pytest.mark.parametrize(("where", "name", "value"), ALL, ids=[f"{where} {name}" for where, name, _ in ALL])
def test_an_example_goes_through_its_model(where: str, name: str, value: Any) -> None:
    made = parsed(name, value)
    sent = made.to_dict()
    assert keys(sent) == keys(value)
    assert parsed(name, sent) == made


def test_there_are_examples(prepared: Prepared) -> None:
    assert len(ALL) > 20
