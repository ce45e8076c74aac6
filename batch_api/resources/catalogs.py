"""Catalogs: items with typed fields, to personalise messages with."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any, Final

from batch_api._codec import UNSET
from batch_api._generated.cep.endpoints import catalogs as api
from batch_api._generated.cep.keys import KEYS
from batch_api.engine import arguments
from batch_api.engine.engine import Engine
from batch_api.engine.errors import InvalidInput
from batch_api.engine.keys import Known
from batch_api.ingest.items.item_types import CatalogItems
from batch_api.ingest.job.patience import DRAIN, PATIENCE
from batch_api.resources.checking import checked
from batch_api.resources.paging import CursorListing, Listing
from batch_api.resources.resource import Resource
from batch_api.resources.waiting import INDEXING, until_over
from batch_api.results import Done, IndexingResult, shown

if TYPE_CHECKING:
    from batch_api import types
    from batch_api.ingest.buffer.buffer import Buffer
    from batch_api.ingest.buffer.settings import Holding, Sending
    from batch_api.ingest.chunks.reference import ChunkReference
    from batch_api.ingest.items.fates import Trouble
    from batch_api.ingest.items.summary import Summary
    from batch_api.ingest.job.checkpoint import Checkpoint
    from batch_api.ingest.job.job import Job
    from batch_api.ingest.job.progress import Progress
    from batch_api.ingest.sources.source import AnySource
    from batch_api.models import Catalog, CatalogField, CatalogFieldEdit, CatalogItemEdit

MOST_FIELDS: Final = 25
"""Fields of a catalog."""


_FIELD, _FIELD_EDIT = Known(KEYS, ("CatalogField",)), Known(KEYS, ("CatalogFieldEdit",))


class Catalogs(Resource):
    """`client.catalogs`: items with typed fields, to personalise messages with.

    A project holds 5 catalogs of up to 25 fields and 2 000 000 items. The limit is 5 requests a second for each
    operation, and 1000 items a second for `edit_items`. Writes are sent again after a failure that leaves open whether
    they were taken. All methods raise `InvalidInput`, `APIError`, `TransportError` and `DeadlineExceeded`.
    """

    __slots__ = ()

    async def create(
        self, name: str, fields: Sequence[CatalogField | types.CatalogField] | Mapping[str, types.CatalogFieldType]
    ) -> Done:
        """Create an empty catalog.

        Args:
            name: Unique in the project.
            fields: 1 to 25 fields: `{"title": "string", "price": "float"}`, or the API's objects
                `[{"name": "title", "type": "string"}]`. Types are `array`, `bool`, `date`, `float`, `integer`,
                `string` and `url`.
        """
        if isinstance(fields, Mapping):
            listed: list[Any] = [{"name": field, "type": kind} for field, kind in fields.items()]
        else:
            listed = arguments.items(fields, "fields", one="field")
        _check_fields(listed, _FIELD, needed=("name", "type"))
        if len(listed) > MOST_FIELDS:
            raise InvalidInput(f"expected at most {MOST_FIELDS} fields, got {len(listed)}", path="fields")
        answer = await api.catalog_create(self._engine, {"name": arguments.text(name, "name"), "fields": listed})
        return Done.of(answer)

    async def update(self, name: str, fields: Sequence[CatalogFieldEdit | types.CatalogFieldEdit]) -> Done:
        """Add fields to a catalog or remove fields from it, in the background; the API gives no token to follow it by.

        `fields` are objects: `{"action": "add", "name": "brand", "type": "string"}`,
        `{"action": "remove", "name": "sizes"}`.
        """
        changes = arguments.items(fields, "fields", one="field")
        _check_fields(changes, _FIELD_EDIT, needed=("action", "name"))
        answer = await api.catalog_update(self._engine, {"name": arguments.text(name, "name"), "fields": changes})
        return Done.of(answer)

    async def remove(self, name: str) -> Done:
        """Delete a catalog and all its items, in the background; the API gives no token to follow it by."""
        answer = await api.catalog_remove(self._engine, {"name": arguments.text(name, "name")})
        return Done.of(answer)

    def list(self, page_size: int = 100, cursor: str | None = None) -> Listing[Catalog]:
        """All catalogs: an async iterator, with `.pages()`. `page_size` is 1 to 100; `cursor` starts elsewhere."""
        return CursorListing(
            "catalog_list",
            "catalogs",
            lambda start, size: api.catalog_list(self._engine, from_=start, limit=size),
            page_size=page_size,
            cursor=cursor,
        )

    async def view(self, name: str, indexing_token: str | None = None) -> Catalog:
        """One catalog. Its `indexing_state` is that of the edit with this token, and is absent without one.

        Raises `NotFound` for a catalog that does not exist.
        """
        return await _view(self._engine, arguments.text(name, "name"), indexing_token)

    async def edit_items(self, name: str, items: Sequence[CatalogItemEdit | types.CatalogItemEdit]) -> IndexingResult:
        """Add, change or remove items by their ids; the edit is indexed in the background.

        Args:
            name: A catalog that exists.
            items: At most 200 objects: `{"id": "SKU-9", "action": "add", "attributes": {"title": "Trail 9"}}` or
                `{"id": "SKU-4", "action": "remove"}`. A date goes under `date(name)`, a link under `url(name)`.
        """
        edits = await checked(CatalogItems(name), items, "items", one="item")
        answer = await api.catalog_items_edit(self._engine, {"name": name, "items": edits})
        return IndexingResult.of(answer)

    def buffer(
        self,
        name: str,
        outbox: str | PathLike[str] | None = None,
        *,
        sending: Sending | None = None,
        holding: Holding | None = None,
        on_trouble: Callable[[Trouble], object] | None = None,
    ) -> Buffer:
        """A buffer for web backends: many callers at once, a few full requests of `edit_items`.

            async with client.catalogs.buffer("shoes") as buffer:
                fate = await buffer.update({"id": "SKU-9", "action": "add", "attributes": {"stock": 4}})

        Edits of one item are sent in the order in which they are accepted. `name` is a catalog that exists; all else
        is as in `profiles.buffer`.
        """
        from batch_api.ingest.buffer.buffer import Buffer

        return Buffer(
            self._engine,
            CatalogItems(name),
            f"catalog {name}",
            outbox=outbox,
            resend_events=False,
            sending=sending,
            holding=holding,
            on_trouble=on_trouble,
        )

    def ingest(
        self,
        name: str,
        items: AnySource,
        *,
        checkpoint: str | PathLike[str] | Checkpoint | None = None,
        run: str | None = None,
        chunk_size: int | None = None,
        patience: float = PATIENCE,
        deadline: float | None = None,
        on_progress: Callable[[Progress], object] | None = None,
    ) -> Job:
        """Send any number of item edits at the pace of the limits, and tell the fate of each. Returns a `Job` at once.

        Each ends in one of `Delivered`, `Refused`, `Invalid`, `Unknown` and `Unsent`; none of them raises. Edits of one
        item are accepted in the order of the source. They are indexed a while after.

        Args:
            name: A catalog that exists.
            items: An iterable or async iterable of edits as `edit_items` takes them, or of JSON lines (`bytes`), each
                alone or in a pair with whatever you want to find again as the fate's `ref`; or a path that ends in
                `.jsonl` or `.csv`, compressed also in `.gz`, or a `CsvFile`; or a table, as `Rows`.
            checkpoint: A file that remembers what is done: the same call goes on from there.
            run: The name of this run, such as today's date: a finished checkpoint begins anew for another. An iterable
                needs one to use a checkpoint again.
            chunk_size: Edits in a request, at most 200.
            patience: Seconds to go on trying while nothing gets through, before the job ends.
            deadline: Seconds that the job may take in all. One that cannot be met is refused before anything is sent,
                where the length of the source is known; one that passes ends the job.
            on_progress: Called with the job's `Progress`, at most four times a second and at the end.

        Raises `InvalidInput` for a choice that cannot be, and `OSError` for a path.
        """
        from batch_api.ingest.job.job import job_of

        return job_of(
            self._engine,
            CatalogItems(name),
            items,
            checkpoint=checkpoint,
            run=run,
            chunk_size=chunk_size,
            patience=patience,
            deadline=deadline,
            on_progress=on_progress,
        )

    async def send_chunk(
        self,
        name: str,
        chunk: ChunkReference | bytes | Sequence[Any],
        *,
        deadline: float | None = None,
        drain: float = DRAIN,
    ) -> Summary:
        """Send one chunk of items, as a job of a worker engine does, and return their fates in a `Summary`.

        See `profiles.send_chunk`, which says what becomes of a job that fails. Changes of items may be sent twice
        without harm, so that a job may always be repeated. Raises as that does.

        Args:
            name: A catalog that exists.
            chunk: A reference made by `split(…, of="catalog")`; JSON lines as `bytes`; or a list of items.
            deadline: Seconds that it may take in all; by default the client's.
            drain: Seconds to wait for an answer when cancelled while a request is on the wire.
        """
        from batch_api.ingest.chunks.send_chunk import send_chunk

        return await send_chunk(
            self._engine,
            CatalogItems(name),
            chunk,
            may_have_been_sent=False,
            resend_events=False,
            deadline=deadline,
            drain=drain,
        )

    async def wait(
        self,
        name: str,
        token: str | None,
        *,
        timeout: float | None = 600.0,
        on_progress: Callable[[Catalog], object] | None = None,
    ) -> Catalog:
        """Wait until an edit of items is indexed: until its state is `APPLIED`.

        Looks at once, then every second, then less and less often, down to every 10 s; other states go on.

        Args:
            name: The catalog.
            token: The `indexing_token` of the edit.
            timeout: Seconds to wait at most; `None` for as long as it takes.
            on_progress: Called with what each check found.

        Returns the catalog as it was last seen. Raises `WaitTimeout`, and whatever `view` raises.
        """
        arguments.text(name, "name")
        arguments.text(token, "token")  # without one the API tells no state, and the wait would never end

        async def check(engine: Engine) -> Catalog:
            return await _view(engine, name, token)

        return await until_over(
            self._engine,
            check,
            is_over=lambda seen: _state(seen) == "APPLIED",
            state=_state,
            what="catalogs.wait",
            pace=INDEXING,
            timeout=timeout,
            on_progress=on_progress,
        )


async def _view(engine: Engine, name: str, token: str | None) -> Catalog:
    answer = await api.catalog_view(engine, name=name, indexing_token=UNSET if token is None else token)
    return shown(answer)


def _state(seen: Catalog) -> object:
    return getattr(seen, "indexing_state", None)


def _check_fields(fields: list[Any], known: Known, *, needed: tuple[str, ...]) -> None:
    if not fields:
        raise InvalidInput("expected one field or more, got an empty object", path="fields")
    for index, field in enumerate(fields):
        arguments.an_object(field, index=index)
        known.check(field, index=index)
        for name in (*needed, "type") if arguments.field(field, "action") == "add" else needed:
            if not arguments.field(field, name):
                raise InvalidInput("missing", index=index, path=name)
