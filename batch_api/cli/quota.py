"""`quota`: who shares limits, through Redis or on this machine, and how far they are used."""

from __future__ import annotations

import asyncio
import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Group, RenderableType
from rich.live import Live
from rich.table import Table

from batch_api import ConfigurationError
from batch_api.cli import output
from batch_api.cli.account import QUOTA, read, warn_of_others
from batch_api.engine.limiter.machine.directory import is_machine
from batch_api.engine.limiter.shared.view import Pause, Standing, View, Viewer

if TYPE_CHECKING:
    from batch_api.engine.limiter.machine.view import MachineViewer

_EVERY = 1.0


def _quota(credentials: Path | None) -> str:
    """What `quota=` takes. A URL may hold a password: it comes from the file with the keys or from the environment."""
    found = read(credentials).get(QUOTA) if credentials is not None else os.environ.get(QUOTA)
    if not found:
        raise ConfigurationError(f"Expected {QUOTA} to be set in {credentials or 'the environment'}.")
    return found


def _viewer(quota: str) -> Viewer | MachineViewer:
    if not is_machine(quota):
        return Viewer(quota)
    from batch_api.engine.limiter.machine.view import MachineViewer  # which no Windows can import

    return MachineViewer(quota)


async def show(credentials: Path | None, *, once: bool, json: bool) -> int:
    """A table that is redrawn each second, until interrupted; or the current state, once."""
    warn_of_others(credentials)
    viewer = _viewer(_quota(credentials))
    try:
        view = await viewer.view()
        if json:
            output.json_of(as_data(view))
        elif once or not output.out.is_terminal:
            output.out.print(_drawn(view, {}))
        else:
            await _watch(viewer, view)
    except OSError as error:
        output.err.print(f"Redis does not answer: {error}.")
        return 1
    finally:
        await viewer.aclose()
    return 0


async def _watch(viewer: Viewer | MachineViewer, view: View) -> None:
    with contextlib.suppress(asyncio.CancelledError), Live(_drawn(view, {}), console=output.out, screen=False) as live:
        while True:
            before = {(one.project, one.name, one.limit): one.spent for one in view.limits}
            await asyncio.sleep(_EVERY)
            view = await viewer.view()
            live.update(_drawn(view, before))


def as_data(view: View) -> dict[str, Any]:
    """The same for programs."""
    return {
        "limits": [{**one._asdict(), "leases": [lease._asdict() for lease in one.leases]} for one in view.limits],
        "pauses": [pause._asdict() for pause in view.pauses],
    }


def _drawn(view: View, before: dict[tuple[str, str, str], float]) -> RenderableType:
    table = Table("project", "operation", "limit", "a second", "left", "pace", "leases", box=None, pad_edge=False)
    for one in view.limits:
        table.add_row(
            one.project, one.name, one.limit, _speed(one, before), f"{one.left:,.0f}", f"{one.pace:.0%}", _held(one)
        )
    pauses = [_said(pause) for pause in view.pauses]
    nothing = [] if view.limits else ["No limits are shared there."]
    return Group(*([table] if view.limits else []), *pauses, *nothing)


def _said(pause: Pause) -> str:
    ahead = f"; {pause.goes_ahead} goes ahead" if pause.goes_ahead else ""
    times = f"rejected {pause.rejections} times in a row"
    return f"{pause.project} {pause.name}: paused for {output.seconds(pause.seconds)}, {times}{ahead}"


def _speed(one: Standing, before: dict[tuple[str, str, str], float]) -> str:
    """Units spent in the last second or, if that is not known yet, since the beginning."""
    known = before.get((one.project, one.name, one.limit))
    return f"{one.spent:,.0f} in total" if known is None else f"{max(one.spent - known, 0) / _EVERY:,.0f}"


def _held(one: Standing) -> str:
    return ", ".join(
        f"{lease.process} {lease.units:,.0f}{' next' * (lease.state == 'reserved')}" for lease in one.leases
    )
