"""placeholder"""

from __future__ import annotations
from pathlib import Path
from .document import Json


def check(document: Json, dropped: list[tuple[str, str]], path: Path) -> None: ...
