"""What is public is recorded, and may go only where the changelog says so."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import batch_api
from tools import ratchet
from tools.surface import surface

INIT = """
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from batch_api.client import Client, Outcome

__all__ = ["Client", "Outcome"]

if not TYPE_CHECKING:
    def __getattr__(name):
        return getattr(import_module("batch_api.client"), name)
"""
CLIENT = """
from __future__ import annotations

from typing import Literal, TypedDict, Unpack

from batch_api.parts import Part, _Base

Outcome = Literal["taken", "refused"] | None
Kind = Literal["a", "b"]


class Common(TypedDict, total=False):
    retries: int


class Settings(Common, total=False):
    share: float


class Hidden:
    name: str


class Client(_Base):
    timeout: float = 30.0

    def __init__(self, key: str, **settings: Unpack[Settings]) -> None:
        self.key = key
        self._secret = key

    async def call(self, name: str, *, body: object = None, kind: Kind = "a") -> Hidden: ...

    @property
    def part(self) -> Part: ...

    async def __aenter__(self) -> Client: ...

    def _private(self) -> None: ...
"""
PARTS = """
class _Base:
    def close(self) -> None: ...


class Part:
    def __init__(self, engine: object) -> None: ...

    def list(self, size: int = 100) -> list[str]: ...
"""
MODELS = """
from attrs import define

__all__ = ["Model"]


@define(kw_only=True)
class Model:
    name: str
    size: int | None = None
"""
CHANGELOG = (
    "# Changelog\n\n## [Unreleased]\n\n### Added\n\n- `Client.call`\n\n## [0.1.0]\n\n### Removed\n\n- `Client.close`\n"
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project of its own, with its snapshot."""
    files = {"__init__": INIT, "client": CLIENT, "parts": PARTS, "models": MODELS}
    for name, text in files.items():
        put(tmp_path / "batch_api" / f"{name}.py", text)
    put(tmp_path / "docs" / "reference" / "all.md", "::: batch_api.client.Client\n\n::: batch_api.parts.Part\n")
    put(tmp_path / "CHANGELOG.md", CHANGELOG)
    put(tmp_path / "tools" / "public-api.txt", "")
    assert ratchet.main(["write"], tmp_path) == 0
    return tmp_path


def put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def edit(root: Path, module: str, old: str, new: str) -> None:
    path = root / "batch_api" / f"{module}.py"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


def test_a_line_for_each_name_parameter_and_field(root: Path) -> None:
    assert (root / "tools" / "public-api.txt").read_text().splitlines()[1:] == [
        "Client: class(_Base)",
        "Client.__aenter__: async def -> Client",
        "Client.__init__: def -> None",
        "Client.__init__(**settings): Unpack[Settings], all further keywords",
        "Client.__init__(key): str, position 1",
        "Client.call: async def -> Hidden",
        "Client.call(body): object = None, by keyword",
        "Client.call(kind): Kind = 'a', by keyword",
        "Client.call(name): str, position 1",
        "Client.close: def -> None",
        "Client.key: str = …",
        "Client.part: Part",
        "Client.timeout: float = …",
        "Outcome: a type, any of the following",
        "Outcome | 'refused'",
        "Outcome | 'taken'",
        "Outcome | None",
        "client.Kind: a type, any of the following",
        "client.Kind | 'a'",
        "client.Kind | 'b'",
        "client.Settings: class(Common)",
        "client.Settings.retries: int",
        "client.Settings.share: float",
        "models.Model: class",
        "models.Model.name: str",
        "models.Model.size: int | None = …",
        "parts.Part: class",
        "parts.Part.list: def -> list[str]",
        "parts.Part.list(size): int = 100, position 1",
    ]


BROKEN = [
    ("client", "    async def call(", "    async def ring(", ["Client.call"]),
    ("client", "name: str, *, body: object = None, ", "name: str, *, ", ["Client.call(body)"]),
    ("client", "body: object = None", "body: dict[str, str] | None = None", ["Client.call(body)"]),
    ("client", "body: object = None", "body: object", ["Client.call(body)"]),
    ("client", "name: str, *, body", "*, name: str, body", ["Client.call(name)"]),
    ("client", "body: object = None", "size: int, body: object = None", ["Client.call(size)"]),
    ("client", "async def call", "def call", ["Client.call"]),
    ("client", "-> Hidden: ...", "-> None: ...", ["Client.call"]),
    ("client", 'Kind = Literal["a", "b"]', 'Kind = Literal["a"]', ["client.Kind | 'b'"]),
    ("client", '"refused"] | None', '"refused"]', ["Outcome | None"]),
    ("client", "    share: float", "    part: float", ["client.Settings.share"]),
    ("client", "    retries: int", "    tries: int", ["client.Settings.retries"]),
    ("client", "timeout: float", "timeout: int", ["Client.timeout"]),
    ("client", "self.key = key", "self.other = key", ["Client.key"]),
    ("parts", "def close", "def aclose", ["Client.close"]),
    ("parts", "size: int = 100", "size: int = 50", ["parts.Part.list(size)"]),
    ("models", "    size: int | None = None\n", "", ["models.Model.size"]),
    ("models", "size: int | None", "size: str | None", ["models.Model.size"]),
    ("models", "    name: str\n", "    name: str\n    kind: str\n", ["models.Model.kind"]),
    ("__init__", '__all__ = ["Client", "Outcome"]', '__all__ = ["Client"]', ["Outcome"]),
    ("models", '__all__ = ["Model"]', "__all__ = []", ["models.Model"]),
]


