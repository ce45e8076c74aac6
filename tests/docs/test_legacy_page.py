"""The page on the legacy API has a row for each of its operations."""

from __future__ import annotations

import re

from batch_api._generated.mep.registry import OPERATIONS
from tests.docs.blocks import ROOT

_ROW = re.compile(r"^\| `([A-Z]+) (/1\.\S+)` \| ([^|]+) \|", re.MULTILINE)


def test_every_old_call_has_its_row() -> None:
    rows = _ROW.findall((ROOT / "docs" / "legacy.md").read_text())
    routes = [(method, path) for method, path, _ in rows]
    assert len(routes) == len(set(routes)) == 40
    assert set(routes) == {(operation.method, operation.path) for operation in OPERATIONS.values()}
