"""What names.yaml cannot find any more is looked for, and proposed."""

from __future__ import annotations

import copy
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from codegen.errors import CodegenError
from codegen.generate import pipeline
from codegen.layout import HERE, Layout
from tests.codegen.conftest import prepared_from

Json = dict[str, Any]


@pytest.fixture
def stopped(with_document: Callable[[Json], Layout]) -> Callable[[Json], str]:
    """The message of a run on a document, which knows what the last one made."""

    def run(document: Json) -> str:
        layout = with_document(document)
        written = Path("batch_api/_generated/cep/openapi.json")
        (layout.root / written).parent.mkdir(parents=True)
        shutil.copyfile(HERE.root / written, layout.root / written)
        with pytest.raises(CodegenError) as caught:
            prepared_from(layout)
        return str(caught.value)

    return run


def test_a_schema_that_moved_is_found_by_its_properties(original: Json, stopped: Callable[[Json], str]) -> None:
    document = copy.deepcopy(original)
    properties = document["components"]["schemas"]["campaign"]["properties"]
    properties["schedule"] = properties.pop("when")
    message = stopped(document)
    assert "Campaign.when is not in the document\n" in message
    assert "are at `Campaign.schedule` now: CampaignSchedule: ['Campaign.schedule']" in message


def test_an_operation_that_moved_takes_its_schemas_with_it(original: Json, stopped: Callable[[Json], str]) -> None:
    document = copy.deepcopy(original)
    document["paths"]["/catalogs/delete"] = document["paths"].pop("/catalogs/remove")
    message = stopped(document)
    assert "POST /catalogs/remove is not in the document\n  perhaps `POST /catalogs/delete` now" in message
    assert "POST /catalogs/remove body is not in the document\n  goes with POST /catalogs/remove" in message


def test_what_is_gone_without_a_trace_is_named_all_the_same(original: Json, stopped: Callable[[Json], str]) -> None:
    document = copy.deepcopy(original)
    del document["components"]["schemas"]["campaign"]["properties"]["when"]
    message = stopped(document)
    assert "names.yaml:" in message
    assert "Campaign.when" in message
    assert " now: " not in message


def test_a_new_name_never_takes_one_that_is_ours(
    original: Json, with_document: Callable[[Json], Layout], tmp_path: Path
) -> None:
    document = copy.deepcopy(original)
    document["paths"]["/audience/create"] = {"post": {"responses": {"204": {"description": "Done."}}}}
    notes = pipeline.build(with_document(document), tmp_path)
    assert [note.rsplit("named ", 1)[1] for note in notes] == ["post_audience_create in area others"]


def test_an_answer_that_lost_its_body_is_told(original: Json, stopped: Callable[[Json], str]) -> None:
    document = copy.deepcopy(original)
    document["paths"]["/campaigns/delete"]["post"]["responses"]["204"] = {"description": "Done."}
    assert "2XX is not in the document\n  This response no longer has a body: remove the line." in stopped(document)


def test_a_repair_that_is_no_longer_needed_says_what_it_was_for(original: Json, stopped: Callable[[Json], str]) -> None:
    document = copy.deepcopy(original)
    del document["components"]["schemas"]["oneAudience"]["properties"]["type"]["enum"]
    message = stopped(document)
    assert "Audience.properties.type.const): matches nothing" in message
    assert "If the vendor repaired the defect, remove the action" in message
    assert "Quirk 7 (PROVENANCE): `CUSTOM_ID` is not the only kind" in message
