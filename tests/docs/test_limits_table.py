"""The tables of limits say what the registry says."""

from __future__ import annotations

import pytest

from batch_api import BatchClient
from batch_api._generated.cep.registry import OPERATIONS
from tests.docs import limits_table
from tests.docs.blocks import ROOT


@pytest.mark.parametrize(
    ("page", "rows"), [("README.md", limits_table.short()), ("docs/guides/limits.md", limits_table.full())]
)
def test_the_tables_are_those_of_the_registry(page: str, rows: list[str]) -> None:
    """If not: put in what `python -m tests.docs.limits_table` prints."""
    written = [line for line in (ROOT / page).read_text().splitlines() if line.startswith("|")]
    assert rows[0] in written
    start = written.index(rows[0])
    assert written[start : start + len(rows)] == rows


def test_every_call_in_the_table_is_a_method() -> None:
    client = BatchClient("key", "project_docs")
    assert limits_table.METHODS.keys() == OPERATIONS.keys()
    for name in limits_table.METHODS.values():
        area, _, method = name.partition(".")
        assert callable(getattr(getattr(client, area), method))
