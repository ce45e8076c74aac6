"""Files that hold people's data: made for their owner alone, and left as they are until they are known to be ours."""

from __future__ import annotations

import contextlib
import os
import socket
import sqlite3
import stat
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from batch_api import BatchClient, ConfigurationError
from batch_api.ingest import private
from batch_api.ingest.chunks.split import split
from batch_api.ingest.items.fates import Delivered
from batch_api.ingest.job.checkpoint import Checkpoint
from batch_api.testing import FakeBatch
from tests.ingest.test_buffer import connect, edit_of

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="modes, links and devices as POSIX has them")

Use = Callable[[BatchClient, Path], Awaitable[None]]


async def as_outbox(client: BatchClient, path: Path) -> None:
    async with client.profiles.buffer(path) as buffer:
        await buffer.put(edit_of(1))


async def as_checkpoint(client: BatchClient, path: Path) -> None:
    async with client.profiles.ingest([edit_of(1)], checkpoint=path, run="one") as job:
        assert all([isinstance(fate, Delivered) async for fate in job])


@pytest.fixture
def fake() -> FakeBatch:
    return FakeBatch(limits=False)


@pytest.fixture
async def client(fake: FakeBatch) -> AsyncIterator[BatchClient]:
    async with connect(fake) as client:
        yield client


@pytest.fixture(params=[as_outbox, as_checkpoint])
def use(request: pytest.FixtureRequest) -> Use:
    found: Use = request.param
    return found


def state(path: Path) -> tuple[int, int, bytes]:
    """Mode, kind and content."""
    found = path.stat()
    return found.st_mode, found.st_mtime_ns, path.read_bytes()


# -- what is not ours --------------------------------------------------------------------------------------------------


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    """A file of someone's, which others may read."""
    path = tmp_path / "notes.txt"
    path.write_text("nothing to do with it\n")
    path.chmod(0o644)
    return path


async def test_a_file_of_something_else_keeps_its_mode_and_content(
    client: BatchClient, fake: FakeBatch, use: Use, notes: Path
) -> None:
    before = state(notes)
    with pytest.raises(ConfigurationError, match=r"notes\.txt"):
        await use(client, notes)
    assert state(notes) == before
    assert [file.name for file in notes.parent.iterdir()] == ["notes.txt"]
    assert not fake.edits


async def test_a_database_of_something_else_is_not_even_given_a_log(client: BatchClient, tmp_path: Path) -> None:
    path = tmp_path / "mine.db"
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE edits (mine)")
    path.chmod(0o644)
    before = state(path)
    with pytest.raises(ConfigurationError, match="but not an outbox"):
        await as_outbox(client, path)
    assert state(path) == before
    assert [file.name for file in tmp_path.iterdir()] == ["mine.db"]


async def test_a_database_of_which_all_is_in_its_log_is_left_alone(client: BatchClient, tmp_path: Path) -> None:
    path, made = tmp_path / "mine.db", tmp_path / "made.db"
    with contextlib.closing(sqlite3.connect(made)) as connection:
        connection.executescript("PRAGMA journal_mode = WAL; CREATE TABLE edits (mine);")
        for end in ("", "-wal"):
            Path(f"{path}{end}").write_bytes(Path(f"{made}{end}").read_bytes())
    before = state(path), state(Path(f"{path}-wal"))
    with pytest.raises(ConfigurationError, match="but not an outbox"):
        await as_outbox(client, path)
    assert (state(path), state(Path(f"{path}-wal"))) == before


@pytest.mark.parametrize("content", ["text", "empty", "ours", None])
async def test_a_link_is_refused_wherever_it_leads(
    client: BatchClient, fake: FakeBatch, use: Use, tmp_path: Path, content: str | None
) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    if content == "ours":
        await use(client, target)
        target.chmod(0o644)
    elif content is not None:
        target.write_text("" if content == "empty" else "a text")
        target.chmod(0o644)
    link.symlink_to(target)
    before = state(target) if content else None
    sent = len(fake.edits)
    with pytest.raises(
        ConfigurationError,
        match="link cannot be used, and was left unchanged: expected a regular file, got a symbolic link",
    ):
        await use(client, link)
    assert (state(target) if target.exists() else None) == before
    assert link.is_symlink()
    assert len(fake.edits) == sent


async def test_a_file_with_another_name_is_refused(client: BatchClient, use: Use, tmp_path: Path) -> None:
    other, path = tmp_path / "other", tmp_path / "path"
    other.touch(0o644)
    path.hardlink_to(other)
    before = state(other)
    with pytest.raises(ConfigurationError, match="several names"):
        await use(client, path)
    assert state(other) == before


@pytest.mark.parametrize("kind", ["device", "pipe", "folder", "socket"])
async def test_what_is_no_file_is_refused(client: BatchClient, use: Use, tmp_path: Path, kind: str) -> None:
    path = tmp_path / "path"
    with contextlib.ExitStack() as opened:
        if kind == "device":
            path = Path("/dev/null")
        elif kind == "pipe":
            os.mkfifo(path, 0o644)
        elif kind == "folder":
            path.mkdir(0o755)
        else:
            opened.enter_context(socket.socket(socket.AF_UNIX)).bind(str(path))
        mode = path.stat().st_mode
        with pytest.raises(ConfigurationError, match=f"got a {kind}"):
            await use(client, path)
        assert path.stat().st_mode == mode


