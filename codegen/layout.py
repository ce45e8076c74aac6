"""Where things are in the repository."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple


class _Names(NamedTuple):
    document: str
    models: str
    types: str


_APIS = {
    "cep": _Names("batch-api", "models", "types"),
    "mep": _Names("batch-mep-api", "app_models", "app_types"),
}
"""What the files of each API are called: its document, and the public modules of its models and of its typed dicts."""


def _files(api: str) -> _Names:
    return _APIS.get(api) or _Names(api, f"{api}_models", f"{api}_types")


class Layout(NamedTuple):
    """The folder that holds `openapi/`, `overrides/` and `batch_api/`, and the places of one API in it.

    `api` is the name of its folder in `overrides/` and of its package in `batch_api/_generated/`.
    """

    root: Path
    api: str = "cep"

    @property
    def document(self) -> Path:
        return self.root / "openapi" / f"{_files(self.api).document}.yaml"

    @property
    def lock(self) -> Path:
        return self.root / "openapi" / f"{_files(self.api).document}.lock.yaml"

    @property
    def overrides(self) -> Path:
        return self.root / "overrides" / self.api

    @property
    def description(self) -> Path:
        return self.overrides / "api.yaml"

    @property
    def repairs(self) -> Path:
        """What is done to the vendor's document before it is validated."""
        return self.overrides / "repairs.yaml"

    @property
    def names(self) -> Path:
        return self.overrides / "names.yaml"

    @property
    def facts(self) -> Path:
        return self.overrides / "operations.yaml"

    @property
    def allowances(self) -> tuple[Path, Path]:
        """What may be dropped from the document of any API, and from that of this one."""
        return self.rules, self.overrides / "audit-allow.yaml"

    @property
    def rules(self) -> Path:
        return self.root / "overrides" / "audit-allow.yaml"

    @property
    def overlays(self) -> list[Path]:
        """The overlay documents, in the order they are applied: by file name."""
        return sorted((self.overrides / "overlays").glob("*.yaml"))

    @property
    def templates(self) -> Path:
        """The templates, which all APIs share."""
        return self.root / "overrides" / "templates"

    @property
    def package(self) -> str:
        """The generated package, relative to the root."""
        return f"{_GENERATED}/{self.api}"

    @property
    def models(self) -> str:
        """The public module of the models, relative to the root."""
        return f"batch_api/{_files(self.api).models}.py"

    @property
    def types(self) -> str:
        """The public module of the typed dicts, relative to the root."""
        return f"batch_api/{_files(self.api).types}.py"

    def every_api(self) -> list[Layout]:
        """The layouts of all APIs in this folder."""
        return [self._replace(api=api) for api in _APIS]


GROUND = ("batch_api/_codec.py", "batch_api/_operation.py")
"""The modules that generated code imports: written by hand, and no generated package can do without them."""
_GENERATED = "batch_api/_generated"
HERE = Layout(Path(__file__).resolve().parent.parent)
APIS = tuple(_APIS)


def owned(layouts: Iterable[Layout]) -> tuple[str, ...]:
    """What codegen owns, relative to the root: the places it replaces as a whole when it writes these APIs."""
    public = [place for layout in layouts for place in (layout.models, layout.types)]
    return (_GENERATED, *public)
