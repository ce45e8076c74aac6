"""The file that the workers of one machine share: whose it is, what it survives, and who holds it up."""

from __future__ import annotations

import asyncio
import os
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batch_api import BatchClient, ConfigurationError, Limit
from batch_api.engine.limiter.machine.file import Busy, StateFile
from batch_api.engine.limiter.machine.state import LimitState
from batch_api.testing import FakeBatch
from batch_api.testing.clock import run
from batch_api.types import EditProfile
from tests.quota.cluster import PlayedMachine, Process, StrictServer
from tests.quota.test_sharing import UPDATES, assert_never_above, sent
from tests.quota.test_trouble import between, crowd

EDIT: EditProfile = {"identifiers": {"custom_id": "u1"}, "attributes": {"tier": "gold"}}
SMALL = Limit(30, unit="items", burst=100)
ROOT = Path(__file__).parents[2]


def file_in(directory: Path, project: str = "project_abcd") -> StateFile:
    return StateFile(f"machine:{directory}", ("https://api", project), "…abcd", time.monotonic)


def written(directory: Path) -> Path:
    """The file, with something in it."""
    file = file_in(directory)
    with file.visit() as state:
        state.limits["x"] = LimitState(1.0)
    return file.path


def client_in(parent: Path) -> BatchClient:
    return BatchClient("key", "project_abcd", quota=f"machine:{parent}")


# -- whose it is -----------------------------------------------------------------------------------------------------


