"""What it costs to send a million rows of a Parquet file, beside pandas and the careful script, and beside the floor.

    python -m benchmarks.rows [--rows 1000000] [--runs 3] [--only rows floor] [--write]

The file has 20 columns: an id, five texts, three whole numbers, two floats with gaps, two booleans, three dates, two
decimals and two lists of texts. Each program runs in a process of its own, against a server that only counts, in turns.
The figures are medians: CPU seconds (user and system) of the client, and the peak of its memory above an interpreter
that has imported pyarrow. The longest turn is the most CPU that the event loop's thread took before it looked at
what else there is to do.

The floor is what pyarrow and orjson need to make JSON of the rows, one line each, and to send that: it looks at no
value, leaves nothing out, writes naive moments and addresses nobody.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import importlib
import json
import math
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from types import NoneType
from typing import Any
from zoneinfo import ZoneInfo

from benchmarks.others import floor, script
from benchmarks.raw import counts_of, serving
from benchmarks.report import table, verdict, write

PARIS = ZoneInfo("Europe/Paris")
BATCH = 10_000
GROUP = 250_000
"""Rows in a row group of the file."""
AT_LEAST = 5.0
"""How many times less CPU than pandas and the careful script."""
MOST_MEMORY = 150.0
"""Megabytes above an interpreter that has imported pyarrow."""


def make(path: Path, count: int) -> None:
    """Write the file, a row group at a time."""
    import pyarrow.parquet as pq

    first = _group(0, min(GROUP, count))
    with pq.ParquetWriter(path, first.schema) as file:
        file.write_table(first)
        for start in range(GROUP, count, GROUP):
            file.write_table(_group(start, min(GROUP, count - start)))


def _group(start: int, count: int) -> Any:
    import pyarrow as pa
    from pyarrow.compute import cast

    numbers = range(start, start + count)
    texts = {
        "custom_id": [f"user-{number:08}" for number in numbers],
        "first_name": [f"Firstname{number % 900}" for number in numbers],
        "city": [("Paris", "Lyon", "Lille", "Nantes")[number % 4] for number in numbers],
        "plan": [None if number % 5 == 0 else ("gold", "silver", "free")[number % 3] for number in numbers],
        "coupon": [f"C{number * 7919 % 1000003}" for number in numbers],
        "note": [f'"{number}" — déjà vu, {number % 77} times' for number in numbers],
    }
    cents = pa.array([number * 13 % 999_999 for number in numbers])
    return pa.table(
        {
            **{name: pa.array(values, pa.string()) for name, values in texts.items()},
            "visits": pa.array([number % 301 for number in numbers], pa.int32()),
            "points": pa.array([number * 31 % 100_000 for number in numbers], pa.int64()),
            "level": pa.array([None if number % 10 == 0 else number % 7 for number in numbers], pa.int16()),
            "score": pa.array([None if number % 8 == 0 else number / 7 for number in numbers], pa.float64()),
            "ratio": pa.array([number % 1000 / 1000 for number in numbers], pa.float64()),
            "is_member": pa.array([number % 2 == 0 for number in numbers]),
            "has_app": pa.array([number % 3 == 0 for number in numbers]),
            "born": pa.array([number * 17 % 18_000 for number in numbers], pa.int32()).cast(pa.date32()),
            "signed_up": pa.array([10**9 + number * 311 for number in numbers]).cast(pa.timestamp("s")),
            "seen_at": pa.array([(10**9 + number) * 10**6 + number for number in numbers]).cast(
                pa.timestamp("us", "UTC")
            ),
            "price": cast(cents, pa.decimal128(21, 2)).cast(pa.decimal128(38, 9)),
            "credit": cast(cents, pa.decimal128(21, 2)).cast(pa.decimal128(23, 2)),
            "tags": pa.array([[f"t{number % 13}", f"s{number % 17}"] for number in numbers], pa.list_(pa.string())),
            "sports": pa.array([["rowing"] if number % 2 else None for number in numbers], pa.list_(pa.string())),
        }
    )


# -- the programs ----------------------------------------------------------------------------------------------------


async def rows(url: str, path: Path) -> None:
    """This package."""
    from batch_api import BatchClient, Rows

    limits: Any = {"profile_mass_update": []}
    async with (
        BatchClient("key", "project", base_url=f"{url}/2.11", limits=limits) as client,
        client.profiles.ingest(Rows(path, zone="Europe/Paris")) as job,
    ):
        async for chunk in job.by_chunk():
            assert not chunk.troubles


async def pandas(url: str, path: Path) -> None:
    """pandas and the careful script: batch by batch, and every value brought into the API's form."""
    await script(url, _edits_of_pandas(path))


