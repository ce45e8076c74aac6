"""Exit codes of `import` when something breaks on the way: never 0, 1 or 2 once anything was sent."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import pytest

from batch_api.cli.leftovers import Leftovers
from batch_api.ingest.job.checkpoint import Checkpoint
from batch_api.ingest.sources import files
from batch_api.ingest.sources.text import Text, opened
from batch_api.testing import FakeBatch
from tests.cli.conftest import Command

LINES = 11_000


@pytest.fixture
def customers(tmp_path: Path) -> Path:
    """More lines than two requests take, of which one is bad."""
    path = tmp_path / "customers.csv"
    path.write_text("custom_id,n\n" + "".join(f"{f'u{n}' if n != 7 else ''},{n}\n" for n in range(LINES)))
    return path


def no_space(*_: object) -> NoReturn:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


class _Failing:
    """A file of which so many blocks can be read."""

    def __init__(self, file: Any, blocks: int) -> None:
        self._file, self._blocks = file, blocks

    def read(self, size: int = -1, /) -> bytes:
        self._blocks -= 1
        if self._blocks < 0:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        content: bytes = self._file.read(size)
        return content

    def seek(self, offset: int, /) -> object:
        return self._file.seek(offset)


def break_after(blocks: int, monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def failing(path: Path, encoding: str) -> Iterator[Text]:
        with opened(path, encoding) as text:
            yield Text(_Failing(text.file, blocks), text.raw)

    monkeypatch.setattr(files, "opened", failing)


@pytest.mark.parametrize("checkpoint", [(), ("--no-checkpoint",)])
def test_a_disk_that_cannot_be_read_on(
    fake: FakeBatch,
    batch_api: Command,
    customers: Path,
    monkeypatch: pytest.MonkeyPatch,
    checkpoint: tuple[str, ...],
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(files, "BLOCK", 10_000)
        break_after(12, patched)
        result = batch_api("import", "profiles", customers, "--json", *checkpoint)
    found = json.loads(result.stdout)
    assert result.exit_code == found["exit_code"] == 3
    assert "Input/output error" in found["error"]
    assert found["delivered"] == len(fake.edits) > 8_000
    assert found["invalid"] == 1
    assert 8_000 < found["line"] < LINES
    assert found["finished"] is False

    result = batch_api("import", "profiles", customers, *checkpoint)
    assert result.exit_code == 1, "the rest, and the bad line"
    assert {edit.edit["attributes"]["n"] for edit in fake.edits} == set(range(LINES)) - {7}
    assert len(fake.edits) == LINES - 1 + (found["delivered"] if checkpoint else 0)


def test_a_disk_that_cannot_be_read_at_all(
    fake: FakeBatch, batch_api: Command, customers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_after(0, monkeypatch)
    result = batch_api("import", "profiles", customers)
    assert result.exit_code == 2
    assert "Input/output error" in result.stderr + result.stdout
    assert not fake.edits


def test_dead_letters_that_cannot_be_written(
    fake: FakeBatch, batch_api: Command, customers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Leftovers, "take", no_space)
    result = batch_api("import", "profiles", customers)
    assert result.exit_code == 3
    assert "The import ended early. No space left on device." in result.stdout


def test_a_checkpoint_that_cannot_be_written_on(
    fake: FakeBatch, batch_api: Command, customers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Checkpoint, "answered", no_space)
    result = batch_api("import", "profiles", customers)
    assert len(fake.edits) > 0
    assert result.exit_code == 3
    assert "No space left on device" in result.stdout
