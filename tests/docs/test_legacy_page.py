"""The page on the legacy API has a row for each of its operations."""

from __future__ import annotations

import re
from operator import attrgetter

from batch_api import BatchAppClient, BatchClient
from batch_api._generated.mep.registry import OPERATIONS
from tests.docs.blocks import ROOT

_ROW = re.compile(r"^\| `([A-Z]+) (/1\.\S+)` \| `([\w.]+)` \| ([^|]+) \|", re.MULTILINE)
_METHOD = re.compile(r"`(\w+\.\w+)[^`]*`")


def test_every_old_call_has_its_row() -> None:
    rows = _ROW.findall((ROOT / "docs" / "legacy.md").read_text())
    routes = [(method, path) for method, path, _, _ in rows]
    assert len(routes) == len(set(routes)) == 40
    assert set(routes) == {(operation.method, operation.path) for operation in OPERATIONS.values()}


def test_the_methods_that_it_names_are_there() -> None:
    rows = _ROW.findall((ROOT / "docs" / "legacy.md").read_text())
    old, new = BatchAppClient("rest", "app"), BatchClient("rest", "project")
    for _, _, method, instead in rows:
        assert callable(attrgetter(method)(old))
        for other in _METHOD.findall(instead):
            assert callable(attrgetter(other)(new))
