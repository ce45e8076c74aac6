"""From views to files, through the templates."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import Environment, StrictUndefined

from batch_api._operation import Condition, Dates, LimitFact, Operation
from codegen.api import Api
from codegen.document import Json, server, sha256
from codegen.generate import format as layout_of_code
from codegen.generate import generator
from codegen.generate.keys import keys_of
from codegen.generate.typed_dicts import TypedDicts
from codegen.generate.views import Alias, Area, Import, Model
from codegen.layout import Layout
from codegen.text import docstring, literal

_ROOT = '"""Written by `make generate`; never edited by hand."""\n'
_PACKAGE = '"""{}: {} as its document describes it. Generated."""\n'


class Inputs(NamedTuple):
    """What one run works from."""

    layout: Layout
    api: Api
    original: Json
    prepared: Json
    facts: dict[str, Operation]
    undocumented: Operation
    public: set[str]
    """The names that a person gave, in names.yaml: no other model is public."""
    models: list[Model]
    aliases: list[Alias]
    areas: list[Area]
    types: TypedDicts


def render(inputs: Inputs, environment: Environment, folder: Path) -> None:
    """Write all that codegen owns below `folder`, which is empty."""
    environment.undefined = StrictUndefined
    environment.globals.update(docstring=docstring, literal=literal, source=source)
    generated = folder / "batch_api" / "_generated"
    package = folder / inputs.layout.package
    (package / "models").mkdir(parents=True)
    (package / "endpoints").mkdir()
    _write(generated / "__init__.py", _ROOT)
    _write(package / "__init__.py", _PACKAGE.format(inputs.api.title, "low-level client"))
    _write(
        package / "endpoints" / "__init__.py",
        _PACKAGE.format(inputs.api.title, "one async function for each operation,"),
    )
    _write(package / "openapi.json", json.dumps(inputs.prepared, indent=1, ensure_ascii=True) + "\n")
    page = _Page(environment)
    page.write(package / "document.py", "document.py.jinja", **_origin(inputs))
    page.write(package / "registry.py", "registry.py.jinja", **_known(inputs))
    page.write(package / "keys.py", "keys.py.jinja", keys=keys_of(inputs.prepared))
    _models(inputs, page, package / "models", folder / inputs.layout.models)
    _types(inputs, page, folder / inputs.layout.types)
    for area in inputs.areas:
        page.write(package / "endpoints" / f"{area.name}.py", "endpoints.py.jinja", area=area)


class _Page(NamedTuple):
    environment: Environment

    def write(self, path: Path, template: str, **values: Any) -> None:
        _write(path, self.environment.get_template(template).render(**values))


def _models(inputs: Inputs, page: _Page, folder: Path, public: Path) -> None:
    for model in inputs.models:
        page.write(folder / f"{model.module}.py", "model.py.jinja", model=model)
    for alias in inputs.aliases:
        page.write(folder / f"{alias.module}.py", "alias.py.jinja", alias=alias)
    entries = sorted(Import(view.module, view.name) for views in (inputs.models, inputs.aliases) for view in views)
    public_entries = [entry for entry in entries if entry.name in inputs.public]
    page.write(
        folder / "__init__.py",
        "lazy.py.jinja",
        doc=f"The models of {_in_sentence(inputs.api.title)}. Each is imported when it is first asked for.",
        package="",
        public=False,
        entries=entries,
        names=[entry.name for entry in sorted(entries, key=lambda entry: entry.name)],
    )
    page.write(
        public,
        "lazy.py.jinja",
        doc=(
            f"The models of {_in_sentence(inputs.api.title)}, for those who prefer them to dicts. "
            "Each is imported when first asked for.\n\n"
            "`UNSET` marks a field of a request that is left out; `None` would be sent, and deletes."
        ),
        package=f"._generated.{inputs.layout.api}.models",
        public=True,
        entries=public_entries,
        names=["UNSET", *sorted([*(entry.name for entry in public_entries), "Unset"])],
    )


def _types(inputs: Inputs, page: _Page, public: Path) -> None:
    title = _in_sentence(inputs.api.title)
    page.write(
        public,
        "typed_dicts.py.jinja",
        doc=(
            f"The bodies of {title}, as types for plain dicts: a misspelt key or a wrong value is found by a type "
            "checker.\n\nThey have the names of the models, which may stand in their place."
        ),
        models=Path(inputs.layout.models).stem,
        names=[name for name in inputs.types.names if name in inputs.public],
        typed=inputs.types.typed(),
        named=inputs.types.named(),
    )


def _known(inputs: Inputs) -> dict[str, Any]:
    dates = inputs.api.dates
    return {
        "name": inputs.layout.api,
        "api": inputs.api,
        "operations": [operation._replace(dates=dates) for operation in inputs.facts.values()],
        "undocumented": inputs.undocumented._replace(dates=dates),
    }


def _origin(inputs: Inputs) -> dict[str, str]:
    url, version = server(inputs.original)
    return {
        "server_url": url,
        "version": version,
        "title": str(inputs.original["info"]["title"]),
        "document_sha256": sha256(inputs.layout.document),
        "overrides_sha256": overrides_sha256(inputs.layout.overrides, inputs.layout.templates, inputs.layout.rules),
        "generator": f"openapi-python-client {generator.VERSION}, ruff {layout_of_code.VERSION}",
    }


def overrides_sha256(*places: Path) -> str:
    """One sum over the names and contents of all files that bend the document."""
    total = hashlib.sha256()
    for place in places:
        files = [place] if place.is_file() else place.rglob("*")
        for path in sorted(path for path in files if path.is_file() and path.suffix != ".pyc"):
            total.update(f"{path.relative_to(place.parent).as_posix()}\n{sha256(path)}\n".encode())
    return total.hexdigest()


def _in_sentence(title: str) -> str:
    return title[:1].lower() + title[1:]


def source(value: object) -> str:
    """`value` as Python source. Of a named tuple the fields that differ from their defaults."""
    if isinstance(value, Operation | LimitFact | Condition | Dates):
        defaults = value._field_defaults
        given = {name: item for name, item in value._asdict().items() if name not in defaults or item != defaults[name]}
        return f"{type(value).__name__}({', '.join(f'{name}={source(item)}' for name, item in given.items())})"
    if isinstance(value, tuple):
        return f"({''.join(f'{source(item)}, ' for item in value)})"
    return literal(value)


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")
