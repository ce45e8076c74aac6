"""`export`: asked for, waited for, and fetched part by part."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from batch_api import BatchClient, ConfigurationError
from batch_api.cli import output

STATE = "export.json"
"""What was asked for, and under which id: the same command in the same folder goes on from there."""

Request = dict[str, Any]


def request_of(
    kind: str,
    *,
    attributes: Sequence[str],
    identifiers: Sequence[str],
    events: Sequence[str],
    channels: Sequence[str],
    start: str | None,
    end: str,
    segment: str | None,
) -> Request:
    """The body of an export. Raises `ConfigurationError` for what does not go together."""
    request: Request = {"export_type": kind.upper()}
    if identifiers:
        request["identifiers"] = list(identifiers)
    if kind == "attributes":
        _refuse(kind, event=events, channel=channels)
        if not (attributes or identifiers):
            request["identifiers"] = ["custom_id"]
        if attributes:
            request["attributes"] = list(attributes)
    else:
        if start is None:
            raise ConfigurationError(f"An export of {kind} needs --from, at most 90 days ago.")
        request |= {"from": start, "to": end}
        if kind == "events":
            _refuse(kind, attribute=attributes, channel=channels)
            _need(kind, "event", events)
            request["events"] = list(events)
        else:
            _refuse(kind, attribute=attributes, event=events)
            _need(kind, "channel", channels)
            request["channels"] = list(channels)
    if segment is not None:
        request["filter"] = {"segment": segment}
    return request


def _refuse(kind: str, **given: Sequence[str]) -> None:
    for name, values in given.items():
        if values:
            raise ConfigurationError(f"An export of {kind} takes no --{name}.")


def _need(kind: str, name: str, values: Sequence[str]) -> None:
    if not values:
        raise ConfigurationError(f"An export of {kind} needs --{name}.")


async def carry_out(client: BatchClient, request: Request | None, id: str | None, folder: Path) -> list[Path]:
    """Fetch all parts of an export into a folder: of one that exists already, or of a new one."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    state = folder / STATE
    async with client:
        if id is None:
            assert request is not None  # noqa: S101
            id = _known(state, request) or await _ask(client, state, request)
        with output.err.status(f"Export {id}") as status:
            record = await client.exports.wait(
                id, timeout=None, on_progress=lambda seen: status.update(f"Export {id}: {seen.status}")
            )
        files = sorted(record.files or [], key=lambda file: file.part or 0)
        return [
            await _fetch(client, file.id, file.size, folder / f"part-{file.part or number:04}.json")
            for number, file in enumerate(files, 1)
        ]


def _known(state: Path, request: Request) -> str | None:
    """The id of the export that was asked for here before."""
    if not state.exists():
        return None
    try:
        found = json.loads(state.read_text(encoding="utf-8"))
        same, id = found["request"] == request, found["id"]
    except (ValueError, KeyError, TypeError):
        raise ConfigurationError(f"{state} is damaged. Delete it to ask for a new export.") from None
    if not same:
        raise ConfigurationError(f"{state.parent} holds another export. Name another folder by --output.")
    output.err.print(f"Going on with {id}.")
    return str(id)


async def _ask(client: BatchClient, state: Path, request: Request) -> str:
    id = await client.profiles.export(request)
    if not id:
        raise ConfigurationError("The API took the request and named no export: look for it with `list exports`.")
    part = state.with_suffix(".part")
    part.write_text(json.dumps({"id": id, "request": request}, indent=2), encoding="utf-8")
    os.replace(part, state)
    return id


async def _fetch(client: BatchClient, file_id: str | None, size: int | None, path: Path) -> Path:
    """A part that is there is whole: it gets its name at the end."""
    if path.exists():
        output.err.print(f"{path} is there already.")
        return path
    columns = (TextColumn("{task.description}"), BarColumn(bar_width=30), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=output.err, disable=not output.err.is_terminal) as bar:
        task = bar.add_task(path.name, total=size)
        await client.exports.download_to(
            file_id, path, on_progress=lambda received, whole: bar.update(task, completed=received, total=whole or size)
        )
    return path
