"""`import`: sends a file, and reports the fate of each line."""

from __future__ import annotations

import asyncio
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, aclosing, closing, contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from attrs import define, field

from batch_api import BatchClient, BatchError, Job, Limit
from batch_api.cli import output
from batch_api.cli.columns import SHOWN, Columns
from batch_api.cli.jobs import Target
from batch_api.cli.leftovers import Leftovers, told
from batch_api.cli.meter import Meter
from batch_api.cli.reading import PARQUET
from batch_api.ingest import private
from batch_api.ingest.items.reading import read
from batch_api.ingest.job.checkpoint import is_open
from batch_api.ingest.sources.csvsource import CsvSource
from batch_api.ingest.sources.files import FileSource
from batch_api.ingest.sources.source import WINDOW

COMPLETE, LEFT_OVER, UNUSABLE, ENDED_EARLY, INTERRUPTED = 0, 1, 2, 3, 130
"""Exit codes: all delivered; some lines are not; nothing could be done; run it again to resume; stopped by Ctrl-C."""

MOST_SHOWN = 20
"""Reasons that a dry run shows."""
FATES = ("Delivered", "PartlyApplied", "Refused", "Invalid", "Unknown", "Unsent")
_WORDS = {
    "Delivered": "delivered",
    "PartlyApplied": "partly applied",
    "Refused": "refused",
    "Invalid": "invalid",
    "Unknown": "unknown",
    "Unsent": "not yet sent",
}


class Paths(NamedTuple):
    """The files next to the source."""

    letters: Path
    report: Path
    checkpoint: Path | None


@define
class Outcome:
    """The result of an import."""

    source: FileSource
    target: Target
    paths: Paths
    fates: Counter[str] = field(factory=Counter)
    """Of this run. Items that have their fate only because the run ended count as `Unsent`: it may still improve."""
    earlier: Counter[str] = field(factory=Counter)
    """Of the runs that this one resumed."""
    seconds: float = 0.0
    rate: float = 0.0
    limit_share: float | None = None
    is_stopped: bool = False
    is_incomplete: bool = False
    """Whether an audience was emptied and not filled again."""
    ended_by: BatchError | None = None
    failure: Exception | None = None
    """What else ended it: the file could not be read on, or the disk not be written."""
    may_have_written: bool = False
    """Whether anything may have reached the API in this run."""
    was_finished: bool = False
    has_letters: bool = False
    has_report: bool = False
    kept: list[Path] = field(factory=list)
    """Where the leftovers of an earlier import were moved."""

    @property
    def all_fates(self) -> Counter[str]:
        return self.fates + self.earlier

    @property
    def error(self) -> Exception | None:
        """What ended it early."""
        return self.failure or self.ended_by

    @property
    def exit_code(self) -> int:
        if self.failure is not None:
            return ENDED_EARLY if self.may_have_written else UNUSABLE
        if self.ended_by is not None:
            return ENDED_EARLY
        if self.is_stopped:
            return INTERRUPTED
        return COMPLETE if self.all_fates["Delivered"] == self.all_fates.total() else LEFT_OVER


async def carry_out(client: BatchClient, target: Target, source: FileSource, paths: Paths) -> Outcome:
    """Import a file, and show the progress. Ctrl-C finishes what is in flight.

    Raises what keeps the import from beginning. What ends it later is in the outcome, beside the counts.
    """
    outcome = Outcome(source, target, paths)
    for path in (paths.letters, paths.report):
        private.check(path)  # now, rather than when the first line goes there
    async with target.start(client, source, paths.checkpoint) as job:
        checkpoint = job.checkpoint
        if checkpoint is not None:
            outcome.earlier, outcome.was_finished = checkpoint.earlier, checkpoint.was_finished
        if outcome.was_finished:
            return outcome
        leftovers = Leftovers(source, paths.letters, paths.report, goes_on=outcome.earlier.total() > 0)
        with closing(leftovers), Meter(output.err, source) as meter, _stopping(job, outcome):
            try:
                await _follow(job, outcome, leftovers, meter)
            except Exception as error:
                outcome.failure = error
    progress = job.progress
    outcome.kept = leftovers.kept
    outcome.ended_by, outcome.is_incomplete = job.ended_by, job.is_incomplete
    outcome.seconds, outcome.rate, outcome.limit_share = progress.seconds, progress.rate, progress.limit_share
    outcome.may_have_written = progress.done + progress.earlier < progress.read or any(
        progress.fates[name] for name in FATES if name not in ("Invalid", "Unsent")
    )
    outcome.has_letters = outcome.all_fates["Invalid"] > 0
    outcome.has_report = any(outcome.all_fates[name] for name in ("PartlyApplied", "Refused", "Unknown"))
    return outcome


