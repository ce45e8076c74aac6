"""Audiences of an app: lists of ids for targeting, of users and of installations."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Literal

from batch_api._codec import UNSET, ListOf
from batch_api._generated.mep.endpoints import audiences as api
from batch_api.app import item_types as app_kinds
from batch_api.app.resources import checks
from batch_api.app.resources.listing import RowListing
from batch_api.engine.arguments import choice
from batch_api.engine.engine import Engine
from batch_api.engine.errors import InvalidInput
from batch_api.ingest.job.patience import PATIENCE
from batch_api.resources.checking import checked
from batch_api.resources.paging import Listing
from batch_api.resources.resource import Resource
from batch_api.resources.waiting import INDEXING, until_over
from batch_api.results import Done, IndexingResult, shown

if TYPE_CHECKING:
    from os import PathLike

    from batch_api import app_types as types
    from batch_api.app_models import (
        AudienceSummary,
        AudienceView,
        CustomAudienceEdit,
        InstallAudienceEdit,
        InstallAudienceMember,
    )
    from batch_api.ingest.items.item_types import ItemType
    from batch_api.ingest.job.checkpoint import Checkpoint
    from batch_api.ingest.job.job import Job
    from batch_api.ingest.job.progress import Progress
    from batch_api.ingest.sources.source import AnySource

AudienceType = Literal["custom_ids", "advertising_ids", "install_ids"]
LONGEST_NAME: Final = 255
"""Characters in the name of an audience."""


class AppAudiences(Resource):
    """`client.audiences` of a `BatchAppClient`: lists of ids, for targeting.

    There are two sets: audiences of your own user ids and of advertising ids (version 1.0 of the API), and audiences of
    installations (version 1.1), whose members carry attributes and tags. `type` says which is meant. Each write is
    indexed in the background; `wait` follows it by its token. Writes are sent again after a failure that leaves open
    whether they were taken. All methods raise `InvalidInput`, `APIError`, `TransportError` and `DeadlineExceeded`.
    """

    __slots__ = ()

    async def create(self, name: str, type: AudienceType = "custom_ids", description: str | None = None) -> Done:
        """Create an empty audience.

        Args:
            name: 1 to 255 letters (case counts), digits, `_` and `-`.
            type: What its ids are: `custom_ids`, `advertising_ids` or `install_ids`.
            description: Text for the dashboard.
        """
        create = api.install_audience_create if _is_installs(type) else api.custom_audience_create
        text = {} if description is None else {"description": description}
        answer = await create(self._engine, {"type": type, **text}, audience_name=_name(name))
        return Done.of(answer)

    async def update(
        self,
        name: str,
        ids: ListOf[str | CustomAudienceEdit | InstallAudienceEdit | types.InstallAudienceEdit],
        type: AudienceType = "custom_ids",
    ) -> IndexingResult:
        """Add ids to an audience, or take ids out of it; the others stay.

        Args:
            name: An audience that exists.
            ids: At most 10 000: a plain string is added; an object says more: `{"action": "remove", "id": "u1"}`, or
                for an installation `{"action": "add", "id": "…", "attributes": {"rank": 3}, "tags": ["gold"]}`.
            type: What its ids are.
        """
        changes = await checked(_changes(_name(name), type), ids, "ids", one="id")
        if _is_installs(type):
            answer = await api.install_audience_update(self._engine, {"ids": changes}, audience_name=name)
        else:
            body = {"type": type, "ids": changes}
            answer = await api.custom_audience_update(self._engine, body, audience_name=name)
        return IndexingResult.of(answer)

    async def replace(
        self, name: str, ids: ListOf[str | InstallAudienceMember | types.InstallAudienceMember]
    ) -> IndexingResult:
        """Empty an audience of installations, and fill it with others. The API has this for installations only.

        Args:
            name: An audience that exists.
            ids: At most 10 000: plain strings, or objects `{"id": "…", "attributes": {"rank": 3}, "tags": ["gold"]}`.
                To load more, replace with the first of them and add the rest with `update`: each call clears what the
                one before wrote.
        """
        members = await checked(app_kinds.InstallAudienceContent(_name(name)), ids, "ids", one="id")
        answer = await api.install_audience_replace(self._engine, {"ids": members}, audience_name=name)
        return IndexingResult.of(answer)

    def ingest(
        self,
        name: str,
        ids: AnySource,
        type: AudienceType = "custom_ids",
        *,
        mode: Literal["update", "replace"] = "update",
        checkpoint: str | PathLike[str] | Checkpoint | None = None,
        run: str | None = None,
        chunk_size: int | None = None,
        patience: float = PATIENCE,
        deadline: float | None = None,
        on_progress: Callable[[Progress], object] | None = None,
    ) -> Job:
        """Send any number of ids, 10 000 a call, and tell the fate of each. Returns a `Job` at once.

        Each ends in one of `Delivered`, `Refused`, `Invalid`, `Unknown` and `Unsent`; none of them raises. Changes
        of one id are accepted in the order of the source. They are indexed a while after.

        With `mode="replace"`, which the API has for installations only, the first 10 000 ids replace what is in the
        audience; once that is applied, the others are added. If the job ends before all are in, `job.is_incomplete` is
        true, and the error of each fate `Unsent` is an `AudienceIncomplete`: run the whole job again.

        Args:
            name: An audience that exists.
            ids: An iterable or async iterable of ids as `update` takes them (`replace` takes no removals), or of JSON
                lines (`bytes`), each alone or in a pair with whatever you want to find again as the fate's `ref`; or a
                path that ends in `.jsonl`, compressed also in `.gz`.
            type: What the ids are.
            mode: `update` or `replace`.
            checkpoint: A file that remembers what is done: the same call goes on from there.
            run: The name of this run, such as today's date: a finished checkpoint begins anew for another. An iterable
                needs one to use a checkpoint again.
            chunk_size: Ids in a request, at most 10 000.
            patience: Seconds to go on trying while nothing gets through, before the job ends.
            deadline: Seconds that the job may take in all. One that cannot be met is refused before anything is sent,
                where the length of the source is known; one that passes ends the job.
            on_progress: Called with the job's `Progress`, at most four times a second and at the end.

        Raises `InvalidInput` for a choice that cannot be, and `OSError` for a path.
        """
        from batch_api.ingest.job.job import job_of
        from batch_api.ingest.job.replace import Replacement

        replaces = choice(mode, "mode", "update", "replace") == "replace"
        if replaces and not _is_installs(type):
            raise InvalidInput("expected 'update': the API replaces audiences of install_ids only", path="mode")

        async def applied(token: str | None) -> object:
            return await self.wait(name, token, type, timeout=patience)

        return job_of(
            self._engine,
            app_kinds.InstallAudienceMembers(_name(name)) if replaces else _changes(_name(name), type),
            ids,
            checkpoint=checkpoint,
            run=run,
            chunk_size=chunk_size,
            patience=patience,
            deadline=deadline,
            on_progress=on_progress,
            replaces=Replacement(app_kinds.InstallAudienceContent(name), applied) if replaces else None,
        )

    async def delete(self, name: str, type: AudienceType = "custom_ids") -> Done:
        """Delete a whole audience; to take ids out of one, use `update`. Campaigns that target it see it as empty."""
        delete = api.install_audience_delete if _is_installs(type) else api.custom_audience_delete
        answer = await delete(self._engine, audience_name=_name(name))
        return Done.of(answer)

    def list(
        self, page_size: int = 100, cursor: str | None = None, *, type: AudienceType = "custom_ids"
    ) -> Listing[AudienceSummary]:
        """All audiences of one of the two sets, the most recent first: an async iterator, with `.pages()`.

        Args:
            page_size: Rows fetched at once, 1 to 100.
            cursor: The `cursor` of a page, to start after it.
            type: `install_ids` lists by version 1.1, the others by version 1.0; what each shows is for the API to say.
        """
        page_of = api.install_audience_list if _is_installs(type) else api.custom_audience_list
        return RowListing(
            "install_audience_list" if _is_installs(type) else "custom_audience_list",
            lambda first, size: page_of(self._engine, from_=first, limit=size),
            key="custom_audiences",
            page_size=page_size,
            cursor=cursor,
        )

    async def view(
        self, name: str, indexing_token: str | None = None, type: AudienceType = "custom_ids"
    ) -> AudienceView:
        """One audience. Its `indexing_state` is that of the change with this token, otherwise of the latest change.

        Raises `NotFound` for an audience that does not exist.
        """
        return await _view(self._engine, _name(name), indexing_token, type)

    async def wait(
        self,
        name: str,
        token: str | None,
        type: AudienceType = "custom_ids",
        *,
        timeout: float | None = 600.0,
        on_progress: Callable[[AudienceView], object] | None = None,
    ) -> AudienceView:
        """Wait until a change is indexed: until its state is `APPLIED`.

        Looks at once, then every second, then less and less often, down to every 10 s; other states go on.

        Args:
            name: The audience.
            token: The `indexing_token` of the change; `None` for the latest one.
            type: What its ids are.
            timeout: Seconds to wait at most; `None` for as long as it takes.
            on_progress: Called with what each check found.

        Returns the audience as it was last seen. Raises `WaitTimeout`, and whatever `view` raises.
        """
        _name(name)

        async def check(engine: Engine) -> AudienceView:
            return await _view(engine, name, token, type)

        return await until_over(
            self._engine,
            check,
            is_over=lambda seen: _state(seen) == "APPLIED",
            state=_state,
            what="audiences.wait",
            pace=INDEXING,
            timeout=timeout,
            on_progress=on_progress,
        )


async def _view(engine: Engine, name: str, token: str | None, type: AudienceType) -> AudienceView:
    view = api.install_audience_view if _is_installs(type) else api.custom_audience_view
    answer = await view(engine, audience_name=name, indexing_token=UNSET if token is None else token)
    return shown(answer)


def _state(seen: AudienceView) -> object:
    return getattr(seen, "indexing_state", None)


def _is_installs(type: str) -> bool:
    return choice(type, "type", "custom_ids", "advertising_ids", "install_ids") == "install_ids"


def _changes(name: str, type: str) -> ItemType:
    return app_kinds.InstallAudienceChanges(name) if _is_installs(type) else app_kinds.CustomAudienceChanges(name, type)


def _name(name: object) -> str:
    return checks.plain_name(name, "name", longest=LONGEST_NAME)
