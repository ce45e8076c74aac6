"""The page of the docs that shows a whole report, on a version that is made up: `python -m tests.codegen.example`."""

from __future__ import annotations

from typing import Any

from codegen import yamlfile
from codegen.diff import report
from codegen.document import sha256
from codegen.layout import HERE
from tests.codegen.variants import scrambled, varied
from tests.codegen.versions import new_version

PAGE = HERE.root / "docs" / "examples" / "spec-update.md"


def text(document: dict[str, Any]) -> str:
    """The report on the version after that of `document`."""
    return f"{report.write(HERE, document, varied(new_version(document), scrambled))}\n{stamp()}\n"


def stamp() -> str:
    """What the page is about."""
    return f"*On a made-up version after the document with the sha256 {sha256(HERE.document)[:12]}…*"


if __name__ == "__main__":
    PAGE.write_text(text(yamlfile.load_table(HERE.document)), encoding="utf-8")