async def _follow(job: Job, outcome: Outcome, leftovers: Leftovers, meter: Meter) -> None:
    """Count the fates, and write down those that a person has to look at."""
    async for chunk in job.by_chunk():
        final = [trouble for trouble in chunk.troubles.values() if not is_open(trouble, job.ended_by)]
        leftovers.take(final)
        outcome.fates["Delivered"] += chunk.delivered
        outcome.fates["Unsent"] += len(chunk.troubles) - len(final)
        outcome.fates.update(type(trouble).__name__ for trouble in final)
        meter.show(job.progress)
        if job.ended_by is not None:
            job.stop()


@contextmanager
def _stopping(job: Job, outcome: Outcome) -> Iterator[None]:
    """The first Ctrl-C, or a SIGTERM, lets the job finish what it has read; the second ends it at once."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()

    def stop() -> None:
        if outcome.is_stopped and task is not None:
            task.cancel()
            return
        outcome.is_stopped = True
        output.err.print("Stopping once what was read is sent. Ctrl-C or SIGTERM again stops at once.")
        job.stop()

    with ExitStack() as handlers:
        for number in (signal.SIGINT, signal.SIGTERM):
            with suppress(NotImplementedError, RuntimeError):  # on Windows, and outside of the main thread
                loop.add_signal_handler(number, stop)
                handlers.callback(loop.remove_signal_handler, number)
        yield


# -- the report ------------------------------------------------------------------------------------------------------


def as_json(outcome: Outcome) -> dict[str, Any]:
    """For programs."""
    paths = outcome.paths
    return {
        "source": str(outcome.source.path),
        "into": outcome.target.name,
        **{_KEYS[name]: outcome.all_fates[name] for name in _KEYS},
        "seconds": round(outcome.seconds, 3),
        "rate": round(outcome.rate, 1),
        "limit_share": None if outcome.limit_share is None else round(outcome.limit_share, 4),
        "dead_letter": str(paths.letters) if outcome.has_letters else None,
        "report": str(paths.report) if outcome.has_report else None,
        "checkpoint": None if paths.checkpoint is None else str(paths.checkpoint),
        "already_imported": outcome.was_finished,
        "finished": not outcome.is_stopped and outcome.error is None,
        "error": None if outcome.error is None else output.told(outcome.error),
        "line": None if outcome.error is None else outcome.source.line,
        "exit_code": outcome.exit_code,
    }


def nothing_done(path: Path, target: Target) -> dict[str, Any]:
    """For programs, of an import that could not begin."""
    return {"source": str(path), "into": target.name, **dict.fromkeys(_KEYS.values(), 0), "finished": False}


def tell(outcome: Outcome) -> None:
    """For people."""
    say = output.out.print
    paths, fates = outcome.paths, outcome.all_fates
    name = outcome.source.path.name
    if outcome.was_finished:
        say(f"{name} has already been imported: {_counts(fates)}. To import it again, delete {paths.checkpoint}.")
        return
    done = outcome.fates.total()
    share = "" if outcome.limit_share is None else f", {output.share(outcome.limit_share)}"
    took = output.seconds(outcome.seconds)
    say(f"{output.counted(done, 'line')} of {name} in {took}: {outcome.rate:,.0f} a second{share}.")
    if outcome.earlier:
        say(f"Before that: {_counts(outcome.earlier)}. In total:")
    for fate in FATES:
        if fates[fate]:
            say(f"  {_WORDS[fate]:<16}{fates[fate]:>12,}{_where(fate, outcome)}")
    for aside in outcome.kept:
        say(f"The leftovers of an earlier import were moved to {aside}.")
    if outcome.is_incomplete:
        say(f"The {outcome.target.name} is incomplete: it was emptied, and not all ids have been added since.")
    if outcome.error is not None:
        say(f"The import ended early. {output.told(outcome.error)}")
        say(f"{name} had been read up to line {outcome.source.line:,}.")
    if outcome.error is not None or outcome.is_stopped:
        if paths.checkpoint is not None:
            say("To resume, run the same command again.")
        else:
            say("Without a checkpoint, the same command starts from the beginning.")


_KEYS = {
    "Delivered": "delivered",
    "PartlyApplied": "partly_applied",
    "Refused": "refused",
    "Invalid": "invalid",
    "Unknown": "unknown",
    "Unsent": "unsent",
}


def _where(fate: str, outcome: Outcome) -> str:
    paths = outcome.paths
    if fate == "Invalid":
        return f"   correct them in {paths.letters}, and import that file{_option(outcome)}"
    return f"   see {paths.report}" if fate in ("PartlyApplied", "Refused", "Unknown") else ""


def _option(outcome: Outcome) -> str:
    """What the dead letters of a Parquet file, which are rows as JSON lines, are imported with."""
    if outcome.source.path.suffix.lower() != PARQUET:
        return ""
    return " with --id custom_id" if outcome.target.name == "profiles" else " with --id id"


def _counts(fates: Counter[str]) -> str:
    return ", ".join(f"{fates[name]:,} {_WORDS[name]}" for name in FATES if fates[name]) or "nothing"


# -- dry run ---------------------------------------------------------------------------------------------------------


@define
class Rehearsal:
    """What would happen."""

    items: int = 0
    invalid: int = 0
    reasons: list[str] = field(factory=list)
    """The first 20."""
    columns: list[dict[str, Any]] = field(factory=list)
    seconds: float = 0.0
    limit: Limit | None = None

    @property
    def exit_code(self) -> int:
        return LEFT_OVER if self.invalid else COMPLETE


def hints_of(source: FileSource) -> list[str]:
    """What the beginning of the file suggests about how to read it."""
    return source.hints if isinstance(source, CsvSource) else []


async def rehearse(client: BatchClient, target: Target, source: FileSource) -> Rehearsal:
    """Read a file as an import would, and send nothing."""
    found, columns = Rehearsal(), Columns(source)
    with Meter(output.err, source) as meter:
        async with aclosing(source.windows(WINDOW)) as windows:
            async for items in windows:
                columns.count(items)
                window = read(target.item_type, items, found.items)
                found.items += len(items)
                found.invalid += len(window.invalid)
                found.reasons += [told(trouble) for trouble in window.invalid[: MOST_SHOWN - len(found.reasons)]]
                meter.read(found.items)
    found.columns = list(columns.rows())
    forecast = target.start(client, source, None).forecast(found.items - found.invalid)
    found.seconds, found.limit = forecast.seconds, forecast.limit
    return found


def rehearsal_as_json(found: Rehearsal, source: FileSource, target: Target) -> dict[str, Any]:
    """For programs."""
    return {
        "source": str(source.path),
        "into": target.name,
        "items": found.items,
        "invalid": found.invalid,
        "reasons": found.reasons,
        "notes": hints_of(source),
        "columns": found.columns,
        "forecast_seconds": round(found.seconds, 1),
        "exit_code": found.exit_code,
    }


def tell_rehearsal(found: Rehearsal, source: FileSource, target: Target) -> None:
    """For people."""
    say = output.out.print
    good = found.items - found.invalid
    for hint in hints_of(source):
        say(f"Note: {hint}")
    say(f"{source.path.name} holds {output.counted(found.items, 'item')} for {target.name}. Nothing was sent.")
    if found.columns:
        output.rows(found.columns, SHOWN, output.Format.TABLE)
    if found.invalid:
        say(f"{found.invalid:,} are invalid, and would go into the dead-letter file:")
        for reason in found.reasons:
            say(f"  {reason}")
        if found.invalid > len(found.reasons):
            say("  …")
    limit = "" if found.limit is None else f", limited to {output.limit(found.limit)}"
    say(f"Sending {good:,} takes at least {output.seconds(found.seconds)}{limit}.")
