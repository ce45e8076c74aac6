"""Custom data: attributes and tags of users."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from batch_api._generated.mep.endpoints import custom_data as api
from batch_api.app_resources import checks
from batch_api.app_results import Receipt
from batch_api.engine.errors import InvalidInput
from batch_api.ingest.checks import fields, text
from batch_api.ingest.checks import items as listed
from batch_api.resources.resource import Resource

if TYPE_CHECKING:
    from batch_api.app_models import CustomDataBulkItem, CustomDataValue


class CustomData(Resource):
    """`client.custom_data`: write attributes and tags of users, by your own ids of them.

    The names of values say what they are: `u.city` an attribute, `date(u.since)` a date (an aware `datetime`, text in
    UTC, or seconds since 1970), `ut.sports` a collection of tags (a list replaces it, `{"$add": […], "$remove": […]}`
    changes it). `None` deletes. Writes are queued, and sent again after a failure that leaves open whether they were
    taken. All methods raise `InvalidInput`, `APIError`, `TransportError` and `DeadlineExceeded`.

    Source: fact sheet: mep-legacy, 5.
    """

    __slots__ = ()

    async def set(
        self, user_id: str, values: Mapping[str, CustomDataValue | Any], *, overwrite: bool = False
    ) -> Receipt:
        """Write values of one user.

        Args:
            user_id: Your own id of the user.
            values: One or more, by names as above; what is not there stays as it is.
            overwrite: Drop all stored values that are not among these.
        """
        written = _checked_values(values, None, "values")
        body = {"overwrite": True, "values": written} if overwrite else {"values": written}
        answer = await api.custom_data_set(self._engine, body, custom_user_id=text(user_id, "user_id"))
        return Receipt.of(answer.response)

    async def bulk(self, updates: Sequence[CustomDataBulkItem | Mapping[str, Any]]) -> Receipt:
        """Write values of at most 10 000 users.

        await client.custom_data.bulk([{"id": "u1", "update": {"values": {"u.tier": "gold"}}}])
        """
        rows = checks.items(updates, "updates")
        for index, row in enumerate(rows):
            checks.ids([row.get("id")], "id") if isinstance(row.get("id"), str) else _no_id(index)
            update = fields(row.get("update"), index=index, path="update")
            _checked_values(update.get("values"), index, "update.values")
        answer = await api.custom_data_bulk(self._engine, rows)
        return Receipt.of(answer.response)

    async def delete(self, user_id: str) -> Receipt:
        """Delete all custom data of one user."""
        answer = await api.custom_data_delete(self._engine, custom_user_id=text(user_id, "user_id"))
        return Receipt.of(answer.response)

    async def bulk_delete(self, user_ids: Sequence[str]) -> Receipt:
        """Delete all custom data of at most 10 000 users."""
        answer = await api.custom_data_bulk_delete(self._engine, listed(user_ids, "user_ids", one="id"))
        return Receipt.of(answer.response)


def _no_id(index: int) -> None:
    raise InvalidInput("an id is a string that is not empty", index=index, path="id")


def _checked_values(values: object, index: int | None, path: str) -> dict[str, Any]:
    """The values, if there are any, with no collection of tags that is an empty list: the API refuses that."""
    found = fields(values, index=index, path=path)
    if not found:
        raise InvalidInput("no values: nothing to write", index=index, path=path)
    for name, value in found.items():
        if name.startswith("ut.") and isinstance(value, Sequence) and not isinstance(value, str) and not value:
            raise InvalidInput("no tags: None deletes the collection", index=index, path=f"{path}.{name}")
    return found
