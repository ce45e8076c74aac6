"""The shared limits as they stand in the files of this user, for display. Looking changes nothing."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from batch_api.engine.limiter.machine.directory import checked, path_of
from batch_api.engine.limiter.machine.file import clock_of, decoded, latest
from batch_api.engine.limiter.machine.state import GateState, LimitState, State
from batch_api.engine.limiter.shared.view import Lease, Pause, Standing, View

_ATTEMPTS, _BETWEEN = 100, 0.001


class MachineViewer:
    """Reads what this user's processes share on this machine. Raises `ConfigurationError` for an unusable directory."""

    def __init__(self, quota: str) -> None:
        self._directory = path_of(checked(quota))

    async def view(self) -> View:
        """How things stand now. A file that cannot be read is left out."""
        view = View([], [])
        now = asyncio.get_running_loop().time
        for path in sorted(self._directory.iterdir()):
            state = await _state_in(path, clock_of(now), now())
            if state is not None:
                view.limits.extend(_standings(state, now()))
                view.pauses.extend(_pauses(state, now()))
        return view

    async def aclose(self) -> None:
        """There is nothing to close."""


async def _state_in(path: Path, clock: str, now: float) -> State | None:
    for _ in range(_ATTEMPTS):
        try:
            with _opened(path) as descriptor:
                fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
                return decoded(latest(descriptor)[1], clock, now)
        except BlockingIOError:
            await asyncio.sleep(_BETWEEN)
        except OSError:
            return None
    return None


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _standings(state: State, now: float) -> Iterator[Standing]:
    for name, limit in sorted(state.limits.items()):
        yield Standing(
            project=state.project,
            name=name.rpartition(":")[0],
            limit=limit.shown,
            spent=limit.spent,
            left=min(max(limit.capacity - (limit.full_at - now) * limit.rate, 0.0), limit.capacity),
            pace=limit.factor,
            leases=tuple(_sent(limit, now)),
        )


def _sent(limit: LimitState, now: float) -> Iterator[Lease]:
    for worker, sent in sorted(limit.on_its_way.items()):
        if not sent.is_silent(now):
            yield Lease(worker, sent.units, "sent")


def _pauses(state: State, now: float) -> Iterator[Pause]:
    for name, gate in sorted(state.gates.items()):
        seconds = max(gate.paused_until - now, 0.0)
        if seconds or gate.rejections:
            yield Pause(state.project, name, seconds, gate.rejections, _scout(gate, now))


def _scout(gate: GateState, now: float) -> str:
    return gate.scout if gate.scout_until > now else ""
