"""Real customer records on their way to a Batch API that enforces its documented limits.

    make demo                                              # the purchases in examples/data/
    make demo INPUT=customers.csv ID=email                 # any CSV file with a header

It serves the fake API on loopback in a process of its own and, with one client,

1. `profiles`: writes the attributes of each profile, as in the last line that names it, with `profiles.mass_update`;
2. `purchases`: tracks an event for each line, up to 15 in one edit of a profile, with `profiles.update`;
3. `catalog`: loads a catalog of cars;
4. `audience`: puts all profiles into an audience;
5. `exports`: asks for all that is stored, and compares it with what was sent.

What was lost is measured and not assumed: profiles and events are compared with the exports, one by one, catalog and
audience with the server's counts. Requests, 429s and rates are the server's own figures. The exit code is 0 if nothing
was rejected and nothing lost, 1 otherwise, and 2 for a file that cannot be read.

This is for the fake only: it takes the project for empty and for its own.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urljoin

import httpx
from rich.console import Console

from batch_api import BatchClient, BatchError, Limit, PartialError, UpdateResult
from batch_api.testing.fake import STATISTICS_PATH
from examples import board, csvfile
from examples.board import Board, Line, Row
from examples.csvfile import Record, Table

DATA = Path(__file__).parent / "data"

EVENT = "purchase"
CATALOG = "cars"
AUDIENCE = "customers"

IN_FLIGHT = 4
"""Calls at once: enough to hide the time of an answer. The client keeps to the limits however many there are."""
MASS_CHUNK = 5_000
"""Half of what a call may carry, and of what the server allows in a second: so one call can follow another at once."""
UPDATE_CHUNK = 200
ITEMS_CHUNK = 200
AUDIENCE_CHUNK = 10_000
EVENTS_IN_EDIT = 15
ATTRIBUTES_OF_EVENT = 20

Body = dict[str, Any]
Statistics = dict[str, dict[str, float]]
T = TypeVar("T")
R = TypeVar("R")


# -- from records to edits -------------------------------------------------------------------------------------------


def profile_edits(records: Iterable[Record]) -> list[Body]:
    """One edit for each profile: the attributes of its last record."""
    latest = {record.id: record.attributes for record in records}
    return [{"identifiers": {"custom_id": id}, "attributes": attributes} for id, attributes in latest.items()]


def event_edits(records: Iterable[Record]) -> list[list[Body]]:
    """An event for each record, in rounds that hold at most one edit of each profile.

    To send one round after another keeps the events of a profile in order, however many calls are in flight. Events
    carry no `time`, because the API refuses what is older than 24 hours: a purchase of 1997 tells its date in an
    attribute. An event without `time` happens when it arrives.
    """
    events: dict[str, list[Body]] = defaultdict(list)
    for record in records:
        events[record.id].append({"name": EVENT, "attributes": _first(record.attributes, ATTRIBUTES_OF_EVENT)})
    rounds: list[list[Body]] = []
    for id, of_profile in events.items():
        for number, part in enumerate(batches(of_profile, EVENTS_IN_EDIT)):
            if number == len(rounds):
                rounds.append([])
            rounds[number].append({"identifiers": {"custom_id": id}, "events": part})
    return rounds


def item_edits(records: Iterable[Record]) -> list[Body]:
    """Items to add to a catalog."""
    return [{"id": record.id, "action": "add", "attributes": record.attributes} for record in records]


def batches(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """`items` in parts of at most `size`."""
    return (items[start : start + size] for start in range(0, len(items), size))


def _first(attributes: Body, count: int) -> Body:
    return dict(list(attributes.items())[:count])


# -- the job ---------------------------------------------------------------------------------------------------------


@dataclass
class Phase:
    """A part of the job. Of its `operations` the first does the work."""

    name: str
    operations: tuple[str, ...]
    items: int
    seconds: float = 0.0
    lost: int = 0

    @contextlib.contextmanager
    def timed(self) -> Iterator[None]:
        now = asyncio.get_running_loop().time
        began = now()
        yield
        self.seconds = now() - began


class Job:
    """All phases, on one client."""

    def __init__(self, client: BatchClient, customers: Table, items: Table, shown: Board) -> None:
        self._client = client
        self._board = shown
        self.events = len(customers.records)
        self._columns = customers.columns
        self._profiles = profile_edits(customers.records)
        self._rounds = event_edits(customers.records)
        self._items = item_edits(items.records)
        self._fields = {column.name: column.kind for column in items.columns}
        self.refused: Counter[str] = Counter()
        """Values that the API refused while it took the rest, by attribute and kind of problem."""
        edits = sum(len(edits) for edits in self._rounds)
        self.profiles = Phase("profiles", ("profile_mass_update",), len(self._profiles))
        self.purchases = Phase("purchases", ("profile_update",), edits)
        self.catalog = Phase("catalog", ("catalog_items_edit", "catalog_create", "catalog_view"), len(self._items))
        self.audience = Phase("audience", ("audience_update", "audience_create", "audience_view"), len(self._profiles))
        lines = len(self._profiles) + self.events
        self.exports = Phase("exports", ("export_download", "profile_export", "export_view"), lines)

    async def run(self, statistics: Callable[[], Awaitable[Statistics]]) -> list[Row]:
        """Run all phases, one after another; `statistics` asks the server for its figures. Raises `BatchError`."""
        phases = {
            self._load_profiles: self.profiles,
            self._track_purchases: self.purchases,
            self._load_catalog: self.catalog,
            self._fill_audience: self.audience,
            self._compare_exports: self.exports,
        }
        limits = self._client.limits()
        for work, phase in phases.items():
            with phase.timed():
                await work(self._board.line(phase.name, phase.items, limits[phase.operations[0]]))
        figures = await statistics()
        return [_row(phase, figures, limits[phase.operations[0]]) for phase in phases.values()]

    async def _load_profiles(self, line: Line) -> None:
        results = await send_all(self._client.profiles.mass_update, batches(self._profiles, MASS_CHUNK), line)
        self._note_refused(results)

    async def _track_purchases(self, line: Line) -> None:
        for edits in self._rounds:
            self._note_refused(await send_all(self._client.profiles.update, batches(edits, UPDATE_CHUNK), line))

    async def _load_catalog(self, line: Line) -> None:
        catalogs = self._client.catalogs
        await catalogs.create(CATALOG, self._fields)
        edited = await send_all(
            lambda items: catalogs.edit_items(CATALOG, items), batches(self._items, ITEMS_CHUNK), line
        )
        for result in edited:
            await catalogs.wait(CATALOG, result.indexing_token)
        self.catalog.lost = abs(len(self._items) - ((await catalogs.view(CATALOG)).items or 0))

    async def _fill_audience(self, line: Line) -> None:
        audiences = self._client.audiences
        ids = [edit["identifiers"]["custom_id"] for edit in self._profiles]
        await audiences.create(AUDIENCE)
        edited = await send_all(lambda ids: audiences.update(AUDIENCE, ids), batches(ids, AUDIENCE_CHUNK), line)
        for result in edited:
            await audiences.wait(AUDIENCE, result.indexing_token)
        self.audience.lost = abs(len(ids) - ((await audiences.view(AUDIENCE)).nb_ids or 0))

    async def _compare_exports(self, line: Line) -> None:
        """Fetch all that is stored, and count what differs from what was sent."""
        attributes: Body = {"export_type": "ATTRIBUTES", "identifiers": ["custom_id"]}
        if self._columns:
            attributes["attributes"] = [column.name for column in self._columns]
        since = datetime.now(UTC) - timedelta(hours=1)
        events: Body = {
            "export_type": "EVENTS",
            "identifiers": ["custom_id"],
            "events": [EVENT],
            "from": since,
            "to": "now",
        }
        with tempfile.TemporaryDirectory() as folder:
            async with asyncio.TaskGroup() as group:
                stored = group.create_task(self._export(attributes, Path(folder, "attributes"), line))
                tracked = group.create_task(self._export(events, Path(folder, "events"), line))
        self.profiles.lost = difference(
            (_mark(edit["identifiers"], _stored(edit["attributes"])) for edit in self._profiles),
            (_mark(profile["identifiers"], profile["attributes"]) for profile in stored.result()),
        )
        self.purchases.lost = difference(
            (
                _mark(edit["identifiers"], event["attributes"])
                for edits in self._rounds
                for edit in edits
                for event in edit["events"]
            ),
            (_mark(found["identifiers"], found["event"].get("attributes", {})) for found in tracked.result()),
        )
        self.exports.lost = abs(self.exports.items - len(stored.result()) - len(tracked.result()))

    async def _export(self, request: Body, path: Path, line: Line) -> list[Any]:
        """The lines of an export."""
        id = await self._client.profiles.export(request)
        record = await self._client.exports.wait(id, on_progress=lambda seen: line.say(str(seen.status)))
        lines: list[Any] = []
        for file in record.files or []:
            await self._client.exports.download_to(file.id, path)
            with path.open(encoding="utf-8") as content:
                lines += [json.loads(text) for text in content]
        line.advance(len(lines))
        return lines

    def _note_refused(self, results: Iterable[UpdateResult]) -> None:
        self.refused.update(_kind_of(error) for result in results for error in result.errors)


async def send_all(send: Callable[[Sequence[T]], Awaitable[R]], chunks: Iterable[Sequence[T]], line: Line) -> list[R]:
    """Send all chunks, a few at once, and give back the answers. The first failure cancels the rest."""
    waiting = iter(chunks)
    results: list[R] = []

    async def work() -> None:
        for chunk in waiting:
            results.append(await send(chunk))
            line.sent(len(chunk))

    async with asyncio.TaskGroup() as group:
        for _ in range(IN_FLIGHT):
            group.create_task(work())
    return results


# -- what was lost ---------------------------------------------------------------------------------------------------


def difference(sent: Iterable[str], held: Iterable[str]) -> int:
    """How many things the server does not hold as they were sent: absent, changed, or there more often."""
    ours, theirs = Counter(sent), Counter(held)
    return max((ours - theirs).total(), (theirs - ours).total())


def _mark(identifiers: Body, attributes: Body) -> str:
    """The same text for the same attributes of the same profile."""
    return json.dumps([identifiers["custom_id"], attributes], sort_keys=True, default=_rfc3339)


def _stored(attributes: Body) -> Body:
    """Attributes as an export names them: without the word around the name of a date."""
    return {name.removeprefix("date(").removesuffix(")"): value for name, value in attributes.items()}


def _rfc3339(date: datetime) -> str:
    return date.isoformat().replace("+00:00", "Z")


def _kind_of(error: PartialError) -> str:
    return f"{error.attribute or 'something'} ({error.category or 'not said why'})"


def _row(phase: Phase, figures: Statistics, limits: Sequence[Limit]) -> Row:
    """The server's figures of a phase. It counts the pace as we do: what came after the first request, by time."""
    seen = [figures[operation] for operation in phase.operations]
    main = seen[0]
    return Row(
        phase.name,
        sum(int(figure["requests"]) for figure in seen),
        phase.items,
        phase.seconds,
        board.share_of(limits, main["requests_per_second"], main["items_per_second"]) if main["accepted"] > 1 else None,
        sum(int(figure["rejected"]) for figure in seen),
        phase.lost,
    )


