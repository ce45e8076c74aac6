"""`export`: requested, waited for, and downloaded part by part."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn
from rich.text import Text

from batch_api import BatchClient, ConfigurationError
from batch_api.cli import output
from batch_api.cli.safe import visible
from batch_api.ingest import private
from batch_api.resources.records import numbered

if TYPE_CHECKING:
    from batch_api.models import ExportFile
    from batch_api.types import ExportRequest

STATE = "export.json"
"""What was requested, and the id of the export: the same command in the same folder resumes from there."""

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
    """The body of an export. Raises `ConfigurationError` for options that do not go together."""
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
    """Download all parts of an export into a folder: of an existing one, or of a new one."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    state = folder / STATE
    async with client:
        if id is None:
            assert request is not None  # noqa: S101
            id = _known(state, request) or await _ask(client, state, request)
        with output.err.status(_state(id)) as status:
            record = await client.exports.wait(
                id, timeout=None, on_progress=lambda seen: status.update(_state(id, seen.status))
            )
        return [
            await _fetch(client, file, folder / f"part-{number:04}.json")
            for number, file in numbered(record.files or [])
        ]


def _state(id: str, status: str | None = None) -> Text:
    """A line on the export while it is waited for. Both words are the API's."""
    return Text(visible(f"Export {id}" if status is None else f"Export {id}: {status}"))


def _known(state: Path, request: Request) -> str | None:
    """The id of the export that was requested in this folder before."""
    if private.check(state) is None:
        return None
    try:
        found = json.loads(state.read_text(encoding="utf-8"))
        same, id = found["request"] == request, found["id"]
    except (ValueError, KeyError, TypeError):
        raise ConfigurationError(f"{state} is damaged. Delete it to request a new export.") from None
    if not same:
        raise ConfigurationError(f"{state.parent} holds another export. Name another folder by --output.")
    output.err.print(f"Resuming export {id}.")
    return str(id)


async def _ask(client: BatchClient, state: Path, request: Request) -> str:
    id = await client.profiles.export(cast("ExportRequest", request))
    if not id:
        raise ConfigurationError("The API accepted the request, but returned no id: find it with `list exports`.")
    part = state.with_name(f".{secrets.token_hex(8)}.part")
    with open(part, "x", opener=private.new, encoding="utf-8") as file:  # noqa: ASYNC230 (it is short)
        json.dump({"id": id, "request": request}, file, indent=2)
    part.replace(state)
    return id


async def _fetch(client: BatchClient, file: ExportFile, path: Path) -> Path:
    """Download a part, unless it exists: a part gets its name once it is complete."""
    size = file.size
    there = private.check(path)
    if there is not None:
        if size is not None and there.st_size != size:
            raise ConfigurationError(
                f"Expected {path} to have {size:,} bytes like this part of the export, got {there.st_size:,}: it is"
                " another file. Move it away, or name another folder by --output."
            )
        output.err.print(f"{path} already exists.")
        return path
    columns = (TextColumn("{task.description}"), BarColumn(bar_width=30), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=output.err, disable=not output.err.is_terminal) as bar:
        task = bar.add_task(path.name, total=size)
        await client.exports.download_to(
            file.id, path, on_progress=lambda received, whole: bar.update(task, completed=received, total=whole or size)
        )
    return path
