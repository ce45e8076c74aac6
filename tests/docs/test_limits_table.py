"""The tables of limits say what the registry says."""

from __future__ import annotations

import pytest

from batch_api import BatchClient
from batch_api._generated.cep.registry import OPERATIONS
from tests.docs import limits_table
from tests.docs.blocks import ROOT


@pytest.mark.parametrize("page", limits_table.PAGES)
def test_the_tables_are_those_of_the_registry(page: str) -> None:
    """If not: `python -m tests.docs.limits_table` writes them."""
    text = (ROOT / page).read_text()
    assert limits_table.put_in(text, limits_table.PAGES[page]()) == text


def test_a_table_takes_the_place_of_the_old_one() -> None:
    text = "before\n| Call |\n| --- |\n| old |\n\n| other |\nafter"
    assert limits_table.put_in(text, ["| Call |", "| --- |", "| new |"]) == text.replace("old", "new")


def test_every_call_in_the_table_is_a_method() -> None:
    client = BatchClient("key", "project_docs")
    assert limits_table.METHODS.keys() <= OPERATIONS.keys()
    assert len(limits_table.METHODS) > 20
    for name in limits_table.METHODS.values():
        area, _, method = name.partition(".")
        assert callable(getattr(getattr(client, area), method))
