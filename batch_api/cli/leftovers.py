"""What was not delivered: lines to correct and import again, and a report on the rest."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any

import orjson

from batch_api import APIError, BatchError, Line
from batch_api.ingest import private
from batch_api.ingest.items.fates import Invalid, PartlyApplied, Trouble
from batch_api.ingest.sources.csvheader import REASON
from batch_api.ingest.sources.csvsource import CsvSource
from batch_api.ingest.sources.files import FileSource
from batch_api.ingest.sources.jsonlines import COMMENT

_TAIL = 1 << 20
_OLD_REASON = re.compile(rb'"(?:[^"]|"")*"')


class Leftovers:
    """Two files, created when there is something to write. Both hold personal data; only their owner can read them.

    The dead-letter file takes the invalid lines, unchanged, each with its reason: in a CSV file in a first column
    `#reason`, in a JSONL file on a line of its own that starts with `#`. An import skips both, so the corrected file is
    imported as it is. The report takes what was sent, and then refused in part or in full, or not answered.
    """

    def __init__(self, source: FileSource, letters: Path, report: Path, *, goes_on: bool) -> None:
        csv = source if isinstance(source, CsvSource) else None
        self._preamble = b"" if csv is None else csv.preamble
        self._delimiter = b"" if csv is None else csv.delimiter.encode()
        self._header = None if csv is None else csv.header
        self.letters = _File(letters, self._preamble + COMMENT, goes_on=goes_on)
        self.report = _File(report, b'{"line":', goes_on=goes_on)
        self._has_reasons = self._header is not None and self._header.startswith(REASON.encode())

    def take(self, troubles: Iterable[Trouble]) -> None:
        """Write these troubles to disk, before the checkpoint counts them as done."""
        for trouble in troubles:
            if isinstance(trouble, Invalid):
                self._bury(trouble)
            else:
                self.report.write(orjson.dumps(described(trouble)) + b"\n")
        self.letters.flush()
        self.report.flush()

    @property
    def kept(self) -> list[Path]:
        """Where the files of an earlier import were moved."""
        return [file.kept for file in (self.letters, self.report) if file.kept is not None]

    def close(self) -> None:
        """Close both files."""
        self.letters.close()
        self.report.close()

    def _bury(self, trouble: Invalid) -> None:
        line: Line = trouble.ref
        reason = told(trouble)
        if self._header is None:
            self.letters.write(b"%b %b\n%b\n" % (COMMENT, reason.encode(), line.text))
            return
        if self.letters.is_empty:
            self.letters.write(self._preamble + self._with_reason(REASON, self._header))
        self.letters.write(self._with_reason('"' + reason.replace('"', '""') + '"', line.text))

    def _with_reason(self, reason: str, text: bytes) -> bytes:
        if self._has_reasons:  # drop the reason of the previous import
            first = _OLD_REASON.match(text)
            end = first.end() if first else text.find(self._delimiter)
            if text[end : end + len(self._delimiter)] == self._delimiter:
                text = text[end + len(self._delimiter) :]
        return reason.encode() + self._delimiter + text + b"\n"


class _File:
    """A file that is created on the first write, or appended to if it begins as ours do."""

    def __init__(self, path: Path, beginning: bytes, *, goes_on: bool) -> None:
        self.path = path
        self._goes_on = goes_on and _begins_with(path, beginning)
        self._file: IO[bytes] | None = None
        self._is_written = False
        self._tail = b""
        self.kept: Path | None = None
        """Where the file of an earlier import was moved."""
        if self._goes_on:
            self._tail = _end_of(path)

    @property
    def is_empty(self) -> bool:
        """Whether it holds nothing of this import."""
        return self._file is None and not self._goes_on

    def write(self, entry: bytes) -> None:
        """Add an entry, unless it was written just before an earlier run ended."""
        if self._tail:
            if entry in self._tail:
                return
            self._tail = b""
        if self._file is None:
            self._file = self._opened()
        self._file.write(entry)
        self._is_written = True

    def _opened(self) -> IO[bytes]:
        if not self._goes_on:
            self.kept = _put_aside(self.path)
            return open(self.path, "xb", opener=private.new)
        file = open(self.path, "ab", opener=private.existing)  # noqa: SIM115
        private.tighten(file.fileno())
        return file

    def flush(self) -> None:
        if self._file is not None and self._is_written:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._is_written = False

    def close(self) -> None:
        if self._file is not None:
            self._file.close()


def told(trouble: Invalid) -> str:
    """Line and reason, without quoting a value."""
    line: Line = trouble.ref
    path = trouble.error.path.removeprefix(f"line {line.number}").removeprefix(", ")
    where = f"line {line.number}, {path}" if path else f"line {line.number}"
    return f"{where}: {trouble.error.reason}"


def described(trouble: Trouble) -> dict[str, Any]:
    """An entry of the report. It may quote personal data, as the API does."""
    line: Line = trouble.ref
    entry: dict[str, Any] = {"line": line.number, "id": trouble.id, "fate": type(trouble).__name__}
    if isinstance(trouble, PartlyApplied):
        entry["refused"] = [
            {"attribute": error.attribute, "category": error.category, "reason": error.reason}
            for error in trouble.error
        ]
    elif isinstance(trouble.error, BatchError):
        entry["error"] = str(trouble.error)
        if isinstance(trouble.error, APIError):
            entry["error_message"] = trouble.error.error_message
        entry["text"] = line.text.decode(errors="replace")
    return entry


def beside(source: Path, word: str, ending: str | None = None) -> Path:
    """`customers.csv.gz` → `customers.dead-letter.csv`; rows of Parquet become JSON lines."""
    unpacked = source.with_suffix("") if source.suffix.lower() == ".gz" else source
    own = ".jsonl" if unpacked.suffix.lower() == ".parquet" else unpacked.suffix
    return unpacked.with_name(f"{unpacked.stem}.{word}{ending or own}")


def _put_aside(path: Path) -> Path | None:
    """Rename the file of an earlier import: its lines may not have been corrected yet."""
    if private.check(path) is None:
        return None
    number = 1
    while os.path.lexists(aside := path.with_name(f"{path.stem}.{number}{path.suffix}")):
        number += 1
    return path.rename(aside)


def _begins_with(path: Path, beginning: bytes) -> bool:
    if private.check(path) is None:
        return False
    with path.open("rb") as file:
        return file.read(len(beginning)) == beginning


def _end_of(path: Path) -> bytes:
    with path.open("rb") as file:
        file.seek(max(path.stat().st_size - _TAIL, 0))
        return file.read()