@pytest.mark.parametrize(("module", "old", "new", "names"), BROKEN)
def test_what_is_gone_or_changed_needs_an_entry(
    root: Path, capsys: pytest.CaptureFixture[str], module: str, old: str, new: str, names: list[str]
) -> None:
    snapshot = (root / "tools" / "public-api.txt").read_text()
    edit(root, module, old, new)
    for arguments in ([], ["write"]):
        assert ratchet.main(arguments, root) == 1
        told = capsys.readouterr().err
        assert [line.split("`")[1] for line in told.splitlines()[:-1]] == names
        assert "Removed or Changed of Unreleased in CHANGELOG.md" in told
        assert (root / "tools" / "public-api.txt").read_text() == snapshot
    for title in ("Removed", "Changed"):
        entries = "".join(f"- `{name}`, for a reason.\n" for name in names)
        put(root / "CHANGELOG.md", CHANGELOG.replace("### Added", f"### {title}\n\n{entries}\n### Added", 1))
        assert ratchet.main([], root) == 1, "it must be recorded still"
        assert "stale" in capsys.readouterr().err
    assert ratchet.main(["write"], root) == 0
    assert ratchet.main([], root) == 0


def test_an_entry_elsewhere_or_about_the_whole_is_no_excuse(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit(root, "client", "body: object = None, ", "")
    for entry in ("### Added\n\n- `Client.call(body)`", "### Changed\n\n- `Client`, `Client.call`, Client.call(body)"):
        put(root / "CHANGELOG.md", CHANGELOG.replace("### Added", f"{entry}\n\n### Fixed", 1))
        assert ratchet.main([], root) == 1
    put(root / "CHANGELOG.md", CHANGELOG.replace("### Removed", "### Removed\n\n- `Client.call(body)`\n"))
    assert ratchet.main([], root) == 1, "that is another version's"
    assert "`Client.call(body)` is gone" in capsys.readouterr().err


def test_what_is_new_is_only_recorded(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit(root, "client", "body: object = None", "more: int = 1, body: object = None")
    edit(root, "client", 'Literal["a", "b"]', 'Literal["a", "b", "c: d"]')
    edit(root, "models", "    name: str\n", "    name: str\n    kind: str | None = None\n")
    edit(root, "parts", "class Part:", "class Part:\n    def new(self, it: int) -> None: ...\n")
    assert ratchet.main([], root) == 1
    assert "is stale (5 new lines). Run `make api-snapshot`" in capsys.readouterr().err
    assert ratchet.main(["write"], root) == 0
    assert ratchet.main([], root) == 0
    assert "client.Kind | 'c: d'\n" in (root / "tools" / "public-api.txt").read_text()


def test_a_lost_snapshot_is_noticed(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "tools" / "public-api.txt").unlink()
    assert ratchet.main([], root) == 1
    assert "stale" in capsys.readouterr().err


def test_all_that_this_package_exports_is_found() -> None:
    names = surface(ratchet.ROOT)
    assert set(batch_api.__all__) - {"models", "app_models", "types", "app_types"} <= set(names)
    assert {f"models.{name}" for name in batch_api.models.__all__} <= set(names)
    assert {"testing.FakeBatch", "resources.audiences.Audiences.create(name)", "BatchClient.call(body)"} <= set(names)
    assert not [name for name in names if name.startswith("engine.engine")]


def test_the_snapshot_of_this_package_holds_against_a_loss(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("batch_api", "docs/reference", "tools", "CHANGELOG.md"):
        source = ratchet.ROOT / name
        ignore = shutil.ignore_patterns("__pycache__")
        if source.is_dir():
            shutil.copytree(source, tmp_path / name, ignore=ignore)
        else:
            shutil.copy(source, tmp_path / name)
    audience = tmp_path / "batch_api" / "_generated" / "cep" / "models" / "audience.py"
    audience.write_text(audience.read_text().replace("    nb_ids: int | None = None\n", ""))
    assert ratchet.main([], tmp_path) == 1
    assert "`models.Audience.nb_ids` is gone" in capsys.readouterr().err