def _edits_of_pandas(path: Path) -> Iterator[dict[str, Any]]:
    import pyarrow.parquet as pq

    dates = {"born", "signed_up", "seen_at"}
    for batch in pq.ParquetFile(path).iter_batches(BATCH):
        for row in batch.to_pandas().to_dict("records"):
            custom_id = row.pop("custom_id")
            attributes = {}
            for name, value in row.items():
                sent = _sent(value)
                if sent is not None:
                    attributes[f"date({name})" if name in dates else name] = sent
            yield {"identifiers": {"custom_id": custom_id}, "attributes": attributes}


def _sent(value: Any) -> Any:
    """What a value of a frame is in the API; `None` for one that is missing."""
    if isinstance(value, str | int | NoneType):
        return value
    if isinstance(value, float):
        return None if math.isnan(value) else value
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, date):
        return _moment(value)
    return value.tolist()  # an array of numpy


def _moment(value: date) -> str | None:
    if value != value:  # NaT
        return None
    moment = value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=PARIS)
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


async def least(url: str, path: Path) -> None:
    """The floor."""
    await floor(url, _bodies(path))


def _bodies(path: Path) -> Iterator[bytes]:
    import orjson
    import pyarrow.parquet as pq

    for batch in pq.ParquetFile(path, pre_buffer=False).iter_batches(5_000, use_threads=False):
        yield b"[" + b",".join([orjson.dumps(row, default=float) for row in batch.to_pylist()]) + b"]"


MODULES = {
    "pandas": ("httpx", "pandas", "pyarrow.parquet", "tenacity"),
    "rows": (
        "batch_api.client",
        "batch_api.ingest.job.job",
        "batch_api.ingest.sending.coalesce",
        "batch_api.ingest.sources.tables.parquet",
        "batch_api.resources.profiles",
        "httpx",
    ),
    "floor": ("orjson", "pyarrow.parquet"),
}
"""Imported before anything is measured."""
PROGRAMS: dict[str, tuple[str, Callable[[str, Path], Awaitable[None]]]] = {
    "pandas": ("pandas, and the careful script", pandas),
    "rows": ("`Rows`, by chunk", rows),
    "floor": ("floor: pyarrow to JSON lines, joined, sent", least),
}


# -- measuring -------------------------------------------------------------------------------------------------------


async def _longest_turn(work: Awaitable[None]) -> float:
    """The most CPU, in milliseconds, that the loop's thread took between two looks at what else there is to do.

    Without the garbage collector: its full passes look through all that the process has imported.
    """
    longest = collected = began = 0.0
    before = time.thread_time()

    def tick() -> None:
        nonlocal longest, before, collected
        now = time.thread_time()
        longest = max(longest, now - before - collected)
        before, collected = now, 0.0
        loop.call_soon(tick)

    def note(phase: str, _: object) -> None:
        nonlocal began, collected
        if phase == "start":
            began = time.thread_time()
        else:
            collected += time.thread_time() - began

    loop = asyncio.get_running_loop()
    loop.call_soon(tick)
    gc.callbacks.append(note)
    await work
    return longest * 1000


def run_here(name: str, url: str, path: Path, *, watches: bool) -> None:
    """In a process of its own: run a program and print what it took."""
    for module in MODULES[name]:
        importlib.import_module(module)
    cpu, wall = time.process_time(), time.perf_counter()
    work = PROGRAMS[name][1](url, path)
    turn = asyncio.run(_longest_turn(work) if watches else _plain(work))
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    print(json.dumps({"cpu": cpu, "wall": wall, "rss": _resident("VmHWM"), "turn": turn}))


