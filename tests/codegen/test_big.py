"""Big, deep and circular documents end, in code or in a clear error. `python -m tests.codegen.big` has bigger ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.codegen import big, fuzz


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("big")
    fuzz.scratch(folder)
    return folder


@pytest.mark.parametrize(
    ("make", "ends"),
    [
        (big.unused, "code"),
        (big.flat, "code"),
        (big.chain, "code"),
        (big.diamonds, "code"),
        (big.inherited, "refused: "),
        (big.unions, "refused: "),
        (big.ring, "refused: "),
        (big.deep, "refused: "),
        (big.wide, "code"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_size_is_no_danger(make: object, ends: str, root: Path) -> None:
    # Each way through 60 of these is one of 2 to the power of 60.
    assert callable(make)
    assert big.outcome(make, 60, root).startswith(ends)
