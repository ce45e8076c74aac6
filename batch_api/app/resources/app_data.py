"""App data: tables of keys and values that belong to the app."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from batch_api._generated.mep.endpoints import app_data as api
from batch_api.app.resources import checks
from batch_api.app.resources.listing import RowListing
from batch_api.engine.arguments import an_object, wrong
from batch_api.engine.errors import InvalidInput
from batch_api.resources.paging import Listing
from batch_api.resources.resource import Resource
from batch_api.results import Done

if TYPE_CHECKING:
    from batch_api.app_models import AppDataTable


class AppData(Resource):
    """`client.app_data`: tables of keys and values that belong to the app and not to a user.

    Templates of messages and targeting queries can read them. Writes are applied in the background, and sent again
    after a failure that leaves open whether they were taken. All methods raise `InvalidInput`, `APIError`,
    `TransportError` and `DeadlineExceeded`.
    """

    __slots__ = ()

    async def create(self, table: str, description: str | None = None, time_to_live: int | None = None) -> Done:
        """Create a table.

        Args:
            table: Its name: letters, digits, `_` and `-`.
            description: Text for the dashboard.
            time_to_live: How long the data is kept; the unit is not documented. The size of a table is limited.
        """
        given = {"description": description, "time_to_live": time_to_live}
        body = {name: value for name, value in given.items() if value is not None}
        answer = await api.app_data_create(self._engine, body, table_name=checks.plain_name(table, "table"))
        return Done.of(answer)

    async def update(self, table: str, values: Mapping[str, str | None], *, overwrite: bool = False) -> Done:
        """Write entries of a table.

        Args:
            table: A table that exists.
            values: At most 10 000 entries, whose values are text; `None` deletes one.
            overwrite: Replace the whole content with these; `None` is refused then.
        """
        an_object(values, path="values")
        for value in values.values():
            if value is not None and not isinstance(value, str):
                raise wrong("values that are strings, or None", value, "values")
            if value is None and overwrite:
                raise InvalidInput("expected no None: overwrite deletes every entry that is left out", path="values")
        body: dict[str, Any] = {"overwrite": overwrite, "values": dict(values)}
        answer = await api.app_data_update(self._engine, body, table_name=checks.plain_name(table, "table"))
        return Done.of(answer)

    async def delete(self, table: str) -> Done:
        """Delete a table. The API does not look for campaigns that still use it."""
        answer = await api.app_data_delete(self._engine, table_name=checks.plain_name(table, "table"))
        return Done.of(answer)

    def list(self, page_size: int = 100, cursor: str | None = None) -> Listing[AppDataTable]:
        """All tables, the most recent first: an async iterator, with `.pages()`.

        `page_size` is 1 to 100; `cursor` starts elsewhere.
        """
        return RowListing(
            "app_data_list",
            lambda first, size: api.app_data_list(self._engine, from_=first, limit=size),
            key="app_data",
            page_size=page_size,
            cursor=cursor,
        )
