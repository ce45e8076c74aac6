"""Real customer records on their way to a Batch API that enforces its documented limits, by the command `batch-api`.

    make demo                                              # the purchases in examples/data/
    make demo INPUT=customers.csv ID=email                 # any CSV file with a header

It serves the fake API on loopback in a process of its own, writes files, and runs the command on them:

1. `profiles`: `import profiles` with the attributes of each profile, as in the last line that names it;
2. `purchases`: `import profiles --endpoint update` with an event for each line, up to 15 in one edit of a profile;
3. `catalog`: `import catalog` with cars;
4. `audience`: `import audience` with all profiles;
5. `exports`: `export profiles`, twice, for all that is stored, which is compared with what was sent.

What was lost is measured and not assumed: profiles and events are compared with the exports, one by one, catalog and
audience with the server's counts. Requests, 429s and rates are the server's own figures. The exit code is 0 if nothing
was rejected and nothing lost, 1 otherwise, and 2 for a file that cannot be read.

This is for the fake only: it takes the project for empty and for its own.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import csv
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
from typing import Any
from urllib.parse import urljoin

import httpx
import orjson
from rich.console import Console

from batch_api import BatchClient, BatchError, Limit
from batch_api.cli.importing import LEFT_OVER
from batch_api.testing.fake import STATISTICS_PATH
from batch_api.types import CatalogFieldType
from examples import board, csvfile
from examples.board import Row
from examples.csvfile import Record, Table

DATA = Path(__file__).parent / "data"

EVENT = "purchase"
CATALOG = "cars"
AUDIENCE = "customers"

EVENTS_IN_EDIT = 15
ATTRIBUTES_OF_EVENT = 20

Body = dict[str, Any]
Statistics = dict[str, dict[str, float]]
Command = Callable[..., Awaitable[int]]
"""Runs `batch-api` with these arguments; gives its exit code."""


# -- from records to files -------------------------------------------------------------------------------------------


def profile_edits(records: Iterable[Record]) -> list[Body]:
    """One edit for each profile: the attributes of its last record."""
    latest = {record.id: record.attributes for record in records}
    return [{"identifiers": {"custom_id": id}, "attributes": attributes} for id, attributes in latest.items()]


def event_edits(records: Iterable[Record]) -> list[Body]:
    """An event for each record, up to 15 in an edit. Those of a profile stay in order: an import sees to it.

    Events carry no `time`, because the API refuses what is older than 24 hours: a purchase of 1997 tells its date in an
    attribute. An event without `time` happens when it arrives.
    """
    events: dict[str, list[Body]] = defaultdict(list)
    for record in records:
        attributes = dict(list(record.attributes.items())[:ATTRIBUTES_OF_EVENT])
        events[record.id].append({"name": EVENT, "attributes": attributes})
    return [
        {"identifiers": {"custom_id": id}, "events": of_profile[start : start + EVENTS_IN_EDIT]}
        for id, of_profile in events.items()
        for start in range(0, len(of_profile), EVENTS_IN_EDIT)
    ]


def item_edits(records: Iterable[Record]) -> list[Body]:
    """Items to add to a catalog."""
    return [{"id": record.id, "action": "add", "attributes": record.attributes} for record in records]


def write_lines(path: Path, edits: Iterable[Body]) -> Path:
    """JSON lines, which carry all types."""
    with path.open("wb") as file:
        file.writelines(orjson.dumps(edit, option=orjson.OPT_UTC_Z) + b"\n" for edit in edits)
    return path


def write_ids(path: Path, ids: Iterable[str]) -> Path:
    """A CSV file of one column."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows([("id",), *((id,) for id in ids)])
    return path


# -- the job ---------------------------------------------------------------------------------------------------------


class Failed(Exception):
    """A command failed, and has printed why."""