def test_nobody_else_can_look_into_it_and_its_name_shows_no_key(tmp_path: Path) -> None:
    path = written(tmp_path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert "abcd" not in path.name
    assert b"project_abcd" not in path.read_bytes()


def plant_directory_of_another(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place.mkdir(0o700)
    found = list(place.lstat())
    found[stat.ST_UID] = 4711
    monkeypatch.setattr(Path, "lstat", lambda _: os.stat_result(found))


def plant_symlink(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = place.parent / "elsewhere"
    elsewhere.mkdir(0o700)
    place.symlink_to(elsewhere)


def plant_open_directory(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place.mkdir()
    place.chmod(0o750)


def plant_file(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place.touch()


def refuse_locks(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def flock(*_: object) -> None:
        raise OSError(37, "No locks available")

    monkeypatch.setattr("fcntl.flock", flock)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (plant_directory_of_another, r"belongs to another user \(uid 4711\)"),
        (plant_symlink, "it is there, and no directory"),
        (plant_open_directory, "other users may look into it: chmod 700"),
        (plant_file, "it is there, and no directory"),
        (refuse_locks, "No locks available"),
    ],
)  # fmt: skip
def test_a_directory_that_is_not_ours_alone_is_refused_with_what_to_do(
    spoil: object, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert callable(spoil)
    spoil(tmp_path / f"batch_api-{os.geteuid()}", monkeypatch)
    with pytest.raises(ConfigurationError, match=said) as refused:
        client_in(tmp_path)
    assert "Name a local directory" in str(refused.value)


def test_a_directory_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"No such file or directory\. Name a local directory"):
        client_in(tmp_path / "none")


@pytest.mark.parametrize("quota", ["machine:", "machine:here", "machine:./here"])
def test_a_directory_has_an_absolute_path(quota: str) -> None:
    with pytest.raises(ConfigurationError, match="an absolute path"):
        BatchClient("key", "project_abcd", quota=quota)


def test_where_there_are_no_file_locks_the_error_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fcntl", None)
    with pytest.raises(ConfigurationError, match=r"needs the file locks of Unix.*through a Redis"):
        BatchClient("key", "project_abcd", quota="machine")


@pytest.mark.parametrize("link", [os.symlink, os.link])
def test_a_link_in_place_of_the_file_is_not_followed(link: object, tmp_path: Path) -> None:
    """Someone who could write there might point it at a file of the user's own."""
    path = written(tmp_path)
    path.unlink()
    precious = tmp_path / "precious"
    precious.write_text("mine")
    precious.chmod(0o600)
    assert callable(link)
    link(precious, path)
    with pytest.raises(Busy), file_in(tmp_path).visit():
        pass
    assert precious.read_text() == "mine"


# -- what it survives ------------------------------------------------------------------------------------------------


def test_a_directory_that_was_removed_is_made_again(tmp_path: Path) -> None:
    path = written(tmp_path)
    path.unlink()
    path.parent.rmdir()
    assert written(tmp_path) == path


def test_another_boot_and_another_clock_begin_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path)
    monkeypatch.setattr("batch_api.engine.limiter.machine.file._BOOT", tmp_path / "boot")
    (tmp_path / "boot").write_text("another\n")
    assert file_in(tmp_path).path != path
    # Where boots have no name, the clock shows it: it went back.
    (tmp_path / "boot").unlink()
    written(tmp_path)
    monkeypatch.setattr("time.monotonic", lambda: 100.0)
    with file_in(tmp_path).visit() as state:
        assert state.limits == {}


@settings(max_examples=30, deadline=None)
@given(damage=st.lists(st.tuples(st.floats(0, 1), st.binary(max_size=40)), min_size=1, max_size=3), cut=st.floats(0, 1))
def test_a_damaged_file_counts_as_lost_and_lets_no_burst_through(
    damage: list[tuple[float, bytes]], cut: float, tmp_path_factory: pytest.TempPathFactory
) -> None:
    directory = tmp_path_factory.mktemp("damaged")

    async def main() -> None:
        loop = asyncio.get_running_loop()
        processes = [Process(PlayedMachine(directory, 0.0), n, SMALL, largest=20) for n in range(2)]
        server = StrictServer((30, 100, "items"))
        with crowd(processes, server):
            await asyncio.sleep(5)
            (path,) = directory.glob("*/*")
            kept = bytearray(path.read_bytes())
            for place, more in damage:
                at = int(place * len(kept))
                kept[at : at + len(more)] = more
            path.write_bytes(kept[: int(len(kept) * cut)])
            began = loop.time()
            await asyncio.sleep(10)
        assert server.rejected == 0
        assert_never_above(sent(processes), rate=30, burst=80)
        assert between(processes, began + 5, began + 10) > 0.97 * 5 * 30

    run(main())


@pytest.mark.parametrize("dies", [False, True], ids=["all live", "one dies"])
def test_what_all_have_on_its_way_in_a_stall_is_no_more_than_the_server_takes_at_once(
    dies: bool, tmp_path: Path
) -> None:
    """For 10 s nothing arrives; then all of it does, that of a worker which died meanwhile included."""

    async def main() -> None:
        loop = asyncio.get_running_loop()
        machine = PlayedMachine(tmp_path, 0.0)
        processes = [Process(machine, n, UPDATES, largest=200) for n in range(4)]
        server = StrictServer((300, 1000, "items"))

        async def send(process: Process) -> None:
            ticket = process.gate.ticket(process.draws(5), float("inf"))
            async with process.gate.turn(ticket) as turn:
                process.through.append((loop.time(), process.number, 5))
                arrives = max(loop.time() + 0.02, 20.0) if loop.time() > 10 else loop.time() + 0.02
                loop.call_at(arrives, server, 5)
                await asyncio.sleep(arrives + 0.02 - loop.time())
                turn.accepted()

        async def work(process: Process) -> None:
            while True:
                await send(process)

        running = [asyncio.create_task(work(process)) for process in processes for _ in range(60)]
        await asyncio.sleep(15)
        if dies:
            processes[0].part.die()
            for task in running[:60]:
                task.cancel()
        await asyncio.sleep(15)
        assert server.rejected == 0
        assert between(processes, 10, 20) * 5 <= 800, "as much as may arrive together"
        assert between(processes, 25, 30) * 5 > 0.97 * 5 * 300, "then all goes on"
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    run(main())


KILLS = """
import os, random, signal, sys, time
from batch_api.engine.limiter.machine.file import Away, Busy, StateFile
from batch_api.engine.limiter.machine.state import LimitState

file = StateFile(sys.argv[1], ("https://api", "project_abcd"), "…abcd", time.monotonic)
dice = random.Random(7)

def count(more):
    while True:
        try:
            with file.visit() as state:
                limit = state.limits.setdefault("x", LimitState(0.0, shown="#" * 9000))  # more than a page
                limit.spent += more
                return limit.spent
        except (Busy, Away):  # there are always others at it
            time.sleep(0)

def start():
    child = os.fork()
    while not child:
        count(1)
    return child

before, children = 0, [start() for _ in range(2)]
for _ in range(100):
    time.sleep(dice.uniform(0.0, 0.005))
    os.kill(children[0], signal.SIGKILL)
    os.waitpid(children.pop(0), 0)
    began = time.monotonic()
    now = count(0)
    assert time.monotonic() - began < 10, "locked"
    assert now >= before, "lost"
    before = now
    children.append(start())
for child in children:
    os.kill(child, signal.SIGKILL)
assert before > 100
"""


def test_workers_killed_at_any_instruction_leave_no_lock_and_no_torn_state(tmp_path: Path) -> None:
    """Two count up in a file that is longer than a page, and one after the other is killed."""
    subprocess.run([sys.executable, "-c", KILLS, f"machine:{tmp_path}"], check=True, timeout=60)


def test_threads_of_one_process_take_turns_as_well(tmp_path: Path) -> None:
    def work() -> None:
        file, left = file_in(tmp_path), 500
        while left:
            try:
                with file.visit() as state:
                    state.limits.setdefault("x", LimitState(0.0)).spent += 1
                left -= 1
            except Busy:
                time.sleep(0)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with file_in(tmp_path).visit() as state:
        assert state.limits["x"].spent == 2000


FORK = """
import asyncio, os, sys
from batch_api import BatchClient
from batch_api.types import EditProfile

def client():
    return BatchClient("rest", "project_abcd", base_url=sys.argv[1], quota=sys.argv[2])

async def main(name):
    async with client() as c:
        await c.audiences.create(f"{name}{os.getpid()}")

asyncio.run(main("before"))
children = []
for _ in range(3):
    child = os.fork()
    if child == 0:
        asyncio.run(main("child"))
        os._exit(0)
    children.append(child)
assert all(os.waitpid(child, 0)[1] == 0 for child in children)
asyncio.run(main("after"))
"""


async def test_what_was_forked_after_use_shares_too(tmp_path: Path) -> None:
    fake = FakeBatch(project_key=None, rest_api_key="rest")
    async with fake.serve():
        assert fake.url is not None
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", FORK, fake.url, f"machine:{tmp_path}")
        assert await process.wait() == 0
        assert fake.rejections == 0
        assert fake.stats["audience_create"].accepted == 5


# -- who holds it up -------------------------------------------------------------------------------------------------


HOLDER = """
import fcntl, os, signal, sys

held = os.open(sys.argv[1], os.O_RDWR)
fcntl.flock(held, fcntl.LOCK_EX)
print("held", flush=True)
os.kill(os.getpid(), signal.SIGSTOP)
"""


async def test_one_that_is_stopped_while_it_holds_the_lock_holds_the_others_up_for_half_a_second(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    fake = FakeBatch(project_key=None)
    async with fake.serve():
        client = BatchClient(fake.rest_api_key, "project_abcd", base_url=fake.url, quota=f"machine:{tmp_path}")
        async with client:
            await client.profiles.update([EDIT])
            file = client._engine._bind()._file
            assert file is not None
            holder = await asyncio.create_subprocess_exec(
                sys.executable, "-c", HOLDER, str(file.path), stdout=asyncio.subprocess.PIPE
            )
            assert holder.stdout is not None
            assert await holder.stdout.readline() == b"held\n"
            began = time.monotonic()
            await client.profiles.update([EDIT])
            assert 0.4 < time.monotonic() - began < 5
            assert "another process has locked it and does not go on" in caplog.text
            holder.kill()
            await holder.wait()
            await client.profiles.update([EDIT])
            assert "can be used again" in caplog.text
            assert fake.rejections == 0
