"""The list of mutants speaks of the code as it is. Whether tests kill them: `python -m tests.mutants`."""

from __future__ import annotations

import pytest

from tests.mutants import ENGINE, MUTANTS, ROOT, Mutant


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.rule)
def test_the_line_is_there_and_would_change(mutant: Mutant) -> None:
    assert mutant.line in (ROOT / ENGINE / mutant.file).read_text()
    assert mutant.line != mutant.becomes
