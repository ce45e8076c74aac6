"""The commands and their options."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import typer

from batch_api import BatchClient, BatchError, __version__
from batch_api.cli import converting, exporting, importing, jobs, listing, output
from batch_api.cli import doctor as doctor_
from batch_api.cli.account import Account, warn_of_others
from batch_api.cli.importing import INTERRUPTED, UNUSABLE, Paths
from batch_api.cli.jobs import Target
from batch_api.cli.leftovers import beside
from batch_api.cli.output import Format
from batch_api.cli.reading import Reading, Table
from batch_api.ingest.sources.tables.names import Names

app = typer.Typer(
    name="batch-api",
    no_args_is_help=True,
    rich_markup_mode=None,  # its boxes break words on a terminal of 80 columns
    pretty_exceptions_enable=False,  # its tracebacks show local variables, keys among them
    help="Imports, exports and lists of a Batch.com project. Keys come from BATCH_REST_API_KEY and BATCH_PROJECT_KEY,"
    " or from a file with them, which may also set BATCH_BASE_URL and BATCH_QUOTA_URL.",
)
imports = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Send a file: CSV with a header, or JSON lines."
)
exports = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Export data of a project.")
app.add_typer(imports, name="import")
app.add_typer(exports, name="export")


class Settings:
    """The options that stand before the command."""

    credentials: Path | None = None
    share: float | None = None

    @classmethod
    def client(cls) -> BatchClient:
        warn_of_others(cls.credentials)
        return Account.found(cls.credentials).client(share=cls.share)


def _version(wanted: bool) -> None:
    if wanted:
        output.out.print(f"batch_api {__version__}")
        raise typer.Exit


@app.callback()
def settings(
    credentials: Annotated[
        Path | None,
        typer.Option(envvar="BATCH_CREDENTIALS", help="A file with BATCH_REST_API_KEY=… and BATCH_PROJECT_KEY=…"),
    ] = None,
    share: Annotated[
        float | None, typer.Option(help="The part of every limit to use, such as 0.5. By default all of it.")
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """The options of all commands."""
    Settings.credentials, Settings.share = credentials, share


# -- import ----------------------------------------------------------------------------------------------------------


Endpoint = Literal["mass-update", "update"]
Mode = Literal["update", "replace"]
File = Annotated[
    Path,
    typer.Argument(
        exists=True, dir_okay=False, readable=True, help="A .csv, .jsonl or .parquet file; the first two also with .gz."
    ),
]
Name = Annotated[str | None, typer.Option(help="Its name. By default that of the file.", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Check all lines and estimate the time; send nothing.")]
DeadLetter = Annotated[
    Path | None,
    typer.Option(dir_okay=False, help="Where invalid lines go. By default next to the file."),
]
CheckpointFile = Annotated[
    Path | None,
    typer.Option("--checkpoint", dir_okay=False, help="Remembers what is done. By default next to the file."),
]
NoCheckpoint = Annotated[bool, typer.Option("--no-checkpoint", help="Keep no checkpoint: start from the beginning.")]
Null = Annotated[
    list[str] | None, typer.Option(help="A CSV cell that deletes an attribute, such as NULL; by default none.")
]
Text = Annotated[list[str] | None, typer.Option(help="A CSV column whose cells are text, whatever they look like.")]
Zone = Annotated[str, typer.Option(help="The time zone of dates that name none, such as Europe/Paris.")]
Delimiter = Annotated[str, typer.Option(help="The character between CSV cells.")]
Decimal = Annotated[str, typer.Option(help="The character before decimals in CSV cells: . or ,")]
Encoding = Annotated[str, typer.Option(help="The encoding of a CSV file, such as cp1252 or utf-16.")]
NoHeader = Annotated[bool, typer.Option("--no-header", help="The CSV file is a list of ids without a header.")]
Id = Annotated[str | None, typer.Option("--id", help="The column of the ids.", show_default=False)]
Map = Annotated[list[str] | None, typer.Option("--map", metavar="COLUMN=KEY", help="The attribute that a column is.")]
Skip = Annotated[list[str] | None, typer.Option("--skip", metavar="COLUMN", help="A column to leave out.")]
AsNames = Annotated[Names, typer.Option("--names", metavar="NAMES", help="cloud-sync for date__x, url__x, batch__x.")]
Events = Annotated[bool, typer.Option("--events", help="Each row is an event: event_name, event_time.")]
Trim = Annotated[bool, typer.Option("--trim", help="Take away white space around CSV names and cells.")]


@imports.command("profiles")
def import_profiles(
    file: File,
    endpoint: Annotated[
        Endpoint, typer.Option("--endpoint", metavar="ENDPOINT", help="Or update: 300 profiles a second.")
    ] = "mass-update",
    resend_events: Annotated[
        bool,
        typer.Option("--resend-events", help="Retry events after a lost answer, although they may be counted twice."),
    ] = False,
    dry_run: DryRun = False,
    json: AsJson = False,
    dead_letter: DeadLetter = None,
    checkpoint: CheckpointFile = None,
    no_checkpoint: NoCheckpoint = False,
    id: Id = None,
    map: Map = None,
    skip: Skip = None,
    names: AsNames = "as-written",
    events: Events = False,
    null: Null = None,
    text: Text = None,
    zone: Zone = "UTC",
    delimiter: Delimiter = ",",
    decimal: Decimal = ".",
    encoding: Encoding = "utf-8",
    trim: Trim = False,
) -> None:
    """Write profiles. The CSV column custom_id is the profile's id; the others are attributes, named as in the API."""
    target = jobs.profiles(endpoint, resend_events=resend_events)
    paths = _paths(file, dead_letter, checkpoint, no_checkpoint)
    reading = _reading(null, text, zone, delimiter, decimal, encoding, trim)
    table = _table(id, map, skip, names, events)
    _import(file, target, paths, reading._replace(table=table), dry_run=dry_run, json=json)


