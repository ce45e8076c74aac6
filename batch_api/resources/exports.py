"""Exports: followed until they are done, and their files."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, aclosing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from batch_api._generated.cep.endpoints import exports as api
from batch_api.engine import arguments
from batch_api.engine.engine import Engine
from batch_api.resources import files
from batch_api.resources.paging import CursorListing, Listing
from batch_api.resources.records import numbered, records_of
from batch_api.resources.resource import Resource
from batch_api.resources.waiting import until_done
from batch_api.results import shown

if TYPE_CHECKING:
    from batch_api.models import ExportRecord


class Exports(Resource):
    """`client.exports`: follow the exports that `profiles.export` asked for, and fetch their files.

        id = await client.profiles.export({"export_type": "ATTRIBUTES", "attributes": ["tier"]})
        async for record in client.exports.records(id):
            print(record["attributes"])

    The limit is 1 request a second for each operation. All methods raise `InvalidInput`, `APIError`, `TransportError`
    and `DeadlineExceeded`.
    """

    __slots__ = ()

    def list(self, page_size: int = 100, cursor: str | None = None) -> Listing[ExportRecord]:
        """The exports of the last 3 months: an async iterator, with `.pages()`.

        `page_size` is 1 to 100; `cursor` starts elsewhere.
        """
        return CursorListing(
            "export_list",
            "exports",
            lambda start, size: api.export_list(self._engine, from_=start, limit=size),
            page_size=page_size,
            cursor=cursor,
        )

    async def view(self, id: str) -> ExportRecord:
        """One export. Its `status` goes from `CREATED` over `PENDING` and `RUNNING` to `SUCCESS` or `ERROR`.

        Raises `NotFound` for an export that does not exist.
        """
        return await _view(self._engine, arguments.text(id, "id"))

    async def wait(
        self,
        id: str,
        *,
        timeout: float | None = 3600.0,
        on_progress: Callable[[ExportRecord], object] | None = None,
    ) -> ExportRecord:
        """Wait until an export is done, and return its record, which lists the files.

        Looks at once, after 2 s, then less and less often, down to every 30 s; other states go on.

        Args:
            id: What `profiles.export` returned.
            timeout: Seconds to wait at most; `None` for as long as it takes.
            on_progress: Called with what each check found.

        Raises `ExportFailed`, with the record in `.export`, when it ends in `ERROR`; `WaitTimeout`; and whatever
        `view` raises.
        """
        arguments.text(id, "id")

        async def check(engine: Engine) -> ExportRecord:
            return await _view(engine, id)

        return await until_done(self._engine, check, timeout=timeout, on_progress=on_progress)

    async def records(self, id: str, *, timeout: float | None = 3600.0) -> AsyncGenerator[dict[str, Any], None]:
        """The records of an export, of all its files in order, as `dict`s: an async iterator.

            async for record in client.exports.records(id):
                print(record["identifiers"], record["attributes"])

        Waits for the export first. The files are read as they arrive, whatever form they have (JSON lines, an array,
        either of them as gzip), and nothing is written to disk; memory stays constant. A download that breaks goes on
        where it stopped, as in `download`. An export without files has no records.

        Args:
            id: What `profiles.export` returned.
            timeout: Seconds to wait for the export at most; `None` for as long as it takes.

        Raises what `wait` and `download` raise, and `TransportError`, with stage `download`, for a file that cannot be
        read to its end as JSON objects: no record is left out in silence.
        """
        export = await self.wait(id, timeout=timeout)
        for number, file in numbered(export.files or []):
            async with self.download(file.id) as stream, aclosing(records_of(aiter(stream), f"part {number}")) as found:
                async for record in found:
                    yield record

    def download(self, file_id: str | None) -> AbstractAsyncContextManager[files.FileStream]:
        """Stream a file of a finished export.

            async with client.exports.download(file.id) as stream:
                async for chunk in stream: …

        The bytes are as the storage sends them; `stream.size` says how many there will be, if it is known. The API
        gives a link that is valid for 20 minutes, to another host, which sees neither key nor project.

        A stream that breaks goes on where it stopped, and a link that expired is asked for anew: up to 4 failures in a
        row without a new byte. A file of 100 MB may take longer than a call's `deadline`, which holds for asking for
        a link alone: the stream is bounded by `timeout`, the seconds without progress. For a bound in all, use
        `asyncio.timeout`. A record read leniently may name no id: `None` is refused with `InvalidInput`.

        Args:
            file_id: The id of a file (`file_…`), from the `files` of the export's record; not the export's own.

        Raises `NotFound` for a file that does not exist and `TransportError`, with stage `download`, for a stream that
        cannot be brought to its end.
        """
        return files.opened(self._engine, arguments.text(file_id, "file_id"))

    async def download_to(
        self,
        file_id: str | None,
        path: str | os.PathLike[str],
        *,
        on_progress: Callable[[int, int | None], object] | None = None,
    ) -> Path:
        """Save a file of a finished export as `path`, and return that.

        The bytes go to a file beside it, which gets the name once it is whole: whatever happens, there is never half a
        file under `path`. It is readable by its owner alone (mode 0600). A file that was there before is replaced; of a
        link, what it points to is not. For what is done about failures, see `download`.

        Args:
            file_id: The id of a file (`file_…`), from the `files` of the export's record; not the export's own.
            path: Where to write. Its folder must exist.
            on_progress: Called with the bytes received so far and the bytes in all, `None` where unknown.

        Raises what `download` raises, and `OSError` when the file cannot be written.
        """
        return await files.save(self._engine, arguments.text(file_id, "file_id"), path, on_progress)


async def _view(engine: Engine, id: str) -> ExportRecord:
    answer = await api.export_view(engine, id=id)
    return shown(answer)
