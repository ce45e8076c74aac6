"""mypy and pyright find the planted slips, all but a few, and have nothing against correct calls."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parent.parent
AT_MOST_MISSED = 1
_SLIP = re.compile(r"# slip: (.+)")
_ERROR = re.compile(r"^tests/types/(\w+)\.py:(\d+): error:", re.MULTILINE)


def by_mypy(name: str) -> set[int]:
    command = [sys.executable, "-m", "mypy", f"tests/types/{name}.py"]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout
    assert "errors prevented further checking" not in said, said
    return {int(line) for file, line in _ERROR.findall(said) if file == name}


def by_pyright(name: str) -> set[int]:
    command = [sys.executable, "-m", "pyright", "--outputjson", f"tests/types/{name}.py"]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout
    found = json.loads(said)["generalDiagnostics"]
    return {one["range"]["start"]["line"] + 1 for one in found if one["severity"] == "error"}


CHECKERS = [by_mypy, by_pyright]


def slips() -> dict[int, str]:
    """What is planted, by the line of the comment that says so."""
    lines = (FOLDER / "slips.py").read_text().splitlines()
    return {number: found[1] for number, line in enumerate(lines, 1) if (found := _SLIP.search(line))}


@pytest.mark.parametrize("checker", CHECKERS)
def test_slips_are_found(checker: Callable[[str], set[int]]) -> None:
    planted = slips()
    assert len(planted) >= 16
    found = {max((start for start in planted if start < line), default=0) for line in checker("slips")}
    assert 0 not in found, "an error above the first slip"
    missed = [what for line, what in planted.items() if line not in found]
    assert len(missed) <= AT_MOST_MISSED, missed


@pytest.mark.parametrize("checker", CHECKERS)
def test_correct_calls_pass(checker: Callable[[str], set[int]]) -> None:
    assert checker("correct") == set()