@imports.command("catalog")
def import_catalog(
    file: File,
    name: Name = None,
    dry_run: DryRun = False,
    json: AsJson = False,
    dead_letter: DeadLetter = None,
    checkpoint: CheckpointFile = None,
    no_checkpoint: NoCheckpoint = False,
    id: Id = None,
    map: Map = None,
    skip: Skip = None,
    names: AsNames = "as-written",
    null: Null = None,
    text: Text = None,
    zone: Zone = "UTC",
    delimiter: Delimiter = ",",
    decimal: Decimal = ".",
    encoding: Encoding = "utf-8",
    trim: Trim = False,
) -> None:
    """Add items to an existing catalog. The CSV column id is the item's id; the others are its attributes."""
    target = jobs.catalog(name or _stem(file))
    paths = _paths(file, dead_letter, checkpoint, no_checkpoint)
    reading = _reading(null, text, zone, delimiter, decimal, encoding, trim)
    table = _table(id, map, skip, names)
    _import(file, target, paths, reading._replace(table=table), dry_run=dry_run, json=json)


@imports.command("audience")
def import_audience(
    file: File,
    name: Name = None,
    mode: Annotated[
        Mode, typer.Option("--mode", metavar="MODE", help="Or replace, which empties the audience first.")
    ] = "update",
    dry_run: DryRun = False,
    json: AsJson = False,
    dead_letter: DeadLetter = None,
    checkpoint: CheckpointFile = None,
    no_checkpoint: NoCheckpoint = False,
    null: Null = None,
    text: Text = None,
    zone: Zone = "UTC",
    delimiter: Delimiter = ",",
    decimal: Decimal = ".",
    encoding: Encoding = "utf-8",
    trim: Trim = False,
    no_header: NoHeader = False,
) -> None:
    """Add ids to an existing audience. The CSV column id, or else the first, is the id; the others are attributes."""
    target = jobs.audience(name or _stem(file), mode)
    paths = _paths(file, dead_letter, checkpoint, no_checkpoint)
    _import(
        file,
        target,
        paths,
        _reading(null, text, zone, delimiter, decimal, encoding, trim, header=not no_header),
        dry_run=dry_run,
        json=json,
    )


def _stem(file: Path) -> str:
    return file.name.split(".")[0]


def _paths(file: Path, dead_letter: Path | None, checkpoint: Path | None, no_checkpoint: bool) -> Paths:
    letters = dead_letter or beside(file, "dead-letter")
    if letters.resolve() == file.resolve():
        raise typer.BadParameter("Expected a file other than the one to import.", param_hint="--dead-letter")
    remembers = None if no_checkpoint else checkpoint or file.with_name(f"{file.name}.checkpoint")
    return Paths(letters, beside(file, "report", ".jsonl"), remembers)


