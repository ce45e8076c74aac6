"""Where things are in the repository."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple


class Layout(NamedTuple):
    """The folder that holds `openapi/`, `overrides/` and `batch_api/`, and the places in it."""

    root: Path

    @property
    def document(self) -> Path:
        return self.root / "openapi" / "batch-api.yaml"

    @property
    def lock(self) -> Path:
        return self.root / "openapi" / "batch-api.lock.yaml"

    @property
    def overrides(self) -> Path:
        return self.root / "overrides"

    @property
    def names(self) -> Path:
        return self.overrides / "names.yaml"

    @property
    def facts(self) -> Path:
        return self.overrides / "operations.yaml"

    @property
    def allowances(self) -> Path:
        return self.overrides / "audit-allow.yaml"

    @property
    def templates(self) -> Path:
        return self.overrides / "templates"

    @property
    def overlays(self) -> list[Path]:
        """The overlay documents, in the order they are applied: by file name."""
        return sorted((self.overrides / "overlays").glob("*.yaml"))


HERE = Layout(Path(__file__).resolve().parent.parent)
GENERATED = ("batch_api/_generated", "batch_api/models.py")
"""What codegen owns: the places it replaces as a whole, relative to the root."""
