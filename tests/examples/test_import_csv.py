"""The import that the guide of the command line shows, with fewer lines."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from examples import import_csv


@pytest.mark.skipif(sys.platform == "win32", reason="there are no terminals of this kind")
def test_broken_lines_are_told_repaired_and_imported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert import_csv.main(["--lines", "3000", "--folder", str(tmp_path)]) == 0
    shown = capsys.readouterr().out
    assert "3,000 lines of purchases.csv" in shown
    assert "100 % 3,000 done" in shown, "the bar, as it was on the terminal"
    assert "of the limit" in shown
    assert "20   correct them in purchases.dead-letter.csv, and import that file" in shown
    assert "20 lines of purchases.dead-letter.csv" in shown
    assert shown.count('\n"line ') == import_csv.BROKEN
    assert "\x1b" not in shown