def _reading(
    null: list[str] | None,
    text: list[str] | None,
    zone: str,
    delimiter: str,
    decimal: str,
    encoding: str,
    trim: bool,
    header: bool = True,
) -> Reading:
    try:
        known = ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        raise typer.BadParameter(
            f"Expected a time zone such as Europe/Paris, got {zone}.", param_hint="--zone"
        ) from None
    return Reading(tuple(null or ()), tuple(text or ()), known, delimiter, decimal, encoding, trim, header)


def _table(id: str | None, map: list[str] | None, skip: list[str] | None, names: Names, events: bool = False) -> Table:
    columns: dict[str, str | None] = dict.fromkeys(skip or ())
    for pair in map or ():
        column, equals, key = pair.rpartition("=")
        if not equals or not column or not key:
            raise typer.BadParameter(f"Expected COLUMN=KEY, got {pair}.", param_hint="--map")
        columns[column] = key
    return Table(id, tuple(columns.items()), names, events)


def _import(file: Path, target: Target, paths: Paths, reading: Reading, *, dry_run: bool, json: bool) -> None:
    if dry_run:
        raise typer.Exit(_run(_rehearse(file, target, reading, json=json), nothing={} if json else None))
    work = _carry_out(file, target, paths, reading, json=json)
    nothing = importing.nothing_done(file, target) if json else None
    raise typer.Exit(_run(work, goes_on=paths.checkpoint is not None, nothing=nothing))


async def _carry_out(file: Path, target: Target, paths: Paths, reading: Reading, *, json: bool) -> int:
    async with Settings.client() as client:
        source = await reading.fitting_source(file, target, client)
        for hint in importing.hints_of(source):
            output.err.print(f"Note: {hint}")
        outcome = await importing.carry_out(client, target, source, paths)
    if json:
        output.json_of(importing.as_json(outcome))
    else:
        importing.tell(outcome)
    return outcome.exit_code


async def _rehearse(file: Path, target: Target, reading: Reading, *, json: bool) -> int:
    source = reading.source(file, target)
    found = await importing.rehearse(jobs.offline(Settings.share), target, source)
    if json:
        output.json_of(importing.rehearsal_as_json(found, source, target))
    else:
        importing.tell_rehearsal(found, source, target)
    return found.exit_code


# -- export ----------------------------------------------------------------------------------------------------------


ExportKind = Literal["attributes", "events", "reachability"]


@exports.command("profiles")
def export_profiles(
    kind: Annotated[ExportKind, typer.Option("--type", help="A snapshot, or a period.")] = "attributes",
    attribute: Annotated[list[str] | None, typer.Option(help="An attribute, such as $region or tier.")] = None,
    identifier: Annotated[list[str] | None, typer.Option(help="An identifier, such as custom_id.")] = None,
    event: Annotated[list[str] | None, typer.Option(help="An event, such as email_sent.")] = None,
    channel: Annotated[list[str] | None, typer.Option(help="A channel, such as email.")] = None,
    start: Annotated[str | None, typer.Option("--from", help="RFC 3339, at most 90 days ago.")] = None,
    end: Annotated[str, typer.Option("--to", help="RFC 3339, or now.")] = "now",
    segment: Annotated[str | None, typer.Option(help="Only profiles of this segment, by its code.")] = None,
    id: Annotated[str | None, typer.Option(help="The id of an export that was requested before.")] = None,
    folder: Annotated[Path, typer.Option("--output", file_okay=False, help="Where the parts go.")] = Path("export"),
    form: Annotated[
        Literal["parts", "jsonl", "csv"],
        typer.Option("--format", help="Besides the parts, one file of all records."),
    ] = "parts",
    json: AsJson = False,
) -> None:
    """Request an export, wait for it, and download its parts. The same command in the same folder resumes it."""

    async def carry_out() -> int:
        request = None
        if id is None:
            request = exporting.request_of(
                kind,
                attributes=attribute or (),
                identifiers=identifier or (),
                events=event or (),
                channels=channel or (),
                start=start,
                end=end,
                segment=segment,
            )
        files = await exporting.carry_out(Settings.client(), request, id, folder)
        if not files and not json:
            output.out.print("The export is empty: it has no files.")
        if form != "parts":
            files = [*files, await converting.convert(files, form, folder)]
        if json:
            output.json_of([{"path": str(file), "bytes": file.stat().st_size} for file in files])
        else:
            for file in files:
                output.out.print(f"{file}: {file.stat().st_size:,} bytes")
        return 0

    raise typer.Exit(_run(carry_out(), goes_on=True))