async def _plain(work: Awaitable[None]) -> float:
    await work
    return math.nan


def _resident(what: str) -> float:
    """Megabytes that are resident now (`VmRSS`), or were at most (`VmHWM`)."""
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith(what)) / 1000


def base() -> float:
    """Megabytes of an interpreter that has imported pyarrow and httpx."""
    code = "import httpx, pyarrow.parquet, pyarrow.compute, benchmarks.rows as rows; print(rows._resident('VmHWM'))"
    return float(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout)


def measure(name: str, path: Path, count: int, *, watches: bool = False) -> dict[str, float]:
    with serving() as url:
        command = [sys.executable, "-m", "benchmarks.rows", "--here", name, url, str(path), str(int(watches))]
        printed = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
        found: dict[str, float] = json.loads(printed)
        came = counts_of(url)["items"]
    assert came >= count, f"{name}: {came} of {count} came"  # the script may send some twice
    return found


def main() -> int:
    if sys.argv[1:2] == ["--here"]:
        name, url, path, watches = sys.argv[2:]
        run_here(name, url, Path(path), watches=watches == "1")
        return 0
    if sys.argv[1:2] == ["--make"]:
        make(Path(sys.argv[2]), int(sys.argv[3]))
        return 0
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", nargs="*", choices=list(PROGRAMS), default=list(PROGRAMS))
    parser.add_argument("--write", action="store_true", help="into docs/benchmarks.md")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "profiles.parquet")
        subprocess.run([sys.executable, "-m", "benchmarks.rows", "--make", str(path), str(chosen.rows)], check=True)
        runs: dict[str, list[dict[str, float]]] = {name: [] for name in chosen.only}
        for _ in range(chosen.runs):
            for name in chosen.only:
                runs[name].append(measure(name, path, chosen.rows))
                print(f"  {name}: {runs[name][-1]['cpu']:.1f} s", flush=True)
        turn = measure("rows", path, chosen.rows, watches=True)["turn"] if "rows" in runs else math.nan
    return 0 if _told(runs, chosen.rows, turn, written=chosen.write) else 1


def _told(runs: dict[str, list[dict[str, float]]], count: int, turn: float, *, written: bool) -> bool:
    """Print what was found; whether every bar holds."""
    empty = base()
    middle = {
        name: {key: statistics.median(run[key] for run in found) for key in found[0]} for name, found in runs.items()
    }
    lines = [
        [
            PROGRAMS[name][0],
            f"{found['cpu'] * 1e6 / count:.1f} s",
            f"{found['wall'] * 1e6 / count:.1f} s",
            f"{found['rss'] - empty:.0f} MB",
        ]
        for name, found in middle.items()
    ]
    texts = [table(["Program", "CPU, a million rows", "Time", "Memory"], lines)]
    good = True
    if "rows" in middle:
        memory = middle["rows"]["rss"] - empty
        good = memory <= MOST_MEMORY
        texts.append(f"- Memory: {memory:.0f} MB, at most {MOST_MEMORY:.0f} MB: {verdict(holds=good)}.")
        texts.append(f"- Longest turn of the event loop: {turn:.1f} ms of CPU, opening included.")
        if "pandas" in middle:
            times = middle["pandas"]["cpu"] / middle["rows"]["cpu"]
            holds = times >= AT_LEAST
            good = good and holds
            said = f"{times:.1f} times less CPU than pandas and the careful script, at least {AT_LEAST:g}"
            texts.append(f"- {said}: {verdict(holds=holds)}.")
        if "floor" in middle:
            texts.append(f"- {middle['floor']['cpu'] / middle['rows']['cpu']:.0%} of the speed of the floor.")
    text = "\n".join([texts[0], "", *texts[1:]])
    print(text)
    if written:
        write("rows", text)
    return good


if __name__ == "__main__":
    sys.exit(main())
