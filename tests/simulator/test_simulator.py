"""Worlds of some seeds, and the seeds that once failed."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.simulator.mutants import MUTANTS, Mutant, violations_with
from tests.simulator.regressions import REGRESSIONS
from tests.simulator.world import simulate

SEEDS, BATCH = 200, 25


@pytest.mark.parametrize(("seed", "reason"), REGRESSIONS.items(), ids=map(str, REGRESSIONS))
def test_a_seed_that_once_failed(seed: int, reason: str) -> None:
    report = simulate(seed)
    assert not report.violations, f"{report}\nIt failed before: {reason}"


@pytest.mark.parametrize("first", range(1, SEEDS + 1, BATCH))
def test_worlds(first: int) -> None:
    failed = [report for seed in range(first, first + BATCH) if (report := simulate(seed)).violations]
    assert not failed, "\n".join([*map(str, failed), *failed[0].trace.tail()])


def test_the_same_seed_is_the_same_world() -> None:
    seeds = range(1, 13)
    assert [simulate(seed).digest for seed in seeds] == [simulate(seed).digest for seed in seeds]


def test_another_process_makes_the_same_world() -> None:
    """Nothing hangs on the hashes of texts, or on where an object lies in memory."""
    code = "from tests.simulator.world import simulate; print(*(simulate(seed).digest for seed in range(1, 7)))"
    environment = {**os.environ, "PYTHONHASHSEED": "4711"}
    ran = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert ran.stdout.split() == [simulate(seed).digest for seed in range(1, 7)]


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_cure_that_is_taken_out_is_missed(mutant: Mutant) -> None:
    assert not simulate(mutant.seed).violations
    assert violations_with(mutant, mutant.seed)