# -- list and view ---------------------------------------------------------------------------------------------------

Form = Annotated[Format, typer.Option("--format", "-f", help="The output format.")]
Resource = Annotated[
    str,
    typer.Argument(help=", ".join(listing.KINDS), metavar="RESOURCE", autocompletion=lambda: list(listing.KINDS)),
]


@app.command("list")
def list_(resource: Resource, form: Form = Format.TABLE, json: AsJson = False) -> None:
    """List all audiences, catalogs, campaigns or others."""
    raise typer.Exit(_run(listing.show_list(Settings.client, _resource(resource), Format.JSON if json else form)))


@app.command()
def view(
    resource: Resource,
    id: Annotated[str, typer.Argument(help="The name of an audience or a catalog; otherwise the id.")],
    form: Form = Format.TABLE,
    json: AsJson = False,
) -> None:
    """View one audience, catalog, campaign or other."""
    name = _resource(resource)
    if listing.KINDS[name].view is None:
        raise typer.BadParameter(f"The API cannot show single {name}: use `list {name}`.", param_hint="RESOURCE")
    raise typer.Exit(_run(listing.show_one(Settings.client, name, id, Format.JSON if json else form)))


def _resource(word: str) -> str:
    name = listing.kind_of(word)
    if name is None:
        raise typer.BadParameter(f"Expected one of {', '.join(listing.KINDS)}, got {word}.", param_hint="RESOURCE")
    return name


# -- what is in force, and whether it works --------------------------------------------------------------------------


@app.command()
def limits(form: Form = Format.TABLE, json: AsJson = False) -> None:
    """Show the rate limits that the client keeps to, by operation. Needs no key."""
    rows = [
        {"operation": name, "limits": [output.limit(limit) for limit in found]}
        for name, found in jobs.offline(Settings.share).limits().items()
    ]
    output.rows(rows, ("operation", "limits"), Format.JSON if json else form)


@app.command()
def quota(
    once: Annotated[bool, typer.Option("--once", help="Show the current state, and exit.")] = False,
    json: AsJson = False,
) -> None:
    """Watch rate limits that processes share.

    How far they are used, by whom, and what is paused.
    BATCH_QUOTA_URL says where: the URL of a Redis (extra `redis`),
    or "machine" for the processes of this user here.
    """
    from batch_api.cli import quota as quota_

    raise typer.Exit(_run(quota_.show(Settings.credentials, once=once, json=json)))


@app.command()
def doctor(json: AsJson = False) -> None:
    """Check the keys, the project, the network and the clock. Changes nothing."""

    async def examine() -> int:
        findings = await doctor_.examine(Settings.credentials)
        if json:
            output.json_of([{"subject": one.subject, "good": one.is_good, "text": one.text} for one in findings])
        else:
            for one in findings:
                output.out.print(f"{'ok ' if one.is_good else 'BAD'}  {one.subject:<12} {one.text}")
        return 0 if all(one.is_good for one in findings) else 1

    raise typer.Exit(_run(examine()))


@app.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []},
    add_help_option=False,
)
def fake(context: typer.Context) -> None:
    """Serve a fake Batch API on this machine.

    As `python -m batch_api.testing` does. Needs the extra `testing`.
    """
    from batch_api.testing.__main__ import main

    try:
        raise typer.Exit(main(context.args))
    except ImportError as error:
        _fail(str(error))


# -- running ---------------------------------------------------------------------------------------------------------


def run() -> int:
    """Run the command that the arguments name."""
    app()
    return 0


def _run(work: Coroutine[Any, Any, int], *, goes_on: bool = False, nothing: dict[str, Any] | None = None) -> int:
    """Run a command to its end. What kept it from doing anything is told in a line, without a traceback.

    `goes_on`: running the same command again resumes the work. `nothing`: what to tell beside the error as JSON.
    """
    try:
        return asyncio.run(work)
    except (BatchError, OSError) as error:
        said = output.told(error)
    except (KeyboardInterrupt, asyncio.CancelledError):
        output.err.print("Stopped. To resume, run the same command again." if goes_on else "Stopped.")
        return INTERRUPTED
    if nothing is not None:
        output.json_of({**nothing, "error": said, "exit_code": UNUSABLE})
    output.err.print(said)
    return UNUSABLE


def _fail(text: str) -> None:
    output.err.print(text)
    raise typer.Exit(UNUSABLE)