# -- the command -----------------------------------------------------------------------------------------------------


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo as the command line says. Returns the exit status."""
    options = _parser().parse_args(arguments)
    console = Console(highlight=False, markup=False)
    try:
        customers = csvfile.read(options.input, options.id or None)
    except csvfile.InputError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    _introduce(console, _shown(options.input), customers)
    failures: Sequence[BaseException] = ()
    rows: list[Row] = []
    try:
        with fake_api() as url:
            console.print(
                f"The fake Batch API: {url}, with the documented limits. Nothing leaves this machine.\n", soft_wrap=True
            )
            rows = asyncio.run(_demonstrate(url, customers, console))
    except* BatchError as group:
        failures = group.exceptions
    for failure in failures:
        sys.stderr.write(f"The demo ended early. {failure}\n")
    return 1 if failures or any(row.rejected or row.lost for row in rows) else 0


async def _demonstrate(url: str, customers: Table, console: Console) -> list[Row]:
    async def statistics() -> Statistics:
        async with httpx.AsyncClient() as http:
            figures: Statistics = (await http.get(urljoin(url, STATISTICS_PATH))).json()
            return figures

    async with BatchClient("rest_demo", "project_demo", base_url=url) as client:
        with Board(console) as shown:
            job = Job(client, customers, csvfile.read(DATA / "cars.csv"), shown)
            rows = await job.run(statistics)
    conclude(console, rows, job)
    return rows


@contextlib.contextmanager
def fake_api(*options: str) -> Iterator[str]:
    """The fake API in a process of its own, with options of its command; its base URL, while it runs."""
    command = [sys.executable, "-m", "batch_api.testing", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        try:
            url = next(iter(process.stdout or ()), "").strip()
            if not url:
                raise SystemExit("The fake API did not start.")
            yield url
        finally:
            process.terminate()


def _shown(path: Path) -> str:
    """A path below the folder that one is in, without that folder."""
    return os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path)


def _introduce(console: Console, name: str, customers: Table) -> None:
    profiles = len({record.id for record in customers.records})
    columns = ", ".join(f"{column.name} ({column.kind})" for column in customers.columns) or "none"
    console.print(
        f"{name}: {len(customers.records):,} records of {profiles:,} profiles; attributes: {columns}.", soft_wrap=True
    )
    for note in customers.left_out:
        console.print(f"Left out: {note}.", soft_wrap=True)


def conclude(console: Console, rows: Sequence[Row], job: Job) -> None:
    """Say what came of it."""
    console.print()
    console.print(board.table(rows))
    console.print(f"Purchases count as the limit does: {job.events:,} events went in {job.purchases.items:,} edits.")
    for kind, count in job.refused.items():
        console.print(f"The API refused {count:,} values of {kind}.", soft_wrap=True)
    rejected, lost = sum(row.rejected for row in rows), sum(row.lost for row in rows)
    console.print(f"Measured at the server: {rejected:,} requests rejected, {lost:,} items lost.")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m examples.demo",
        description="Send the records of a CSV file to a fake Batch API with the documented limits, and count losses.",
    )
    parser.add_argument("input", nargs="?", type=Path, default=DATA / "purchases.csv", help="a CSV file with a header")
    parser.add_argument("--id", metavar="COLUMN", help="the column with the ids of the profiles (default: the first)")
    return parser


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
