"""What can be reached in the vendor's document can be reached in ours, and in the code; what cannot has a reason."""

from __future__ import annotations

import contextlib
import copy
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from codegen.errors import CodegenError
from codegen.generate import audit, complete, written
from codegen.generate.pipeline import Prepared
from codegen.layout import HERE, Layout
from tests.codegen.conftest import prepared_from
from tests.codegen.variants import scrambled, varied

Json = dict[str, Any]


def test_what_is_dropped_is_what_is_allowed(prepared: Prepared) -> None:
    dropped = set(complete.lost(prepared.original, prepared.document))
    assert {kind for kind, _ in dropped} == {"parameter", "value"}
    assert {where.rsplit(" ", 1)[1] for kind, where in dropped if kind == "parameter"} == {"?X-Batch-Project"}
    assert ("value", "Audience.type: CUSTOM_ID") in dropped


def test_it_makes_no_difference_how_it_is_written(original: Json, prepared: Prepared) -> None:
    found = complete.lost(varied(original, scrambled), prepared.document)
    # Half of the components are written out where they were used, and left over.
    assert {one for one in found if one[0] != "unused schema"} == set(complete.lost(original, prepared.document))


@contextlib.contextmanager
def without(document: Json, *path: str) -> Iterator[None]:
    """`document`, for the time being, without what is at `path`."""
    value = document
    for key in path[:-1]:
        value = value[key]
    taken = value.pop(path[-1])
    yield
    value[path[-1]] = taken


def everything(document: Json) -> Iterator[tuple[tuple[str, ...], str]]:
    """Every operation, parameter, answer, property and value, as its path and what must be said if it is gone."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            key = f"{method.upper()} {path}"
            yield ("paths", path, method), f"operation {key}"
            yield from ((("paths", path, method, "responses", s), f"answer {key} {s}") for s in operation["responses"])
    for name, schema in document["components"]["schemas"].items():
        for key in schema.get("properties", {}):
            yield ("components", "schemas", name, "properties", key), f".{key}"


def test_whatever_is_taken_away_is_missed(prepared: Prepared) -> None:
    # Against itself nothing is lost; without any one part, exactly that part is.
    ours = copy.deepcopy(prepared.document)
    assert list(complete.lost(prepared.document, ours)) == []
    for path, said in list(everything(prepared.document))[::7]:
        with without(ours, *path):
            found = list(complete.lost(prepared.document, ours))
        # What tells two branches of a union apart is missed by its value.
        assert any(kind == "value" or f"{kind} {where}".endswith(said) for kind, where in found), path


def test_a_value_that_is_taken_away_is_missed(prepared: Prepared) -> None:
    ours = copy.deepcopy(prepared.document)
    for schema in ours["components"]["schemas"].values():
        for value in list(schema.get("enum", ())):
            schema["enum"].remove(value)
            found = list(complete.lost(prepared.document, ours))
            schema["enum"].append(value)
            assert [where.endswith(f": {value}") for kind, where in found if kind == "value"] != []


def test_an_overlay_that_removes_too_much_stops_the_build(inputs: Layout) -> None:
    (inputs.overrides / "overlays" / "90-test.yaml").write_text(
        "overlay: 1.0.0\nactions:\n"
        "- {target: $.components.schemas.Segment.properties.display_name, description: T, remove: true}\n"
    )
    with pytest.raises(CodegenError, match=r"property at Segment\.display_name: is not carried over"):
        prepared_from(inputs)


def test_a_schema_that_nothing_uses_is_told(original: Json, with_document: Callable[[Json], Layout]) -> None:
    document = copy.deepcopy(original)
    document["components"]["schemas"]["Coming"] = {"type": "object", "properties": {"soon": {"type": "boolean"}}}
    (note,) = prepared_from(with_document(document)).notes
    assert note.startswith("unused schema: No operation takes or gives it.")
    assert note.endswith(" Coming")


def test_the_code_has_everything(tree: Path, prepared: Prepared) -> None:
    written.check(tree / HERE.package, prepared.document)


@pytest.mark.parametrize(
    ("file", "old", "new", "lacks"),
    [
        ("registry.py", "SEGMENT_LIST = ", "SEGMENTS = ", "operation segment_list (GET /segments/list)"),
        ("endpoints/segments.py", "async def segment_list", "async def other", "operation segment_list"),
        ("endpoints/segments.py", '"limit"', '"limits"', "parameter limit of segment_list"),
        ("models/segment.py", "class Segment", "class Other", "schema Segment"),
        ("models/segment.py", '"display_name"', '"other"', "property Segment.display_name"),
        ("models/export_status.py", '"PENDING", ', "", "value 'PENDING' of ExportStatus"),
        ("models/email_message.py", '"email"', '"mail"', "value 'email' of EmailMessage"),
    ],
)
def test_what_a_template_leaves_out_is_missed(
    tree: Path, prepared: Prepared, tmp_path: Path, file: str, old: str, new: str, lacks: str
) -> None:
    package = shutil.copytree(tree / HERE.package, tmp_path / "cep")
    text = (package / file).read_text()
    assert old in text
    (package / file).write_text(text.replace(old, new))
    with pytest.raises(CodegenError) as caught:
        written.check(package, prepared.document)
    assert lacks in str(caught.value)


def test_an_allowance_may_hold_for_all_places_that_end_alike() -> None:
    entry = audit.Allowance("parameter", "* ?X-Batch-Project", "Why.")
    assert entry.covers(audit.Finding("parameter", "GET /segments/list ?X-Batch-Project"))
    assert not entry.covers(audit.Finding("parameter", "GET /segments/list ?limit"))
    assert not entry.covers(audit.Finding("property", "GET /segments/list ?X-Batch-Project"))