async def test_a_file_of_another_user_is_refused(
    client: BatchClient, use: Use, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "path"
    path.touch(0o666)
    mode = path.stat().st_mode
    monkeypatch.setattr(os, "geteuid", lambda: path.stat().st_uid + 1)
    with pytest.raises(ConfigurationError, match="another user's file"):
        await use(client, path)
    assert path.stat().st_mode == mode
    monkeypatch.setattr(os, "geteuid", lambda: 0)  # root may
    await use(client, path)


@pytest.mark.parametrize("end", ["-wal", "-shm", "-journal"])
@pytest.mark.parametrize("exists", [False, True])
async def test_a_link_beside_the_outbox_is_refused(
    client: BatchClient, fake: FakeBatch, notes: Path, tmp_path: Path, end: str, exists: bool
) -> None:
    path = tmp_path / "outbox.db"
    if exists:
        await as_outbox(client, path)
    before, sent = state(notes), len(fake.edits)
    for target in (notes, tmp_path / "nowhere"):
        beside = Path(f"{path}{end}")
        beside.symlink_to(target)
        with pytest.raises(ConfigurationError, match=f"{end} cannot be used.*a symbolic link"):
            await as_outbox(client, path)
        assert path.exists() == exists
        beside.unlink()
    assert state(notes) == before
    assert not (tmp_path / "nowhere").exists()
    assert len(fake.edits) == sent


async def test_a_look_ends_no_lock_of_this_process(client: BatchClient, tmp_path: Path) -> None:
    """POSIX locks end when any descriptor of the file is closed, whoever opened it."""
    path = tmp_path / "mine.db"
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("CREATE TABLE mine (one)")
        connection.execute("BEGIN EXCLUSIVE")
        with pytest.raises(ConfigurationError, match="but not an outbox"):
            await as_outbox(client, path)
        ask = f"import sqlite3; sqlite3.connect({str(path)!r}, timeout=0).execute('BEGIN IMMEDIATE')"
        assert os.system(f'{sys.executable} -c "{ask}" 2>/dev/null') != 0


# -- what is ours ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_empty", [True, False])
async def test_what_is_ours_is_made_private(client: BatchClient, use: Use, tmp_path: Path, is_empty: bool) -> None:
    path = tmp_path / "path"
    if is_empty:
        path.touch()
    else:
        await use(client, path)
    path.chmod(0o664)
    await use(client, path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_the_log_that_an_outbox_left_is_made_private(client: BatchClient, tmp_path: Path) -> None:
    path, killed = tmp_path / "outbox.db", tmp_path / "killed.db"
    async with client.profiles.buffer(path) as buffer:
        await buffer.put(edit_of(1))
        for end in ("", "-wal"):
            Path(f"{killed}{end}").write_bytes(Path(f"{path}{end}").read_bytes())
    async with client.profiles.buffer(killed):
        assert stat.S_IMODE(Path(f"{killed}-wal").stat().st_mode) == 0o600


async def test_a_folder_may_be_reached_through_a_link(client: BatchClient, use: Use, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    await use(client, tmp_path / "link" / "path")
    assert (tmp_path / "real" / "path").exists()


@pytest.mark.parametrize("content", [b"\0" * 100, b"Batch", b"BatchCP2\0\0\0"])
async def test_a_checkpoint_whose_first_write_broke_off_is_begun_again(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "point"
    path.write_bytes(content)
    checkpoint = Checkpoint(path)
    await checkpoint.open("job", None)
    checkpoint.close()


async def test_a_file_that_only_begins_with_zeros_is_no_checkpoint(tmp_path: Path) -> None:
    path = tmp_path / "point"
    path.write_bytes(b"\0" * 20 + b"something")
    path.chmod(0o644)
    before = state(path)
    with pytest.raises(ConfigurationError, match="is not a checkpoint"):
        await Checkpoint(path).open("job", None)
    assert state(path) == before


# -- the openers -------------------------------------------------------------------------------------------------------


@pytest.fixture(params=[0o000, 0o022, 0o077])
def umask(request: pytest.FixtureRequest) -> Any:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def test_a_new_file_has_its_mode_from_the_start(tmp_path: Path, umask: int) -> None:
    with open(tmp_path / "a", "xb", opener=private.new) as file:
        assert stat.S_IMODE(os.fstat(file.fileno()).st_mode) == 0o600


@pytest.mark.parametrize("leads_somewhere", [True, False])
def test_a_new_file_takes_nobodys_name(tmp_path: Path, leads_somewhere: bool) -> None:
    if leads_somewhere:
        (tmp_path / "target").touch()
    (tmp_path / "link").symlink_to(tmp_path / "target")
    with pytest.raises(FileExistsError), open(tmp_path / "link", "wb", opener=private.new):
        pass
    assert (tmp_path / "target").exists() == leads_somewhere


def test_an_existing_file_is_neither_made_nor_emptied(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), open(tmp_path / "a", "wb", opener=private.existing):
        pass
    (tmp_path / "a").write_text("kept")
    with open(tmp_path / "a", "wb", opener=private.existing):
        pass
    assert (tmp_path / "a").read_text() == "kept"


def test_a_link_that_takes_the_place_of_a_file_after_the_look_is_not_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "target").touch()
    (tmp_path / "link").symlink_to(tmp_path / "target")
    monkeypatch.setattr(private, "check", lambda _: None)
    with pytest.raises(OSError, match="symbolic links"), open(tmp_path / "link", "r+b", opener=private.existing):
        pass


async def test_the_files_of_split_take_nobodys_name(tmp_path: Path) -> None:
    (tmp_path / "part-000.jsonl").symlink_to(tmp_path / "nowhere")
    with pytest.raises(FileExistsError):
        async for _ in split([edit_of(1)], tmp_path, partitions=1):
            pass
    assert not (tmp_path / "nowhere").exists()
