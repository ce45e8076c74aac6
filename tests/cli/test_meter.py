"""Progress where there is no terminal: a line each 30 seconds, whatever happens."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path

import pytest
from rich.console import Console

from batch_api.cli.meter import Meter
from batch_api.ingest.items.fates import Delivered, result_of
from batch_api.ingest.job.progress import Progress
from batch_api.ingest.sources.jsonlines import JsonLines

pytestmark = pytest.mark.virtual_time


@pytest.fixture
def source(tmp_path: Path) -> JsonLines:
    path = tmp_path / "a\x1b.jsonl"
    path.write_bytes(b'{"n":1}\n' * 100)
    return JsonLines(path, with_lines=True)


async def test_a_line_each_30_seconds_also_while_nothing_is_answered(source: JsonLines) -> None:
    said = io.StringIO()
    progress = Progress(now=asyncio.get_running_loop().time, total=100, most=2.0)
    with Meter(Console(file=said, width=100), source) as meter:
        await asyncio.sleep(29)
        assert said.getvalue() == ""
        progress.count(result_of([Delivered(at, "u", None) for at in range(50)]))
        meter.show(progress)
        await asyncio.sleep(62)
    assert said.getvalue().splitlines() == [
        "a\\x1b.jsonl: 50%, 50 done, 2/s, 83% of the limit, 30 s left",
        "a\\x1b.jsonl: 50%, 50 done, 1/s, 42% of the limit, 60 s left",
        "a\\x1b.jsonl: 50%, 50 done, 1/s, 28% of the limit, 90 s left",
    ]
    await asyncio.sleep(100)
    assert len(said.getvalue().splitlines()) == 3, "it is over"


async def test_what_is_read_only(source: JsonLines) -> None:
    said = io.StringIO()
    with Meter(Console(file=said, width=100), source) as meter:
        meter.read(40)
        source.position = source.size // 2
        await asyncio.sleep(31)
    assert said.getvalue() == "a\\x1b.jsonl: 50%, 40 read\n"


async def test_a_terminal_has_a_bar_and_no_lines(source: JsonLines) -> None:
    said = io.StringIO()
    with Meter(Console(file=said, width=100, force_terminal=True), source) as meter:
        meter.read(40)
        await asyncio.sleep(100)
    assert "40 read" in said.getvalue()
    assert ", 40 read" not in said.getvalue()