@dataclass
class Phase:
    """A part of the job. The first of its `operations` does the work."""

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
    """All phases. `client` does what the command cannot: create a catalog and an audience, and view both."""

    def __init__(self, client: BatchClient, command: Command, customers: Table, items: Table, folder: Path) -> None:
        self._client = client
        self._command = command
        self._folder = folder
        self._columns = customers.columns
        self._profiles = profile_edits(customers.records)
        self._purchases = event_edits(customers.records)
        self._items = item_edits(items.records)
        self._fields: dict[str, CatalogFieldType] = {column.name: column.kind for column in items.columns}
        self.events = len(customers.records)
        """Each record is one."""
        self.refused: Counter[str] = Counter()
        """Values that the API refused while it accepted the rest, by attribute and kind of problem."""
        self.profiles = Phase("profiles", ("profile_mass_update",), len(self._profiles))
        self.purchases = Phase("purchases", ("profile_update",), len(self._purchases))
        self.catalog = Phase("catalog", ("catalog_items_edit", "catalog_create", "catalog_view"), len(self._items))
        self.audience = Phase("audience", ("audience_update", "audience_create", "audience_view"), len(self._profiles))
        self.exports = Phase("exports", ("export_download", "profile_export", "export_view"), 0)
        self.exports.items = len(self._profiles) + self.events

    async def run(self, statistics: Callable[[], Awaitable[Statistics]]) -> list[Row]:
        """Run all phases, one after another; `statistics` asks the server for its figures.

        Raises `Failed` and `BatchError`.
        """
        phases = {
            self._load_profiles: self.profiles,
            self._track_purchases: self.purchases,
            self._load_catalog: self.catalog,
            self._fill_audience: self.audience,
            self._compare_exports: self.exports,
        }
        for work, phase in phases.items():
            with phase.timed():
                await work()
        figures, limits = await statistics(), self._client.limits()
        return [_row(phase, figures, limits[phase.operations[0]]) for phase in phases.values()]

    async def _load_profiles(self) -> None:
        await self._import("profiles", write_lines(self._folder / "profiles.jsonl", self._profiles))

    async def _track_purchases(self) -> None:
        path = write_lines(self._folder / "purchases.jsonl", self._purchases)
        await self._import("profiles", path, "--endpoint", "update")

    async def _load_catalog(self) -> None:
        await self._client.catalogs.create(CATALOG, self._fields)
        await self._import("catalog", write_lines(self._folder / f"{CATALOG}.jsonl", self._items))
        self.catalog.lost = abs(len(self._items) - ((await self._client.catalogs.view(CATALOG)).items or 0))

    async def _fill_audience(self) -> None:
        ids = [edit["identifiers"]["custom_id"] for edit in self._profiles]
        await self._client.audiences.create(AUDIENCE)
        await self._import("audience", write_ids(self._folder / f"{AUDIENCE}.csv", ids))
        filled = await self._client.audiences.wait(AUDIENCE, None)
        self.audience.lost = abs(len(ids) - ((filled.nb_ids if filled else 0) or 0))

    async def _import(self, kind: str, path: Path, *options: str) -> None:
        """Import a file. What the API refused is reported, and counts as lost if it is missing afterwards."""
        code = await self._command("import", kind, str(path), *options)
        if code not in (0, LEFT_OVER):
            raise Failed(f"The import ended with exit code {code}.")
        report = path.with_suffix(".report.jsonl")
        if report.exists():
            entries = map(json.loads, report.read_text(encoding="utf-8").splitlines())
            self.refused.update(_kind_of(value) for entry in entries for value in entry.get("refused", ()))

    async def _compare_exports(self) -> None:
        """Export everything that is stored, and count what differs from what was sent."""
        columns = [option for column in self._columns for option in ("--attribute", column.name)]
        stored = await self._export("attributes", "--identifier", "custom_id", *columns)
        since = (datetime.now(UTC) - timedelta(hours=1)).isoformat(timespec="seconds")
        tracked = await self._export(
            "events", "--identifier", "custom_id", "--event", EVENT, "--from", since.replace("+00:00", "Z")
        )
        self.profiles.lost = difference(
            (_mark(edit["identifiers"], _stored(edit["attributes"])) for edit in self._profiles),
            (_mark(profile["identifiers"], profile["attributes"]) for profile in stored),
        )
        self.purchases.lost = difference(
            (_mark(edit["identifiers"], event["attributes"]) for edit in self._purchases for event in edit["events"]),
            (_mark(found["identifiers"], found["event"].get("attributes", {})) for found in tracked),
        )
        self.exports.lost = abs(self.exports.items - len(stored) - len(tracked))

    async def _export(self, kind: str, *options: str) -> list[Any]:
        """The lines of an export."""
        folder = self._folder / kind
        code = await self._command("export", "profiles", "--type", kind, *options, "--output", str(folder))
        if code:
            raise Failed(f"The export ended with exit code {code}.")
        parts = sorted(folder.glob("part-*.json"))
        return [json.loads(line) for part in parts for line in part.read_text(encoding="utf-8").split("\n") if line]


# -- what was lost ---------------------------------------------------------------------------------------------------


def difference(sent: Iterable[str], held: Iterable[str]) -> int:
    """How many things are not on the server as they were sent: missing, changed or duplicated."""
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


def _kind_of(refused: Body) -> str:
    return f"{refused['attribute'] or 'something'} ({refused['category'] or 'no reason given'})"


def _row(phase: Phase, figures: Statistics, limits: Sequence[Limit]) -> Row:
    """The server's figures of a phase. It computes the pace as we do: the items after the first request, by time."""
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
    try:
        with fake_api() as url:
            console.print(
                f"The fake Batch API: {url}, with the documented limits. Nothing leaves this machine.\n", soft_wrap=True
            )
            rows = asyncio.run(_demonstrate(url, customers, console))
    except (BatchError, Failed) as failure:
        sys.stderr.write(f"The demo ended early. {failure}\n")
        return 1
    return 1 if any(row.rejected or row.lost for row in rows) else 0


async def _demonstrate(url: str, customers: Table, console: Console) -> list[Row]:
    async def statistics() -> Statistics:
        async with httpx.AsyncClient() as http:
            figures: Statistics = (await http.get(urljoin(url, STATISTICS_PATH))).json()
            return figures

    account = {"BATCH_REST_API_KEY": "rest_demo", "BATCH_PROJECT_KEY": "project_demo", "BATCH_BASE_URL": url}

    async def command(*arguments: str) -> int:
        """Run a command in the demo's terminal, shown as one would type it."""
        console.print(f"$ batch-api {' '.join(map(_typed, arguments))}", soft_wrap=True)
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "batch_api.cli", *arguments, env=os.environ | account
        )
        code = await process.wait()
        # The next process does not know what this one has used: wait for a second, the period of most limits.
        await asyncio.sleep(1.1)
        return code

    with tempfile.TemporaryDirectory() as folder:
        async with BatchClient("rest_demo", "project_demo", base_url=url) as client:
            job = Job(client, command, customers, csvfile.read(DATA / "cars.csv"), Path(folder))
            rows = await job.run(statistics)
    conclude(console, rows, job)
    return rows


def _typed(argument: str) -> str:
    """Without the folder of a file, which is of no interest."""
    return Path(argument).name if os.path.isabs(argument) else argument


@contextlib.contextmanager
def fake_api(*options: str) -> Iterator[str]:
    """Runs the fake API in a process of its own, with options of its command; yields its base URL."""
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
    """A path relative to the current folder, if it is below it."""
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
    """Print the results."""
    console.print()
    console.print(board.table(rows))
    console.print(
        f"Purchases are counted as the limit counts them: {job.events:,} events in {job.purchases.items:,} edits."
    )
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
