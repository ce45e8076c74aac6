"""openapi-python-client, driven through its Python API: from the prepared document to its view of models and endpoints.

What we touch of the generator is imported here and in the modules that make views. It is pinned exactly: its Python API
is no promise.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from openapi_python_client import Project, strings
from openapi_python_client.config import Config, ConfigFile, MetaType
from openapi_python_client.parser import GeneratorData
from openapi_python_client.parser.errors import GeneratorError
from openapi_python_client.parser.openapi import Endpoint
from openapi_python_client.parser.properties import ModelProperty, Property, Schemas, build_schemas
from openapi_python_client.schema import OpenAPI

from codegen.document import Json
from codegen.errors import CodegenError
from codegen.schema import all_properties

VERSION = "0.29.1"
_TOOL = "openapi-python-client"
_RESERVED = {"to_dict", "from_dict", "additional_properties"}
_ARGUMENTS = {"sender", "body"}


class Parsed(NamedTuple):
    """What the generator made of the document."""

    models: dict[str, ModelProperty]
    """By class name, with their properties."""
    components: dict[str, Property]
    """What each component schema became, by its name; models without their properties."""
    endpoints: dict[str, Endpoint]
    """By the name of the operation."""
    project: Project
    """Holds the environment of the templates."""


def parse(document: Json, templates: Path) -> Parsed:
    """Parse, and refuse what the generator would only warn about, or silently drop."""
    check_version()
    config = _config()
    try:
        data = GeneratorData.from_dict(document, config=config)
        components = {} if isinstance(data, GeneratorError) else _components(document, config)
    except Exception as error:  # it does not foresee every document
        said = f"{type(error).__name__} {error}".splitlines()[0][:200]
        raise CodegenError(_TOOL, f"failed: {said}", "Repair the document with an overlay.") from None
    if isinstance(data, GeneratorError):
        raise CodegenError(_TOOL, f"{data.header}: {data.detail}", "Repair the document with an overlay.")
    _refuse_warnings(data)
    endpoints = [endpoint for group in data.endpoint_collections_by_tag.values() for endpoint in group.endpoints]
    _refuse_collisions(data, endpoints)
    parsed = Parsed(
        models={str(model.class_info.name): model for model in data.models},
        components=components,
        endpoints={str(endpoint.name): endpoint for endpoint in endpoints},
        project=Project(openapi=data, config=config, custom_template_path=templates),
    )
    _refuse_gaps(document, parsed)
    _refuse_reserved(parsed)
    return parsed


def check_version() -> None:
    if version("openapi-python-client") != VERSION:
        remedy = f"pip install openapi-python-client=={VERSION}"
        raise CodegenError(_TOOL, f"is {version('openapi-python-client')}, not {VERSION}", remedy)


def _config() -> Config:
    return Config.from_sources(
        ConfigFile(literal_enums=True, post_hooks=[]),
        meta_type=MetaType.NONE,
        document_source=Path(),
        file_encoding="utf-8",
        overwrite=False,
        output_path=Path(),
    )


def _components(document: Json, config: Config) -> dict[str, Property]:
    """What each component becomes: `GeneratorData` keeps classes only, and forgets what is a mere alias."""
    parsed = OpenAPI.model_validate(document)
    schemas = (parsed.components and parsed.components.schemas) or {}
    built = build_schemas(components=schemas, schemas=Schemas(), config=config)
    names = {name.get_untrusted_value() for name in schemas}
    table = {path.get_untrusted_value().rsplit("/", 1)[1]: prop for path, prop in built.classes_by_reference.items()}
    return {name: table[name] for name in sorted(names & table.keys())}


def _refuse_warnings(data: GeneratorData) -> None:
    groups = data.endpoint_collections_by_tag.values()
    warnings = [*data.errors, *(error for group in groups for error in group.parse_errors)]
    if warnings:
        texts = [f"{warning.header} {warning.detail or ''}".strip() for warning in warnings]
        raise CodegenError(_TOOL, "warned:\n  " + "\n  ".join(texts), "Fix this with an overlay or a name.")


def _refuse_collisions(data: GeneratorData, endpoints: list[Endpoint]) -> None:
    modules = Counter(str(entry.class_info.module_name) for entry in [*data.models, *data.enums])
    functions = Counter(str(endpoint.name) for endpoint in endpoints)
    for kind, counter in (("module", modules), ("operation", functions)):
        doubles = sorted(name for name, count in counter.items() if count > 1)
        if doubles:
            raise CodegenError(
                _TOOL,
                f"would write one {kind} over another: {', '.join(doubles)}",
                "Rename one in names.yaml.",
            )


def _refuse_gaps(document: Json, parsed: Parsed) -> None:
    """Every operation, schema and property of the document must be in what the generator has."""
    gaps = [*_lost_operations(document, parsed), *_lost_schemas(document["components"]["schemas"], parsed)]
    if gaps:
        lines = "\n  ".join(f"{what} ({where})" for what, where in gaps[:20])
        raise CodegenError(
            _TOOL,
            f"has lost the {lines}",
            "Repair the part that makes it fail with an overlay.",
        )


def _lost_operations(document: Json, parsed: Parsed) -> Iterator[tuple[str, str]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            name = operation["operationId"]
            if name not in parsed.endpoints:
                yield f"operation {name}", f"{method} {path}"
            else:
                yield from ((what, name) for what in _lost_parts(operation, parsed.endpoints[name]))


def _lost_parts(operation: Json, endpoint: Endpoint) -> Iterator[str]:
    made = {prop.name.get_untrusted_value() for _, prop in endpoint.iter_all_parameters()}
    for parameter in operation.get("parameters", []):
        if parameter["name"] not in made:
            yield f"parameter {parameter['name']}"
    if bool(endpoint.bodies) != ("requestBody" in operation):
        yield "request body"
    statuses = {response.status_code.pattern for response in endpoint.responses.patterns}
    yield from (f"answer {status}" for status in sorted(operation["responses"].keys() - {"default"} - statuses))


def _lost_schemas(schemas: Json, parsed: Parsed) -> Iterator[tuple[str, str]]:
    for name in schemas:
        if name not in parsed.components or strings.ClassName(name, "") != name:
            yield f"schema {name}", "components"
        model = parsed.models.get(name)
        made = {prop.name.get_untrusted_value() for prop in properties(model)} if model else set()
        yield from ((f"property {key}", name) for key in sorted(all_properties(name, schemas)) if key not in made)
    for name in parsed.models.keys() - schemas.keys():
        yield f"schema {name}", "it made a class of its own for a schema without a name"


def _refuse_reserved(parsed: Parsed) -> None:
    """A field must not hide a method, nor an argument another."""
    for name, model in parsed.models.items():
        for prop in properties(model):
            if prop.python_name in _RESERVED or not prop.python_name.isascii():
                raise CodegenError(
                    _TOOL,
                    f"{name} has a field {prop.python_name}, which is a reserved name",
                    "Remove it with an overlay.",
                )
    for name, endpoint in parsed.endpoints.items():
        for prop in [*endpoint.path_parameters, *endpoint.query_parameters]:
            if prop.python_name in _ARGUMENTS or not prop.python_name.isascii():
                raise CodegenError(
                    _TOOL,
                    f"{name} has a parameter {prop.python_name}, which is a reserved name",
                    "Repair it with an overlay.",
                )


def properties(model: ModelProperty) -> list[Property]:
    """The properties of a model, in the order of the document, that is of their names."""
    return [*(model.required_properties or []), *(model.optional_properties or [])]
