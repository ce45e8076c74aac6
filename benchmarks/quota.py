"""Processes that share limits: how much of a limit they get, how evenly, at what cost, and in trouble.

    python -m benchmarks.quota even [--seconds 60] [--only NAME]      four processes, each limit
    python -m benchmarks.quota calls [--seconds 20]                   what a permit costs, against one call for each
    python -m benchmarks.quota faults [--only NAME]                   Redis killed, stopped, flushed; its clock set
    python -m benchmarks.quota uncoordinated [--seconds 60]           2 and 4 processes that know nothing of each other
    python -m benchmarks.quota machine [--seconds 60] [--only NAME]   1, 2, 4 and 8 without Redis, and 4 beside it
    python -m benchmarks.quota kills                                  without Redis, each of four killed in turn

The server (`benchmarks.raw`) keeps strict token buckets. 5 to 50 ms pass before a request counts, and as much after.
Share is what was taken after the first request, over the time between the first and the last, over the limit.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import logging
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any, NamedTuple

from batch_api import Attempt, BatchClient
from benchmarks.raw import counts_of, serving
from tests.redis_server import RedisServer, redis_server

LATENCY = ("--latency", "0.01", "0.1")  # half of it, evenly spread, on either side of the decision
UPDATES = ("--rate", "300", "--burst", "1000")


class Case(NamedTuple):
    name: str
    server: Sequence[str]
    counts: str  # "items" or "requests"
    rate: float
    cost: int
    tasks: int
    share: float
    even: float
    call: Callable[[BatchClient], Awaitable[object]]


def _edits(count: int) -> list[dict[str, object]]:
    return [{"identifiers": {"custom_id": f"u{n}"}, "attributes": {"tier": "gold"}} for n in range(count)]


_ITEMS = [{"id": f"i{n}", "action": "add", "attributes": {"title": "shoe"}} for n in range(200)]
_MASS = _edits(5000)
CASES = (
    Case("update 1", UPDATES, "items", 300, 1, 100, 0.99, 0.1, lambda c: c.profiles.update(_edits(1))),
    Case("update 200", UPDATES, "items", 300, 200, 8, 0.99, 0.2, lambda c: c.profiles.update(_edits(200))),
    Case(
        "mass 5000", ("--rate", "10000"), "items", 10_000, 5000, 4, 0.99, 0.1, lambda c: c.profiles.mass_update(_MASS)
    ),
    Case(
        "catalog 200",
        ("--rate", "1000", "--requests", "5", "--key", '"id":'),
        "items", 1000, 200, 8, 0.99, 0.1,
        lambda c: c.catalogs.edit_items("shoes", _ITEMS),
    ),
    Case("default 1/s", ("--requests", "1"), "requests", 1, 1, 8, 0.94, 0.1, lambda c: c.audiences.create("vip")),
)  # fmt: skip

KILLED = Case("update 10", UPDATES, "items", 300, 10, 20, 0.99, 0.1, lambda c: c.profiles.update(_edits(10)))


# -- one process -----------------------------------------------------------------------------------------------------


async def _work(case: Case, options: argparse.Namespace) -> dict[str, Any]:
    spent: list[float] = []
    found = {"taken": 0, "rejected": 0, "failed": 0}

    def watch(attempt: Attempt) -> None:
        found["rejected"] += attempt.status == 429
        found["taken"] += attempt.outcome == "taken"
        spent.append(time.time() - attempt.seconds)

    async def work(client: BatchClient) -> None:
        while True:
            try:
                await case.call(client)
            except Exception:
                found["failed"] += 1
                raise

    client = BatchClient(
        "key", "project_quota", base_url=options.url, quota=options.quota or None, observer=watch, deadline=3600
    )
    if options.single:
        _one_call_for_each()
    async with client:
        print("ready", flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
        began = time.process_time()
        tasks = [asyncio.create_task(work(client)) for _ in range(case.tasks)]
        await asyncio.wait(tasks, timeout=options.seconds, return_when=asyncio.FIRST_EXCEPTION)
        cpu = time.process_time() - began
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return {**found, "cpu": cpu, "spent": spent if options.times else []}


def _one_call_for_each() -> None:
    """What is compared with: every request asks Redis."""
    from batch_api.engine.limiter.shared.bucket import SharedBucket

    make = SharedBucket.__init__

    def plain(self: SharedBucket, *args: Any, **kwargs: Any) -> None:
        make(self, *args, **kwargs)
        self.has_room_for_slices = False

    SharedBucket.__init__ = plain  # type: ignore[method-assign]


# -- several ---------------------------------------------------------------------------------------------------------


class Run(NamedTuple):
    """What came of several processes."""

    workers: list[dict[str, Any]]
    server: dict[str, float]
    log: str

    def share(self, case: Case) -> float:
        cost = case.cost if case.counts == "items" else 1
        return (self.server[case.counts] - cost) / self.server["seconds"] / case.rate

    @property
    def parts(self) -> list[float]:
        taken = [worker["taken"] for worker in self.workers]
        return [amount * len(taken) / max(sum(taken), 1) for amount in taken]


Worker = subprocess.Popen[str]


def _start(case: Case, url: str, seconds: float, quota: str, *options: str) -> Worker:
    """A process that has imported everything and waits for a word."""
    command = [
        sys.executable, "-m", "benchmarks.quota", "worker", "--case", case.name, "--url", url,
        "--seconds", str(seconds), "--quota", quota, *options,
    ]  # fmt: skip
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    worker = subprocess.Popen(command, text=True, **pipes)
    assert worker.stdout is not None
    assert worker.stdout.readline() == "ready\n"
    return worker


def _go(worker: Worker) -> None:
    assert worker.stdin is not None
    worker.stdin.write("go\n")
    worker.stdin.flush()


def _run(
    case: Case,
    processes: int,
    seconds: float,
    *options: str,
    quota: str = "",
    meanwhile: Callable[[], None] = lambda: None,
) -> Run:
    with serving(*case.server, *LATENCY) as url, contextlib.ExitStack() as stack:
        running = []
        for _ in range(processes):
            running.append(_start(case, url, seconds, quota, *options))
            stack.callback(running[-1].kill)
        for worker in running:
            _go(worker)
        meanwhile()
        answers = [worker.communicate() for worker in running]
        return Run([json.loads(out) for out, _ in answers], counts_of(url), "".join(err for _, err in answers))


def even(options: argparse.Namespace) -> int:
    """Shown 1: the limit is used up, nothing is rejected, and all have the same."""
    missed = 0
    print(f"{'case':<14}{'share':>8} {'429s':>5}  parts of 4 processes (1 is even)    Redis calls for 1000 permits")
    for case in CASES:
        if options.only in case.name:
            with redis_server() as redis:
                run = _run(case, 4, options.seconds, quota=redis.url)
                calls = _calls(redis)
            permits = run.server["items"] if case.counts == "items" else run.server["requests"]
            good = run.share(case) >= case.share and not run.server["rejected"]
            good = good and all(abs(part - 1) <= case.even for part in run.parts)
            missed += not good
            parts = "  ".join(f"{part:.3f}" for part in run.parts)
            print(
                f"{case.name:<14}{run.share(case):8.2%} {run.server['rejected']:5.0f}  {parts:<36}"
                f" {calls / permits * 1000:8.1f}{'' if good else '  MISSED'}",
                flush=True,
            )
    return missed


def _calls(redis: RedisServer) -> int:
    """Scripts run."""
    return sum(int(line.split("calls=")[1].split(",")[0]) for line in _stats(redis) if "cmdstat_eval" in line)


def _stats(redis: RedisServer) -> list[str]:
    return redis.command("INFO", "commandstats").decode().splitlines()


def _cpu(redis: RedisServer) -> float:
    lines = redis.command("INFO", "cpu").decode().splitlines()
    return sum(float(line.split(":")[1]) for line in lines if line.startswith(("used_cpu_sys:", "used_cpu_user:")))


def calls(options: argparse.Namespace) -> int:
    """Shown 2: what it costs, at cost 1."""
    case = CASES[0]
    print(f"{'for each permit':<26}{'1000 x Redis calls':>20} {'client CPU':>14} {'Redis CPU':>14} {'share':>8}")
    per_thousand = []
    for name, quota, flags in (
        ("no quota, one process", False, ()),
        ("leases", True, ()),
        ("one call for each", True, ("--single",)),
    ):
        with redis_server() as redis:
            run = _run(case, 4 if quota else 1, options.seconds, *flags, quota=redis.url if quota else "")
            made, cpu = _calls(redis), _cpu(redis)
        permits = sum(worker["taken"] for worker in run.workers)
        per_thousand.append(made / permits * 1000)
        client = sum(worker["cpu"] for worker in run.workers) / permits * 1e6
        served = cpu / permits * 1e6 if quota else 0.0
        print(
            f"{name:<26}{per_thousand[-1]:20.1f} {client:11.0f} us {served:11.1f} us {run.share(case):8.2%}", flush=True
        )
    ratio = per_thousand[2] / per_thousand[1]
    print(f"{ratio:.0f} times fewer calls")
    return int(ratio < 20)


# -- faults ----------------------------------------------------------------------------------------------------------

BEFORE, TROUBLE, AFTER = 10.0, 10.0, 15.0


def _killed(redis: RedisServer) -> None:
    redis.kill()
    time.sleep(TROUBLE)
    redis.start()  # nothing is on disk: it comes back empty


def _stopped(redis: RedisServer) -> None:
    redis.pause()
    time.sleep(TROUBLE)
    redis.resume()


def _flushed(redis: RedisServer) -> None:
    redis.command("FLUSHALL")


def _set_clock(redis: RedisServer, seconds: int) -> None:
    """The script tells the time as TIME less a skew that it keeps: to move that is to set the clock."""
    keys = [word for word in redis.command("KEYS", "*:clock").decode().split("\r\n") if word.endswith("clock")]
    for key in keys:
        redis.command("HINCRBYFLOAT", key, "skew", str(-seconds))


FAULTS: dict[str, Callable[[RedisServer], None]] = {
    "killed for 10 s": _killed,
    "stopped for 10 s": _stopped,
    "flushed": _flushed,
    "clock +1 h": lambda redis: _set_clock(redis, 3600),
    "clock -1 h": lambda redis: _set_clock(redis, -3600),
}


class Trouble:
    """Something that happens to Redis while all are at work."""

    began = ended = 0.0

    def __init__(self, fault: Callable[[RedisServer], None], redis: RedisServer) -> None:
        self._fault, self._redis = fault, redis

    def __call__(self) -> None:
        time.sleep(BEFORE)
        self.began = time.time()
        self._fault(self._redis)
        self.ended = time.time()


def _most_over(spent: Sequence[float], rate: float, burst: float) -> float:
    """By how much all that was spent overdraws a bucket of that burst at most. The times are those of the sending."""
    level, last, most = burst, spent[0], 0.0
    for when in spent:
        level = min(burst, level + (when - last) * rate) - 1
        last = when
        most = max(most, -level)
    return most


def faults(options: argparse.Namespace) -> int:
    """Shown 3: what trouble with Redis does to the limit, and to the calls."""
    case, missed = CASES[0], 0
    heads = f"{'429s':>5} {'lost':>5} {'back after':>11} {'share in it':>12} {'share after':>12}"
    print(f"{'fault':<18}{'over burst + rate t':>20} {heads}", flush=True)
    for name, fault in FAULTS.items():
        if options.only not in name:
            continue
        with redis_server() as redis:
            trouble = Trouble(fault, redis)
            seconds = BEFORE + TROUBLE + AFTER
            run = _run(case, 4, seconds, "--times", quota=redis.url, meanwhile=trouble)
        spent = sorted(when for worker in run.workers for when in worker["spent"])
        began, ended = trouble.began, trouble.ended
        found = [float(line.split()[1]) for line in run.log.splitlines() if line.startswith("FOUND")]
        back = f"{max(found) - ended:.2f} s" if found else "-"
        over = _most_over(spent, case.rate, 800)
        lost = sum(worker["failed"] for worker in run.workers)
        after = [when for when in spent if ended + 3 <= when < ended + AFTER - 2]
        during = [when for when in spent if began <= when < ended]
        share_in = f"{len(during) / (ended - began) / case.rate:.1%}" if ended - began > 1 else "-"
        good = not lost and not run.server["rejected"] and over < 1
        missed += not good
        print(
            f"{name:<18}{over:20.1f} {run.server['rejected']:5.0f} {lost:5} {back:>11} {share_in:>12}"
            f" {len(after) / (AFTER - 5) / case.rate:12.1%}{'' if good else '  MISSED'}",
            flush=True,
        )
    return missed


def uncoordinated(options: argparse.Namespace) -> int:
    """Shown 6: processes that know nothing of each other, each with the whole limit."""
    print(f"{'case':<14}{'processes':>10} {'share':>8} {'429s a minute':>14}  parts (1 is even)")
    for case in CASES:
        if options.only in case.name and case.name != "default 1/s":
            for processes in (2, 4):
                run = _run(case, processes, options.seconds)
                parts = "  ".join(f"{part:.2f}" for part in run.parts)
                minute = run.server["rejected"] / options.seconds * 60
                print(f"{case.name:<14}{processes:10} {run.share(case):8.2%} {minute:14.0f}  {parts}", flush=True)
    return 0


# -- on one machine ----------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _sharing(how: str) -> Iterator[str]:
    """What `quota=` takes, for something new to share."""
    if how == "redis":
        with redis_server() as redis:
            yield redis.url
    else:
        with tempfile.TemporaryDirectory(dir="/dev/shm") as directory:
            yield f"machine:{directory}"


def machine(options: argparse.Namespace) -> int:
    """Without Redis, for more and more processes; and beside Redis."""
    missed = 0
    print(f"{'case':<14}{'through':<9}{'processes':>9} {'share':>8} {'429s':>5} {'CPU/permit':>11}  parts (1 is even)")
    for case in CASES:
        if options.only not in case.name:
            continue
        for how, processes in (("machine", 1), ("machine", 2), ("machine", 4), ("redis", 4), ("machine", 8)):
            with _sharing(how) as quota:
                run = _run(case, processes, options.seconds, quota=quota)
            cpu = sum(worker["cpu"] for worker in run.workers) / sum(worker["taken"] for worker in run.workers)
            good = how == "redis" or (run.share(case) >= case.share and not run.server["rejected"])
            missed += not good
            print(
                f"{case.name:<14}{how:<9}{processes:9} {run.share(case):8.2%} {run.server['rejected']:5.0f}"
                f" {cpu * 1e6:8.0f} us  {min(run.parts):.3f} to {max(run.parts):.3f}{'' if good else '  MISSED'}",
                flush=True,
            )
    return missed


_UNTIL_KILL, _ALONE = 8.0, 4.0


def kills(options: argparse.Namespace) -> int:
    """Each of four is killed in turn, and another takes its place after 4 s, as under gunicorn."""
    case, missed = KILLED, 0
    print(
        f"{'killed':>6} {'429s':>5} {'taken in the first second':>26} {'in the next three':>18}   of the limit",
        flush=True,
    )
    with _sharing("machine") as quota, serving(*case.server, *LATENCY) as url, contextlib.ExitStack() as stack:
        running = []

        def start() -> None:
            running.append(_start(case, url, 3600, quota))
            stack.callback(_end, running[-1])
            _go(running[-1])

        for _ in range(4):
            start()
        for n in range(4):
            time.sleep(_UNTIL_KILL)
            running.pop(0).kill()
            first, later = _taken_in(url, 1.0), _taken_in(url, _ALONE - 1)
            rejected = counts_of(url)["rejected"]
            good = not rejected and first >= 0.9 * case.rate and later >= case.share * case.rate
            missed += not good
            print(
                f"{n + 1:6} {rejected:5.0f} {first / case.rate:26.1%} {later / case.rate:18.1%}"
                f"{'' if good else '  MISSED'}",
                flush=True,
            )
            start()
    return missed


def _end(worker: Worker) -> None:
    worker.kill()
    worker.communicate()


def _taken_in(url: str, seconds: float) -> float:
    """Items a second that the server takes, from now on."""
    before, began = counts_of(url)["items"], time.monotonic()
    time.sleep(seconds)
    return (counts_of(url)["items"] - before) / (time.monotonic() - began)


class _Moments(logging.Handler):
    """Says when Redis was found again."""

    def emit(self, record: logging.LogRecord) -> None:
        if "answers again" in record.getMessage():
            print(f"FOUND {time.time()}", file=sys.stderr, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("what", choices=("even", "calls", "faults", "uncoordinated", "machine", "kills", "worker"))
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--only", default="")
    for name in ("--case", "--url", "--quota"):
        parser.add_argument(name, default="", help=argparse.SUPPRESS)
    for name in ("--single", "--times"):
        parser.add_argument(name, action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.what == "worker":
        logging.getLogger("batch_api").addHandler(_Moments())
        case = next(case for case in (*CASES, KILLED) if case.name == options.case)
        print(json.dumps(asyncio.run(_work(case, options))))
        return 0
    commands = {
        "even": even, "calls": calls, "faults": faults, "uncoordinated": uncoordinated, "machine": machine,
        "kills": kills,
    }  # fmt: skip
    return 1 if commands[options.what](options) else 0


if __name__ == "__main__":
    sys.exit(main())
