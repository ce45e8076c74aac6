"""Programs that open event loops, processes and cells of their own."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from batch_api.testing import FakeBatch
from tests.docs.blocks import blocks
from tests.programs import ROOT, program, run

INVOCATIONS = """
import os, signal
from examples.frameworks.serverless import handler

class Context:
    def get_remaining_time_in_millis(self):
        return 60_000

for id in ("u1", "u2", "u3"):
    assert handler({"customer_id": id, "tier": "gold"}, Context()) == {"refused": 0}
    os.kill(os.getpid(), signal.SIGSTOP)  # frozen until the next one
"""

KERNEL = """
import asyncio, json, sys
from IPython.core.interactiveshell import InteractiveShell

async def kernel(cells):
    shell = InteractiveShell.instance(history_load_length=0)
    shell.history_manager.enabled = False
    for cell in cells:  # as ipykernel does it, in the loop that serves the notebook
        result = await shell.run_cell_async(cell, transformed_cell=shell.transform_cell(cell))
        result.raise_error()

asyncio.run(kernel(json.loads(sys.argv[1])))
"""


def test_an_environment_that_is_frozen_between_invocations_holds_no_connection(served_api: FakeBatch) -> None:
    with program("-c", INVOCATIONS) as environment:
        for _ in range(3):
            environment.wait_until_stopped()
            assert environment.sockets() == 0
            environment.signal(signal.SIGCONT)
        environment.output()
    assert set(served_api.project().profiles.by_id) == {"u1", "u2", "u3"}


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_processes_of_ones_own_are_forked_or_spawned(method: str, served_api: FakeBatch) -> None:
    assert run("-m", "examples.frameworks.processes", method) == "5 taken\n"
    assert set(served_api.project().profiles.by_id) == {"u1", "u2", "u3", "u4", "u5"}


def test_uvloop_runs_a_script(served_api: FakeBatch) -> None:
    assert run("-m", "examples.frameworks.uvloop_script") == "0 refused\n"


def test_one_client_lives_through_several_runs(served_api: FakeBatch) -> None:
    assert run("-m", "examples.frameworks.several_runs") == "0 refused\n" * 3


def test_the_cells_of_the_page_run_in_a_notebook(served_api: FakeBatch, tmp_path: Path) -> None:
    page = ROOT / "docs" / "guides" / "frameworks.md"
    cells = [block for block in blocks(page) if block.title is None]
    printed = "".join(cell.output or "" for cell in cells)
    with program("-c", KERNEL, json.dumps([cell.code for cell in cells]), env={"IPYTHONDIR": str(tmp_path)}) as kernel:
        assert kernel.output() == printed
